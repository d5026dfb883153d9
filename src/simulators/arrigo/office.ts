/**
 * The physics of the simulated office: every temperature and power is a function of seed, time and the setpoints in
 * force then, so that any moment of any year can be asked for in any order, by live reads and by history alike.
 */
import type { Coordinates } from '../../domain/weather/place.ts'
import { type Weather, weatherAt } from '../physics/climate.ts'
import { interpolate, OUTDOOR_AXIS } from '../physics/curve.ts'
import { hotWaterDraws } from '../physics/hot-water.ts'
import { hash32, smoothNoise } from '../physics/noise.ts'
import { isLegionellaHour, isSetBack, isWorkingDay, localTime, occupancy, runs, type Schedule } from './week.ts'

/** What the caretaker can set. */
export interface Setpoints {
  /** Parallel shift of the heating curve, K. */
  readonly curveShift: number
  /** Drop of the supply temperature at night, K. */
  readonly nightSetBack: number
  /** °C. */
  readonly hotWater: number
  /** Supply air of the first air handler, °C. */
  readonly firstAirHandler: number
}
export type SetpointName = keyof Setpoints

const ORIGINAL_SETPOINTS: Setpoints = { curveShift: 0, nightSetBack: 4, hotWater: 55, firstAirHandler: 19.5 }

/** A water circuit, °C, kW, %. */
export interface Circuit {
  readonly setpoint: number
  readonly supply: number
  readonly return: number
  readonly valve: number
  readonly power: number
  readonly pumpRuns: boolean
}

/** Air temperatures in °C, levels and efficiency in %, powers in kW. */
export interface AirHandler {
  readonly runs: boolean
  readonly setpoint: number
  readonly supplyAir: number
  readonly extractAir: number
  readonly outdoorAir: number
  readonly recovery: number
  readonly reheat: number
  readonly cooling: number
  readonly fan: number
  readonly heatPower: number
  readonly coolPower: number
}

/** One moment of the building. */
export interface OfficeState {
  readonly time: number
  readonly outdoor: number
  readonly outdoorDayMean: number
  readonly room: number
  readonly setBack: boolean
  readonly legionella: boolean
  readonly radiators: Circuit
  readonly ventilation: Circuit
  readonly airHandlers: readonly AirHandler[]
  readonly hotWater: {
    readonly tap: number
    readonly circulation: number
    readonly power: number
    readonly valve: number
  }
  readonly primary: { readonly supply: number; readonly return: number; readonly power: number; readonly flow: number }
  readonly chilled: {
    readonly supply: number
    readonly power: number
    readonly dewPoint: number
    readonly humidity: number
  }
  /** kPa. */
  readonly pressure: number
  /** kW. */
  readonly electricity: number
  /** m³/h. */
  readonly water: number
}

interface AirHandlerTraits {
  /** Heat capacity flow of the air, kW/K. */
  readonly flow: number
  readonly recovery: number
  readonly setpoint: number
  readonly schedule: Schedule
}

const AIR_HANDLERS: readonly AirHandlerTraits[] = [
  { flow: 2.2, recovery: 0.84, setpoint: 19.5, schedule: { from: 5.5, to: 18 } },
  { flow: 1.8, recovery: 0.82, setpoint: 19.5, schedule: { from: 5.5, to: 18 } },
  { flow: 1.4, recovery: 0.79, setpoint: 20, schedule: { from: 6, to: 17 } },
  { flow: 0.9, recovery: 0.72, setpoint: 18.5, schedule: { from: 9, to: 14 } },
  { flow: 0.6, recovery: 0.8, setpoint: 19, schedule: { from: 0, to: 24, everyDay: true } },
]
export const AIR_HANDLER_COUNT = AIR_HANDLERS.length

export const HOUR_MS = 3_600_000
const MINUTES_PER_DAY = 1440

/** Supply temperatures of the radiator curve over {@link OUTDOOR_AXIS}, °C. */
const RADIATOR_CURVE = [68, 64, 59.5, 54.5, 49.5, 44.5, 39.5, 34, 28, 22]
const VENTILATION_CURVE = [62, 60, 57, 54, 50, 46, 42, 38, 34, 30]
/** Loss through walls, windows and leaks, kW/K. */
const FABRIC_LOSS = 2.4
/** Effective solar aperture, m². */
const SOLAR_APERTURE = 24
const BASE_GAIN = 8
const STAFF_GAIN = 16
const RADIATOR_FLOW = 9
const VENTILATION_FLOW = 5
/** Above this outdoor day mean the radiator pump rests, °C. */
const PUMP_STOP = 16
/** kWh per m³ and K. */
const WATER_HEAT = 1.163
const CIRCULATION_LOSS = 4.2
const STAFF_HOUSEHOLD_PEOPLE = 6

