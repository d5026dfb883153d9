/**
 * One home through its time in ten-minute steps: a building with two heat capacities, a heating system with its
 * controller, draw-offs, and a meter. Gives hourly rows as a person would have them, and the truth beside them.
 */
import { DateTime } from 'luxon'
import { drawOffs } from './draw-offs.ts'
import type { Home } from './home.ts'
import { type Random, randomOf } from './random.ts'
import { inventWeather, STEPS_PER_HOUR, type Weather } from './weather.ts'

export const ZONE = 'Europe/Stockholm'
const HOUR_MS = 3_600_000

export interface HomeHours {
  readonly home: Home
  readonly times: number[]
  readonly energyKwh: (number | null)[]
  readonly outdoorTemperature: (number | null)[]
  readonly indoorTemperature: (number | null)[]
  readonly globalIrradiance: (number | null)[]
  readonly windSpeed: (number | null)[]
  readonly hotWaterTemperature: (number | null)[]
  readonly trueHeatingKwh: number[]
  readonly trueDhwKwh: number[]
  /** What the heat loss is at the wind of these days, kW/K. */
  readonly trueHeatLossKwPerK: number
}

export function simulateHome(home: Home): HomeHours {
  const random = randomOf(home.seed)
  const start = DateTime.fromISO('2025-01-01', { zone: ZONE }).plus({ days: home.firstDay })
  const weather = inventWeather(start.toMillis(), home.days, home.place, home.annualMean, random)
  const count = weather.times.length
  const local = localSteps(weather)
  const water = home.obstacle === 'electric_dhw' ? new Float64Array(count) : drawOffs(home, local.days, count, random)
  const circulation = home.obstacle === 'electric_dhw' ? 0 : home.circulation
  const { heating, indoor, meanLoss } = runBuilding(home, weather, local, water, circulation, random)
  return meter(home, weather, heating, water, circulation, indoor, meanLoss, random)
}

interface LocalSteps {
  readonly hour: Float64Array
  readonly weekday: Int8Array
  readonly days: { firstStep: number; steps: number; weekday: number; yearDay: number }[]
}

function localSteps({ times }: Weather): LocalSteps {
  const hour = new Float64Array(times.length)
  const weekday = new Int8Array(times.length)
  const days: LocalSteps['days'] = []
  let last = ''
  for (let step = 0; step < times.length; step++) {
    if (step % STEPS_PER_HOUR === 0) {
      const time = DateTime.fromMillis(times[step] ?? 0, { zone: ZONE })
      for (let part = 0; part < STEPS_PER_HOUR; part++) {
        hour[step + part] = time.hour + part / STEPS_PER_HOUR
        weekday[step + part] = time.weekday % 7
      }
      const label = time.toISODate() ?? ''
      if (label !== last) days.push({ firstStep: step, steps: 0, weekday: time.weekday % 7, yearDay: time.ordinal - 1 })
      last = label
    }
    const day = days.at(-1)
    if (day !== undefined) day.steps += 1
  }
  return { hour, weekday, days }
}

function solarGain(home: Home, weather: Weather, step: number): number {
  const elevation = ((weather.elevation[step] ?? 0) * Math.PI) / 180
  const beam = (weather.beam[step] ?? 0) * Math.cos(elevation)
  const diffuse = weather.diffuse[step] ?? 0
  let watts = 0
  for (const { azimuth, area } of home.windows) {
    const facing = Math.cos((((weather.azimuth[step] ?? 0) - azimuth) * Math.PI) / 180)
    watts += area * (Math.max(0, facing) * beam + 0.5 * diffuse)
  }
  return (0.55 * watts) / 1000
}

/** Whether the setpoint is lowered now. */
function lowered(home: Home, hour: number, weekday: number): boolean {
  if (home.setback === 0) return false
  if (home.office) return weekday === 0 || weekday === 6 || hour < 5 || hour >= 18
  return hour < 5 || hour >= 22.5
}

