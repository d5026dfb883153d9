/**
 * Buildings of the control benchmark. None is a model that BVPro fits: inner walls beside air, envelope and emitter, a
 * wind that goes through leaks, sun through windows that face somewhere, people, emitters that are not linear, valves
 * that close in warm rooms, a supply that lags.
 */
import type { Plant, PlantState } from '../../src/cli/simulate/plant.ts'
import { sunPosition } from '../../src/domain/weather/sun.ts'
import { forecastAt, weatherAt } from '../../src/simulators/physics/climate.ts'
import { smoothNoise } from '../../src/simulators/physics/noise.ts'

export interface BenchBuilding {
  readonly name: string
  /** kW/K, and the share of it that leaves through windows and leaks at once. */
  readonly ua: number
  readonly direct: number
  /** Heat capacities over UA, h. */
  readonly air: number
  readonly inner: number
  readonly envelope: number
  readonly emitter: number
  /** Share of the envelope's resistance inside of its mass. */
  readonly position: number
  /** Couplings over UA. */
  readonly innerCoupling: number
  readonly emitterCoupling: number
  /** Heat from water to emitter: `power · (ΔT/20)^exponent`, over UA, K. */
  readonly emitterPower: number
  readonly exponent: number
  /** m² per kW/K of UA, the azimuth the windows face and how much that matters. */
  readonly aperture: number
  readonly facing: number
  readonly sided: number
  readonly solarToAir: number
  /** K over UA: mean of people and appliances, and how much they come and go. */
  readonly gains: number
  readonly occupancy: number
  /** Offices are empty at night and on weekends; homes by day. */
  readonly use: 'home' | 'office'
  readonly leaks: number
  /** Thermostatic valves close over 2 K above this, °C; null: none. */
  readonly valves: number | null
  /** Lag of the supply behind what was asked for, min. */
  readonly supplyLag: number
  /** Own curve: °C at 0 °C outdoors, K per K, lowered at night by K. */
  readonly own: { readonly level: number; readonly slope: number; readonly night: number }
  readonly noise: number
  readonly resolution: number
}

/** What really happened on the days that count, whatever the sensors showed. */
export interface Truth {
  kwh: number
  underKh: number
  overKh: number
  /** Hours below the indoor floor. */
  belowFloorHours: number
  /** Σ indoor temperature · hours, °C·h: its mean over the days that count. */
  indoorKh: number
  hours: number
  /**
   * Heat of the same days had a thermostat without any lag held exactly the low edge of the band from their first minute
   * on, kWh: no controller that stays above that edge takes less.
   */
  leastKwh: number
}

const NOTHING_YET: Truth = { kwh: 0, underKh: 0, overKh: 0, belowFloorHours: 0, indoorKh: 0, hours: 0, leastKwh: 0 }

export interface Counted {
  readonly learnDays: number
  readonly low: number
  readonly high: number
  readonly floor: number
}

export interface BenchClimate {
  readonly seed: number
  readonly latitude: number
  readonly longitude: number
  readonly forecastError: number
  readonly price: ((time: number) => number) | null
}

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

interface State {
  time: number
  air: number
  inner: number
  envelope: number
  emitter: number
  supply: number
}