/** Weights of the past hours in what walls and rooms remember. */
const MASS_HOURS = 60
const MASS_DECAY = 28
const NIGHT_HOURS = 48
const NIGHT_DECAY = 9

const MOST_HOURS_KEPT = 20_000
const MOST_STATES_KEPT = 2_000

interface HourMemory {
  readonly dayMean: number
  readonly mass: number
  readonly nightDepth: number
}

export class Office {
  readonly seed: number
  /** The weather is that of the town the office stands in. */
  readonly #townSeed: number
  readonly #place: Coordinates
  readonly #hourWeather = new Map<number, Weather>()
  readonly #hourMemory = new Map<number, HourMemory>()
  readonly #draws = new Map<number, Float32Array>()
  readonly #states = new Map<number, OfficeState>()
  readonly #changes: { readonly time: number; readonly setpoints: Setpoints }[] = []

  constructor(seed: number, place: Coordinates) {
    this.seed = hash32(seed, 9001)
    this.#townSeed = seed
    this.#place = place
  }

  /** Setpoints in force at a time. */
  setpointsAt(time: number): Setpoints {
    return this.#changes.findLast((change) => change.time <= time)?.setpoints ?? ORIGINAL_SETPOINTS
  }

  /** From `time` on, which must not lie before an earlier change. */
  setSetpoint(name: SetpointName, value: number, time: number): void {
    this.#changes.push({ time, setpoints: { ...this.setpointsAt(time), [name]: value } })
    this.#states.clear()
  }