function runBuilding(
  home: Home,
  weather: Weather,
  local: LocalSteps,
  water: Float64Array,
  circulation: number,
  random: Random,
): { heating: Float64Array; indoor: Float64Array; meanLoss: number } {
  const count = weather.times.length
  const heating = new Float64Array(count)
  const indoor = new Float64Array(count)
  const step = 1 / STEPS_PER_HOUR
  const design = home.heatLossKwPerK * 42
  const maximum = design * 1.25
  let air = home.setpoint
  let mass = home.setpoint
  let slab = home.setpoint + 3
  let integral = 0
  let outdoorSlow = weather.outdoor[0] ?? 0
  let fireLeft = 0
  let airing = 0
  let loss = 0
  const dominated = home.obstacle === 'wood_stove'
  const fireKw = dominated ? home.heatLossKwPerK * 45 : 3.5
  for (let i = 0; i < count; i++) {
    const outdoor = weather.outdoor[i] ?? 0
    const hour = local.hour[i] ?? 0
    const weekday = local.weekday[i] ?? 0
    outdoorSlow += (outdoor - outdoorSlow) * step * 0.7
    const target = home.setpoint - (lowered(home, hour, weekday) ? home.setback : 0)
    // The curve: enough for the target at this outdoor temperature, a little generous; valves in the rooms trim it.
    const need = home.heatLossKwPerK * Math.max(0, target - 1.5 - outdoorSlow)
    let power: number
    if (home.emitter === 'radiators') {
      const valve = Math.min(1.6, Math.max(0, 1 + (target - air) * 0.9))
      power = need * valve
    } else {
      integral = Math.min(2, Math.max(-2, integral + (target - air) * step * 0.08))
      const valve = Math.min(1.8, Math.max(0, 1 + (target - air) * 0.6 + integral))
      power = need * valve
    }
    if (outdoorSlow > home.setpoint - 3.5) power = 0
    power = Math.min(maximum, power * (1 + 0.04 * random.normal()))
    heating[i] = power * step
    // A slab gives its heat to the room over hours.
    let given = power
    if (home.emitter === 'floor') {
      const coupling = home.heatLossKwPerK * 6
      const slabCapacity = home.massCapacity * 0.25
      given = coupling * (slab - air)
      slab += ((power - given) * step) / slabCapacity
    }
    if (fireLeft <= 0 && hour >= (dominated ? 7 : 17) && hour < 21 && outdoor < 8) {
      const perStep = dominated ? 0.06 : home.fires / (4 * STEPS_PER_HOUR)
      if (random.chance(perStep)) fireLeft = random.uniform(2, 5)
    }
    const fire = fireLeft > 0 ? fireKw * Math.min(1, fireLeft) : 0
    fireLeft -= step
    airing = random.chance(0.002) ? random.uniform(0.2, 1) : Math.max(0, airing - step)
    const atHome = home.office
      ? weekday > 0 && weekday < 6 && hour > 7 && hour < 17
        ? 1
        : 0.15
      : hour > 16 || hour < 7
        ? 1
        : 0.55
    const gains =
      (home.office ? home.heatLossKwPerK * 3.5 : 0.12 + 0.075 * home.people + home.heatLossKwPerK * 1.2) * atHome
    const k = home.heatLossKwPerK * (1 + home.windShare * ((weather.wind[i] ?? 0) - 3.6))
    loss += k / count
    const sun = solarGain(home, weather, i)
    const flow =
      given +
      gains +
      0.5 * sun +
      fire +
      0.4 * circulation +
      0.1 * (water[i] ?? 0) * STEPS_PER_HOUR -
      k * (air - outdoor) * (1 + (airing > 0 ? 0.6 : 0)) -
      home.massCoupling * (air - mass)
    mass += ((home.massCoupling * (air - mass) + 0.5 * sun) * step) / home.massCapacity
    air += (flow * step) / (home.airCapacity + home.massCapacity * 0.05)
    // People open windows when it gets too warm.
    if (air > home.setpoint + 3.5) air -= (air - home.setpoint - 3.5) * 0.3
    indoor[i] = air
  }
  return { heating, indoor, meanLoss: loss }
}

function meter(
  home: Home,
  weather: Weather,
  heating: Float64Array,
  water: Float64Array,
  circulation: number,
  indoor: Float64Array,
  trueHeatLossKwPerK: number,
  random: Random,
): HomeHours {
  const hours = Math.floor(weather.times.length / STEPS_PER_HOUR)
  const over = (values: Float64Array, hour: number) => {
    let sum = 0
    for (let part = 0; part < STEPS_PER_HOUR; part++) sum += values[hour * STEPS_PER_HOUR + part] ?? 0
    return sum
  }
  const mean = (values: Float64Array, hour: number) => over(values, hour) / STEPS_PER_HOUR
  const result: HomeHours = {
    home,
    times: [],
    energyKwh: [],
    outdoorTemperature: [],
    indoorTemperature: [],
    globalIrradiance: [],
    windSpeed: [],
    hotWaterTemperature: [],
    trueHeatingKwh: [],
    trueDhwKwh: [],
    trueHeatLossKwPerK,
  }
  let register = random.uniform(0, home.quantum)
  let pipe = 24
  let hole = 0
  for (let hour = 0; hour < hours; hour++) {
    const heat = over(heating, hour)
    const dhw = over(water, hour) + circulation
    const before = Math.floor(register / home.quantum)
    register += heat + dhw
    const counted = home.register
      ? (Math.floor(register / home.quantum) - before) * home.quantum
      : Math.round((heat + dhw) / home.quantum) * home.quantum
    if (hole <= 0 && random.chance(home.holes / 12)) hole = 1 + Math.floor(random.uniform(0, 24))
    hole -= 1
    const present = hole < 0
    for (let part = 0; part < STEPS_PER_HOUR; part++) {
      const drawn = water[hour * STEPS_PER_HOUR + part] ?? 0
      pipe += drawn > 0.04 || circulation > 0 ? (54 - pipe) * 0.8 : (24 - pipe) * 0.25
    }
    result.times.push(
      (weather.times[hour * STEPS_PER_HOUR] ?? 0) - ((weather.times[hour * STEPS_PER_HOUR] ?? 0) % HOUR_MS),
    )
    result.energyKwh.push(present ? Number(counted.toFixed(3)) : null)
    result.outdoorTemperature.push(Number((mean(weather.outdoor, hour) + 0.2 * random.normal()).toFixed(1)))
    result.indoorTemperature.push(
      home.indoorKnown ? Number((mean(indoor, hour) + 0.1 * random.normal()).toFixed(1)) : null,
    )
    result.globalIrradiance.push(
      home.irradianceKnown ? Number((mean(weather.global, hour) * (1 + 0.05 * random.normal())).toFixed(0)) : null,
    )
    result.windSpeed.push(Number(mean(weather.wind, hour).toFixed(1)))
    result.hotWaterTemperature.push(home.hotWaterKnown ? Number((pipe + 0.5 * random.normal()).toFixed(1)) : null)
    result.trueHeatingKwh.push(heat)
    result.trueDhwKwh.push(dhw)
  }
  return result
}