export function benchPlant(building: BenchBuilding, climate: BenchClimate, counted: Counted): Plant {
  const { seed, forecastError, price } = climate
  const place = { latitude: climate.latitude, longitude: climate.longitude }
  // The same days are lived again and again: each weather and each forecast is worked out once.
  const weather = remembering((time: number) => weatherAt(seed, place, time))
  const forecasts = remembering((issued: number) =>
    remembering((time: number) => forecastAt(seed, place, issued, time)),
  )
  const side = remembering((time: number) => sideOf(building, time, place))
  let state: State = { time: 0, air: 21, inner: 21, envelope: 15, emitter: 25, supply: 30 }
  let begun = 0
  let truth: Truth = { ...NOTHING_YET }
  let first: State | null = null

  function step(asked: number | null, minutes: number): number {
    const hours = minutes / 60
    const now = weather(slotOf(state.time))
    const target = asked ?? ownSupply(building, state.time, now.temperature)
    state.supply += (Math.max(target, state.air) - state.supply) * (1 - Math.exp(-minutes / building.supplyLag))
    const open = building.valves === null ? 1 : Math.min(1, Math.max(0, 1 - (state.air - building.valves) / 2))
    const lift = Math.max(0, state.supply - state.emitter)
    const heat = open * building.emitterPower * (lift / 20) ** building.exponent
    const before = state.time > begun + counted.learnDays * 24 * HOUR_MS ? null : { ...state }
    move(state, heat, null, hours)
    if (state.time > begun + counted.learnDays * 24 * HOUR_MS) {
      first ??= before
      count(heat * building.ua, hours)
    }
    return heat * building.ua
  }

  /** A step of the building. With `least`, heat given to the air at once so that it falls no lower; returns that heat. */
  function move(state: State, heat: number, least: number | null, hours: number): number {
    const slot = slotOf(state.time)
    const now = weather(slot)
    const sun = (building.aperture * now.globalIrradiance * side(slot)) / 1000
    const gains = building.gains * presence(building, state.time, seed)
    const leak = building.direct * (1 + building.leaks * (now.windSpeed - 3))
    const wall = 1 - building.direct
    const fromEmitter = building.emitterCoupling * (state.emitter - state.air)
    const fromInner = building.innerCoupling * (state.inner - state.air)
    const fromWall = (wall / building.position) * (state.envelope - state.air)
    const outward = (wall / (1 - building.position)) * (now.temperature - state.envelope)
    const toAir = building.solarToAir * sun + gains
    const free = leak * (now.temperature - state.air) + fromEmitter + fromInner + fromWall + toAir
    const added = least === null ? 0 : Math.max(0, ((least - state.air) * building.air) / hours - free)
    state.emitter += ((heat - fromEmitter) / building.emitter) * hours
    state.inner += (((1 - building.solarToAir) * sun - fromInner) / building.inner) * hours
    state.envelope += ((outward - fromWall) / building.envelope) * hours
    state.air += ((free + added) / building.air) * hours
    state.time += hours * HOUR_MS
    return added
  }

  function leastKwh(): number {
    if (first === null) return 0
    const ideal = { ...first }
    const hours = 2 / 60
    let kwh = 0
    while (ideal.time < state.time) kwh += move(ideal, 0, counted.low, hours) * building.ua * hours
    return kwh
  }

  function count(power: number, hours: number): void {
    truth.kwh += power * hours
    truth.underKh += Math.max(0, counted.low - state.air) * hours
    truth.overKh += Math.max(0, state.air - counted.high) * hours
    if (state.air < counted.floor) truth.belowFloorHours += hours
    truth.indoorKh += state.air * hours
    truth.hours += hours
  }

  function show(power: number): PlantState {
    const now = weather(state.time)
    const noisy = state.air + building.noise * smoothNoise(seed, 900, state.time / (15 * MINUTE_MS))
    return {
      time: state.time,
      outputs: {
        indoorTemperature:
          building.resolution > 0 ? Math.round(noisy / building.resolution) * building.resolution : noisy,
        outdoorTemperature: now.temperature + 0.1 * smoothNoise(seed, 901, state.time / (20 * MINUTE_MS)),
        supplyTemperature: state.supply,
        returnTemperature: state.supply - power / (0.12 * building.ua * 10),
        heatPowerKw: power,
        globalIrradiance: now.globalIrradiance,
      },
    }
  }

  function live(seconds: number, asked: number | null): number {
    if (seconds <= 0) return 0
    const steps = Math.ceil(seconds / 120)
    let sum = 0
    for (let index = 0; index < steps; index += 1) sum += step(asked, seconds / 60 / steps)
    return sum / steps
  }

  return {
    init: async (start, warmupSeconds) => {
      const time = Date.parse(start) - warmupSeconds * 1000
      state = { time, air: 20.5, inner: 20.5, envelope: 16, emitter: 24, supply: 30 }
      begun = Number.POSITIVE_INFINITY
      live(warmupSeconds, null)
      begun = state.time
      truth = { ...NOTHING_YET }
      first = null
      return show(0)
    },
    forecast: async (horizonSeconds, intervalSeconds) => {
      const times = Array.from(
        { length: Math.floor(horizonSeconds / intervalSeconds) },
        (_, index) => state.time + index * intervalSeconds * 1000,
      )
      const mixed = (truth: number, said: number) => truth + forecastError * (said - truth)
      const pairs = times.map((time) => ({ truth: weather(time), said: forecasts(state.time)(time) }))
      return {
        time: times,
        outdoorTemperature: pairs.map(({ truth, said }) => mixed(truth.temperature, said.temperature)),
        globalIrradiance: pairs.map(({ truth, said }) =>
          Math.max(0, mixed(truth.globalIrradiance, said.globalIrradiance)),
        ),
        price: times.map((time) => price?.(time) ?? null),
      }
    },
    advance: async (seconds, supplyTemperature) => show(live(seconds, supplyTemperature ?? null)),
    kpis: async () => ({ ...truth, leastKwh: leastKwh() }),
    close: async () => undefined,
  }
}

function slotOf(time: number): number {
  return Math.floor(time / (10 * MINUTE_MS)) * 10 * MINUTE_MS
}

function remembering<T>(work: (time: number) => T): (time: number) => T {
  const known = new Map<number, T>()
  return (time) => {
    const before = known.get(time)
    if (before !== undefined) return before
    const found = work(time)
    known.set(time, found)
    return found
  }
}