  stateAt(time: number): OfficeState {
    return cached(this.#states, time, MOST_STATES_KEPT, () => this.#compute(time))
  }

  #compute(time: number): OfficeState {
    const weather = weatherAt(this.#townSeed, this.#place, time)
    const setpoints = this.setpointsAt(time)
    const { dayMean, mass, nightDepth } = this.#memoryAt(time)
    const present = occupancy(time)
    const outdoor = weather.temperature + 0.4 + 0.002 * weather.globalIrradiance
    const cold = Math.max(0, 21 - dayMean) / 30
    const room =
      21.3 +
      0.7 * present +
      0.0016 * weather.globalIrradiance -
      nightDepth * cold * (setpoints.nightSetBack / 4) * 1.6 +
      0.12 * setpoints.curveShift +
      0.12 * this.#noise(1, time, 2)

    const airHandlers = AIR_HANDLERS.map((traits, index) =>
      this.#airHandler(traits, index, time, outdoor, room, setpoints),
    )
    const radiators = this.#radiators(time, weather, outdoor, room, mass, dayMean, setpoints)
    const ventilation = this.#ventilationCircuit(time, outdoor, airHandlers)
    const hotWater = this.#hotWater(time, setpoints)
    const coolPower = airHandlers.reduce((sum, unit) => sum + unit.coolPower, 0)
    const power = Math.max(1.5, radiators.power + ventilation.power + hotWater.power)
    const fans = airHandlers.filter((unit) => unit.runs).length
    return {
      time,
      outdoor,
      outdoorDayMean: dayMean + 0.4,
      room,
      setBack: isSetBack(time),
      legionella: isLegionellaHour(time),
      radiators,
      ventilation,
      airHandlers,
      hotWater,
      primary: this.#primary(time, outdoor, power, radiators, hotWater.power),
      chilled: {
        supply: 14.6 + 0.3 * this.#noise(2, time, 1) - 0.02 * coolPower,
        power: coolPower,
        dewPoint: dewPoint(weather.temperature, weather.relativeHumidity),
        humidity: absoluteHumidity(weather.temperature, weather.relativeHumidity),
      },
      pressure: 132 + 0.35 * (radiators.supply - 40) + 1.5 * this.#noise(3, time, 100),
      electricity: 9 + 28 * present + 2.6 * fans + coolPower / 3 + 0.8 * this.#noise(4, time, 0.5),
      water: 0.02 + 0.35 * present * (1 + 0.3 * this.#noise(5, time, 0.3)) + hotWater.power / 200,
    }
  }

  #radiators(
    time: number,
    weather: Weather,
    outdoor: number,
    room: number,
    mass: number,
    dayMean: number,
    { curveShift, nightSetBack }: Setpoints,
  ): Circuit {
    const curve = interpolate(OUTDOOR_AXIS, RADIATOR_CURVE, outdoor)
    const setpoint = curve + curveShift - (isSetBack(time) ? nightSetBack : 0)
    if (dayMean > PUMP_STOP) return restingCircuit(setpoint, room)
    const felt = 0.55 * mass + 0.45 * weather.temperature - 0.15 * weather.windSpeed
    const gains = BASE_GAIN + STAFF_GAIN * occupancy(time) + (SOLAR_APERTURE * weather.globalIrradiance) / 1000
    const demand = FABRIC_LOSS * (room - felt) - gains
    const power = Math.min(150, Math.max(0, demand * (1 + 0.03 * (setpoint - curve)) + 1.5 * this.#noise(6, time, 0.4)))
    const supply = setpoint + 0.4 * this.#noise(7, time, 0.2)
    const back = Math.max(room + 0.5, supply - power / RADIATOR_FLOW)
    return { setpoint, supply, return: back, valve: power / 1.5, power, pumpRuns: true }
  }

  #ventilationCircuit(time: number, outdoor: number, units: readonly AirHandler[]): Circuit {
    const power = units.reduce((sum, { heatPower }) => sum + heatPower, 0)
    const setpoint = interpolate(OUTDOOR_AXIS, VENTILATION_CURVE, outdoor)
    const supply = setpoint + 0.5 * this.#noise(8, time, 0.2)
    return {
      setpoint,
      supply,
      return: supply - power / VENTILATION_FLOW,
      valve: power / 0.6,
      power,
      pumpRuns: power > 0.2,
    }
  }

  #airHandler(
    { flow, recovery, setpoint: own, schedule }: AirHandlerTraits,
    index: number,
    time: number,
    outdoor: number,
    room: number,
    { firstAirHandler }: Setpoints,
  ): AirHandler {
    const setpoint = index === 0 ? firstAirHandler : own
    const jitter = (channel: number, hours: number) => this.#noise(20 + 10 * index + channel, time, hours)
    const outdoorAir = outdoor + 0.3 * jitter(1, 3)
    const extractAir = room + 0.9 + 0.2 * jitter(2, 1)
    if (!runs(schedule, time)) {
      const still = room - 1.2 + 0.3 * jitter(3, 2)
      const levels = { recovery: 0, reheat: 0, cooling: 0, fan: 0, heatPower: 0, coolPower: 0 }
      return { runs: false, setpoint, supplyAir: still, extractAir, outdoorAir: outdoorAir + 4, ...levels }
    }
    // Frost on the exchanger costs efficiency; in summer it is bypassed as far as the setpoint asks.
    const frost = 0.006 * Math.max(0, -6 - outdoorAir)
    const full = recovery - frost + 0.01 * jitter(4, 1)
    const lift = extractAir - outdoorAir
    const wanted = lift > 0.5 ? (setpoint - outdoorAir) / lift : 0
    const used = Math.min(full, Math.max(0, wanted))
    const recovered = outdoorAir + used * lift
    const heatPower = flow * Math.max(0, setpoint - recovered)
    const coolPower = flow * Math.max(0, recovered - setpoint - 2)
    return {
      runs: true,
      setpoint,
      supplyAir: Math.max(setpoint, recovered - coolPower / flow) + 0.15 * jitter(5, 0.2),
      extractAir,
      outdoorAir,
      recovery: 100 * used,
      reheat: Math.min(100, (100 * heatPower) / (12 * flow)),
      cooling: Math.min(100, (100 * coolPower) / (8 * flow)),
      fan: 62 + 18 * occupancy(time) + 2 * jitter(6, 0.3),
      heatPower,
      coolPower,
    }
  }

  #hotWater(time: number, setpoints: Setpoints): OfficeState['hotWater'] {
    const target = isLegionellaHour(time) ? 65 : setpoints.hotWater
    const taps = this.#tapPower(time)
    const power = taps + (CIRCULATION_LOSS * (target - 20)) / 35
    const tap = target + 0.8 * this.#noise(9, time, 0.3) - 0.06 * taps
    return { tap, circulation: tap - 4.6 + 0.3 * this.#noise(10, time, 1), power, valve: Math.min(100, 2.5 * power) }
  }

  /** Mean of five minutes, kW; few taps run at weekends. */
  #tapPower(time: number): number {
    const minute = Math.floor(time / 60_000)
    const share = isWorkingDay(localTime(time)) ? 1 : 0.08
    let sum = 0
    for (let at = minute - 2; at <= minute + 2; at += 1) {
      sum += this.#drawsOf(Math.floor(at / MINUTES_PER_DAY))[at % MINUTES_PER_DAY] ?? 0
    }
    return (share * sum) / 5
  }

