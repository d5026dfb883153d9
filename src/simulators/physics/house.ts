/**
 * One house in time: three temperatures, the heating circuit, district heating and hot water, in fixed steps of 60 s.
 * Advancing is lazy and depends on nothing but the state, the weather and the time, never on how often it is read.
 */
import {
  type Building,
  emitterHeat,
  envelopeConductance,
  type SteadyConditions,
  steadyAir,
  steadyAt,
  supplyNeeded,
} from './building.ts'
import type { Weather } from './climate.ts'
import {
  type AdaptationMemory,
  adaptForOneMinute,
  type ControllerTraits,
  type Registers,
  supplySetpoint,
} from './controller.ts'
import { type Household, hotWaterDraws, meanHotWaterPower } from './hot-water.ts'
import { smoothNoise } from './noise.ts'

export interface HousePhysics {
  readonly seed: number
  readonly building: Building
  readonly household: Household
  readonly controller: ControllerTraits
  /** What the outdoor sensor shows too much, K, in shade; sun adds to it. */
  readonly outdoorSensorOffset: number
}

/** Temperatures in °C, powers in kW. Plain data: it is written to the snapshot as it is. */
export interface HouseState {
  /** Epoch milliseconds, a whole minute: everything before it has been simulated. */
  time: number
  air: number
  envelope: number
  emitter: number
  supply: number
  return: number
  spaceHeating: number
  hotWaterPower: number
  hotWaterTemperature: number
  pumpRuns: boolean
  registers: Registers
  adaptation: AdaptationMemory
  /** Counters, kWh, since the house was built. */
  spaceHeatingKwh: number
  hotWaterKwh: number
}

export type WeatherSource = (epochMs: number) => Weather

const STEP_MS = 60_000
const STEP_HOURS = STEP_MS / 3_600_000
const MINUTES_PER_DAY = 1440
const DAY_MS = MINUTES_PER_DAY * STEP_MS
/** Weather and gains are held for five minutes, on a fixed raster so that reads do not change the result. */
const WEATHER_SLOT_MS = 300_000
/** Up to this gap every minute is simulated; a longer one is bridged, see {@link advanceHouse}. */
export const CATCH_UP_LIMIT_MS = 3 * DAY_MS
const SPIN_UP_MS = DAY_MS

const SUPPLY_LAG = 1 - Math.exp(-1 / 4)
const IDLE_LAG = 1 - Math.exp(-1 / 60)
const TAP_RISE = 1 - Math.exp(-1 / 1.5)
const TAP_FALL = 1 - Math.exp(-1 / 35)
const TAP_TEMPERATURE = 54.5
/** Above this outdoor temperature the circulation pump stops (the controllers call it pump start limit). */
export const PUMP_STOP_OUTDOOR = 17

/** Outdoor sensor of the house: truth, its own offset and a little sun on the wall, °C. */
export function outdoorSensor(physics: HousePhysics, weather: Weather): number {
  return weather.temperature + physics.outdoorSensorOffset + 0.002 * weather.globalIrradiance
}

/** Heat from people, light and appliances, kW: low at night, high in the evening, different every hour. */
export function internalGain(physics: HousePhysics, epochMs: number): number {
  const hour = (epochMs / 3_600_000 + 1) % 24
  const evening = Math.max(0, Math.cos(((hour - 19.5) * Math.PI) / 8))
  const morning = Math.max(0, Math.cos(((hour - 7) * Math.PI) / 4))
  // Chosen so that the mean of a day is 1.
  const habit = 0.75 + (Math.abs(hour - 19.5) < 4 ? 0.9 * evening : 0) + (Math.abs(hour - 7) < 2 ? 0.57 * morning : 0)
  return Math.max(0.05, physics.building.internalGain * (habit + 0.2 * smoothNoise(physics.seed, 301, epochMs / 3.6e6)))
}

/** A house that has lived with its registers for a while: steady state one day before `time`, then simulated. */
export function newHouse(
  physics: HousePhysics,
  registers: Registers,
  weather: WeatherSource,
  time: number,
): HouseState {
  const state: HouseState = {
    time: 0,
    air: registers.setpoint,
    envelope: registers.setpoint,
    emitter: registers.setpoint,
    supply: registers.setpoint,
    return: registers.setpoint,
    spaceHeating: 0,
    hotWaterPower: 0,
    hotWaterTemperature: registers.setpoint + 3,
    pumpRuns: true,
    registers,
    adaptation: { roomErrorSum: 0, outdoorSum: 0, minutes: 0 },
    spaceHeatingKwh: 0,
    hotWaterKwh: 0,
  }
  settleAt(physics, state, weather, floorToStep(time) - SPIN_UP_MS)
  advanceHouse(physics, state, weather, time)
  return state
}

/**
 * Simulates up to the last whole minute before `time`. A gap above {@link CATCH_UP_LIMIT_MS} (a town that was
 * switched off) is not simulated: the house is put into the steady state of the weather one day before `time`, keeping
 * registers and counters, and simulated from there; the counters get the steady power for the time that was skipped.
 */