function ownSupply({ own }: BenchBuilding, time: number, outdoor: number): number {
  const hour = (time / HOUR_MS) % 24
  return Math.max(20, own.level - own.slope * outdoor - (hour >= 21 || hour < 4 ? own.night : 0))
}

function sideOf(
  { facing, sided }: BenchBuilding,
  time: number,
  place: { latitude: number; longitude: number },
): number {
  return Math.max(0, 1 + sided * Math.cos(((sunPosition(time, place).azimuth - facing) * Math.PI) / 180))
}

function presence({ use, occupancy }: BenchBuilding, time: number, seed: number): number {
  const hour = (time / HOUR_MS) % 24
  const weekday = Math.floor(time / (24 * HOUR_MS) + 4) % 7
  const working = weekday >= 1 && weekday <= 5
  const shape =
    use === 'office'
      ? working && hour >= 7 && hour < 16
        ? 1.6
        : -0.7
      : (hour >= 16 && hour < 22 ? 0.9 : 0) + (working && hour >= 7 && hour < 15 ? -0.7 : 0)
  return Math.max(0, 1 + occupancy * (shape + 0.5 * smoothNoise(seed, 902, time / (2 * HOUR_MS))))
}

const VILLA: BenchBuilding = {
  name: 'villa with radiators',
  ua: 0.16,
  direct: 0.35,
  air: 5,
  inner: 20,
  envelope: 45,
  emitter: 1.2,
  position: 0.3,
  innerCoupling: 7,
  emitterCoupling: 3,
  emitterPower: 26,
  exponent: 1.3,
  aperture: 18,
  facing: 190,
  sided: 0.4,
  solarToAir: 0.4,
  gains: 3,
  occupancy: 0.5,
  use: 'home',
  leaks: 0.06,
  valves: null,
  supplyLag: 6,
  own: { level: 40, slope: 0.9, night: 0 },
  noise: 0.04,
  resolution: 0,
}

/** Ten buildings, from a light cottage to a heavy office. */
export const BUILDINGS: readonly BenchBuilding[] = [
  VILLA,
  {
    ...VILLA,
    name: 'villa with floor heating',
    emitter: 9,
    emitterCoupling: 6,
    emitterPower: 45,
    exponent: 1.05,
    own: { level: 31, slope: 0.5, night: 0 },
  },
  {
    ...VILLA,
    name: 'light cottage',
    ua: 0.11,
    air: 4,
    inner: 8,
    envelope: 18,
    position: 0.25,
    leaks: 0.12,
    gains: 2,
    own: { level: 42, slope: 1, night: 4 },
  },
  {
    ...VILLA,
    name: 'heavy stone house',
    ua: 0.32,
    air: 6,
    inner: 45,
    envelope: 90,
    position: 0.45,
    direct: 0.22,
    resolution: 0.1,
  },
  {
    ...VILLA,
    name: 'passive house',
    ua: 0.06,
    direct: 0.25,
    air: 12,
    inner: 50,
    envelope: 60,
    aperture: 35,
    gains: 7,
    emitterPower: 18,
    own: { level: 28, slope: 0.4, night: 0 },
  },
  { ...VILLA, name: 'glazed house to the south', aperture: 34, sided: 0.7, facing: 180, solarToAir: 0.6 },
  { ...VILLA, name: 'terraced house with valves', ua: 0.1, valves: 21.6, own: { level: 46, slope: 1, night: 0 } },
  { ...VILLA, name: 'house with night set-back', own: { level: 43, slope: 1, night: 8 }, noise: 0.08 },
  {
    ...VILLA,
    name: 'school',
    ua: 1.6,
    direct: 0.5,
    gains: 4,
    occupancy: 0.9,
    use: 'office',
    aperture: 12,
    inner: 30,
    envelope: 50,
  },
  {
    ...VILLA,
    name: 'office with slabs',
    ua: 2.4,
    direct: 0.45,
    emitter: 16,
    emitterCoupling: 7,
    emitterPower: 50,
    exponent: 1.05,
    gains: 4,
    occupancy: 0.8,
    use: 'office',
    own: { level: 30, slope: 0.4, night: 0 },
  },
  {
    ...VILLA,
    name: 'draughty farmhouse',
    ua: 0.45,
    direct: 0.6,
    leaks: 0.15,
    air: 4,
    inner: 15,
    envelope: 40,
    gains: 1.2,
    noise: 0.1,
    resolution: 0.1,
  },
  {
    ...VILLA,
    name: 'block of flats',
    ua: 3.5,
    inner: 40,
    envelope: 55,
    gains: 5,
    occupancy: 0.25,
    position: 0.4,
    valves: 22.5,
    supplyLag: 15,
    emitterPower: 22,
  },
]