  #drawsOf(day: number): Float32Array {
    return cached(this.#draws, day, 8, () => hotWaterDraws({ seed: this.seed, people: STAFF_HOUSEHOLD_PEOPLE }, day))
  }

  #primary(time: number, outdoor: number, power: number, radiators: Circuit, tapPower: number): OfficeState['primary'] {
    const supply = Math.min(105, Math.max(72, 82 - 1.1 * outdoor)) + 0.8 * this.#noise(11, time, 1)
    const heating = radiators.return + 2
    const share = Math.min(1, tapPower / power)
    const back = heating * (1 - share) + 27 * share
    return { supply, return: back, power, flow: power / (WATER_HEAT * (supply - back)) }
  }

  /** Between the hours, so that nothing jumps when the hour changes. */
  #memoryAt(time: number): HourMemory {
    const hour = Math.floor(time / HOUR_MS)
    const share = time / HOUR_MS - hour
    const before = this.#memoryOfHour(hour)
    const after = this.#memoryOfHour(hour + 1)
    const mix = (key: keyof HourMemory) => before[key] * (1 - share) + after[key] * share
    return { dayMean: mix('dayMean'), mass: mix('mass'), nightDepth: mix('nightDepth') }
  }

  #memoryOfHour(hour: number): HourMemory {
    return cached(this.#hourMemory, hour, MOST_HOURS_KEPT, () => {
      const temperature = (back: number) => this.#weatherOfHour(hour - back).temperature
      return {
        dayMean: weighted(24, Number.POSITIVE_INFINITY, temperature),
        mass: weighted(MASS_HOURS, MASS_DECAY, temperature),
        nightDepth: weighted(NIGHT_HOURS, NIGHT_DECAY, (back) => Number(isSetBack((hour - back) * HOUR_MS))),
      }
    })
  }

  #weatherOfHour(hour: number): Weather {
    return cached(this.#hourWeather, hour, MOST_HOURS_KEPT, () =>
      weatherAt(this.#townSeed, this.#place, hour * HOUR_MS),
    )
  }

  #noise(channel: number, time: number, hours: number): number {
    return smoothNoise(this.seed, channel, time / (hours * HOUR_MS))
  }
}

function restingCircuit(setpoint: number, room: number): Circuit {
  return { setpoint, supply: room + 0.8, return: room + 0.5, valve: 0, power: 0, pumpRuns: false }
}

/** Mean of `value` over the last hours, exponentially forgetting. */
function weighted(hours: number, decay: number, value: (back: number) => number): number {
  let sum = 0
  let weights = 0
  for (let back = 0; back < hours; back += 1) {
    const weight = Math.exp(-back / decay)
    sum += weight * value(back)
    weights += weight
  }
  return sum / weights
}

/** Magnus formula, °C. */
function dewPoint(temperature: number, humidity: number): number {
  const gamma = Math.log(humidity / 100) + (17.62 * temperature) / (243.12 + temperature)
  return (243.12 * gamma) / (17.62 - gamma)
}

/** g/m³, from the vapour pressure by Magnus and the ideal gas law. */
function absoluteHumidity(temperature: number, humidity: number): number {
  const pressure = (humidity / 100) * 6.112 * Math.exp((17.62 * temperature) / (243.12 + temperature))
  return (216.7 * pressure) / (temperature + 273.15)
}

/** Remembered answers; a full memory is emptied, since what is asked next lies near what was asked last. */
function cached<T>(memory: Map<number, T>, key: number, most: number, make: () => T): T {
  const known = memory.get(key)
  if (known !== undefined) return known
  const made = make()
  if (memory.size >= most) memory.clear()
  memory.set(key, made)
  return made
}