export function advanceHouse(physics: HousePhysics, state: HouseState, weather: WeatherSource, time: number): void {
  const end = floorToStep(time)
  if (end - state.time > CATCH_UP_LIMIT_MS) {
    const skippedHours = (end - SPIN_UP_MS - state.time) / 3_600_000
    settleAt(physics, state, weather, end - SPIN_UP_MS)
    state.spaceHeatingKwh += state.spaceHeating * skippedHours
    state.hotWaterKwh += meanHotWaterPower(physics.household) * skippedHours
  }
  let slot = Number.NaN
  let day = Number.NaN
  let draws: Float32Array = new Float32Array(0)
  let conditions: StepConditions | undefined
  while (state.time < end) {
    const slotNow = Math.floor(state.time / WEATHER_SLOT_MS)
    if (slotNow !== slot || conditions === undefined) {
      slot = slotNow
      conditions = conditionsAt(physics, weather, (slot + 0.5) * WEATHER_SLOT_MS)
    }
    const dayNow = Math.floor(state.time / DAY_MS)
    if (dayNow !== day) {
      day = dayNow
      draws = hotWaterDraws(physics.household, day)
    }
    step(physics, state, conditions, draws[(state.time / STEP_MS) % MINUTES_PER_DAY] ?? 0)
  }
}

interface StepConditions extends SteadyConditions {
  readonly outdoorSensor: number
  /** kW on the aperture. */
  readonly solar: number
  /** kW/K. */
  readonly envelopeToOutdoor: number
}

function conditionsAt(physics: HousePhysics, weather: WeatherSource, time: number): StepConditions {
  const now = weather(time)
  return {
    outdoor: now.temperature,
    windSpeed: now.windSpeed,
    globalIrradiance: now.globalIrradiance,
    internalGain: internalGain(physics, time),
    outdoorSensor: outdoorSensor(physics, now),
    solar: (physics.building.solarAperture * now.globalIrradiance) / 1000,
    envelopeToOutdoor: envelopeConductance(physics.building, now.windSpeed),
  }
}

/** One explicit Euler step; the shortest time constant (radiators, about 15 min) is far longer than 60 s. */
function step(physics: HousePhysics, state: HouseState, now: StepConditions, draw: number): void {
  const { building, controller } = physics
  const { registers } = state

  state.pumpRuns = now.outdoorSensor < PUMP_STOP_OUTDOOR + (state.pumpRuns ? 0.5 : -0.5)
  if (state.pumpRuns) {
    // The valve only adds heat: circulating water is never colder than the emitter it comes back from.
    const target = Math.max(supplySetpoint(registers, controller, now.outdoorSensor), state.emitter)
    state.supply += (target - state.supply) * SUPPLY_LAG
    state.spaceHeating = emitterHeat(building, state.supply, state.emitter)
    state.return = state.supply - state.spaceHeating / building.circuitFlow
    adaptForOneMinute(registers, state.adaptation, state.air, now.outdoorSensor)
  } else {
    state.spaceHeating = 0
    state.supply += (state.air + 1 - state.supply) * IDLE_LAG
    state.return += (state.air + 0.5 - state.return) * IDLE_LAG
  }

  const airFromEnvelope = (state.envelope - state.air) / building.airToEnvelope
  const airFromEmitter = (state.emitter - state.air) / building.emitterToAir
  const envelopeFromOutdoor = (now.outdoor - state.envelope) * now.envelopeToOutdoor
  const solarToAir = building.solarToAir * now.solar
  state.air += ((airFromEnvelope + airFromEmitter + solarToAir + now.internalGain) / building.airCapacity) * STEP_HOURS
  state.envelope +=
    ((envelopeFromOutdoor - airFromEnvelope + now.solar - solarToAir) / building.envelopeCapacity) * STEP_HOURS
  state.emitter += ((state.spaceHeating - airFromEmitter) / building.emitterCapacity) * STEP_HOURS

  state.hotWaterPower = draw
  state.hotWaterTemperature +=
    draw > 0
      ? (TAP_TEMPERATURE - state.hotWaterTemperature) * TAP_RISE
      : (state.air + 3 - state.hotWaterTemperature) * TAP_FALL
  state.spaceHeatingKwh += state.spaceHeating * STEP_HOURS
  state.hotWaterKwh += draw * STEP_HOURS
  state.time += STEP_MS
}

/** Puts the house at `time` into the steady state of the mean weather of the two days before. */
function settleAt(physics: HousePhysics, state: HouseState, weather: WeatherSource, time: number): void {
  const { building, controller } = physics
  const samples = Array.from({ length: 16 }, (_, index) => weather(time - index * 3 * 3_600_000))
  const mean = (value: (sample: Weather) => number) => samples.reduce((sum, item) => sum + value(item), 0) / 16
  const conditions: SteadyConditions = {
    outdoor: mean((sample) => sample.temperature),
    windSpeed: mean((sample) => sample.windSpeed),
    globalIrradiance: mean((sample) => sample.globalIrradiance),
    internalGain: building.internalGain,
  }
  const sensor = mean((sample) => outdoorSensor(physics, sample))
  state.pumpRuns = sensor < PUMP_STOP_OUTDOOR
  const setpoint = state.pumpRuns ? supplySetpoint(state.registers, controller, sensor) : -100
  const air = steadyAir(building, setpoint, conditions)
  const steady = steadyAt(building, air, conditions)
  state.time = time
  state.air = air
  state.envelope = steady.envelope
  state.emitter = steady.emitter
  state.supply = Math.max(setpoint, steady.emitter)
  state.spaceHeating = emitterHeat(building, state.supply, state.emitter)
  state.return = state.supply - state.spaceHeating / building.circuitFlow
  state.hotWaterPower = 0
  state.hotWaterTemperature = air + 3
  state.adaptation = { roomErrorSum: 0, outdoorSum: 0, minutes: 0 }
}

/** Supply shift that moves the room by one kelvin, for the controller's setpoint dial. */
export function setpointGainOf(building: Building, room: number): number {
  return Math.round((supplyNeeded(building, room + 0.5, 0) - supplyNeeded(building, room - 0.5, 0)) * 10) / 10
}

/** The last whole minute. */
export function floorToStep(time: number): number {
  return Math.floor(time / STEP_MS) * STEP_MS
}
