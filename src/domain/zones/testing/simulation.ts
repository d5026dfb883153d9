/**
 * A simulated zone for the tests of the control functions: a first-order room, C·dT/dt = P·q − k·(T − Tout) + gains, with a
 * radiator that follows its valve with a lag, the device's own thermostat and display, and a winter outside. Seeded: the noise
 * is a function of time, so that "what if it had started later" can be asked of the very same morning.
 */
import type { DeliveredZone } from '../reading.ts'
import type { Thermostat } from '../settings.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface RoomTraits {
  readonly seed: number
  /** K/h of the heater at full power. */
  readonly heatRate: number
  /** Hours in which the room would lose 63 % of its warmth. */
  readonly timeConstantHours: number
  /** K/h from people and sun around midday, and what is always there. */
  readonly dayGains: number
  readonly steadyGains: number
  /** How slowly the radiator or floor follows the valve, min; 0 = at once. */
  readonly emitterLagMinutes: number
  /** Size of what nobody can foresee, K per √h. */
  readonly unrest: number
  readonly thermostat: Thermostat
}

export interface RoomState {
  /** Epoch milliseconds, a whole minute. */
  readonly time: number
  /** °C, true. */
  readonly temperature: number
  /** Share of the heater's power that reaches the room. */
  readonly emission: number
  readonly heating: boolean
  readonly setpoint: number
  /** Counters since the beginning. */
  readonly heatedHours: number
  readonly switches: number
}

export interface Surroundings {
  /** °C. */
  readonly outdoor: (time: number) => number
  /** How many times faster the room loses heat than with its windows closed; 1 = closed. */
  readonly leak?: (time: number) => number
}

export function roomAt(time: number, temperature: number, setpoint: number): RoomState {
  return { time, temperature, emission: 0, heating: false, setpoint, heatedHours: 0, switches: 0 }
}

/** The room after whole minutes up to `until`. */
export function advanceRoom(traits: RoomTraits, state: RoomState, until: number, around: Surroundings): RoomState {
  let current = state
  while (current.time < until) current = minuteLater(traits, current, around)
  return current
}

function minuteLater(traits: RoomTraits, state: RoomState, { outdoor, leak }: Surroundings): RoomState {
  const { setpoint, temperature } = state
  const { onBelow, offAbove } = traits.thermostat
  const heating = state.heating ? temperature <= setpoint + offAbove : temperature < setpoint - onBelow
  const hours = 1 / 60
  const wanted = Number(heating)
  const follow = traits.emitterLagMinutes === 0 ? 1 : 1 - Math.exp(-1 / traits.emitterLagMinutes)
  const emission = state.emission + follow * (wanted - state.emission)
  const loss = ((temperature - outdoor(state.time)) / traits.timeConstantHours) * (leak?.(state.time) ?? 1)
  const minute = Math.round(state.time / MINUTE_MS)
  const unrest = traits.unrest * Math.sqrt(hours) * bell(traits.seed, minute)
  const rate = traits.heatRate * emission + gainsAt(traits, state.time) - loss
  return {
    ...state,
    time: state.time + MINUTE_MS,
    temperature: temperature + rate * hours + unrest,
    emission,
    heating,
    heatedHours: state.heatedHours + emission * hours,
    switches: state.switches + Number(heating && !state.heating),
  }
}

/** People and sun between 08 and 17 UTC, more on some days than on others. */
function gainsAt({ seed, dayGains, steadyGains }: RoomTraits, time: number): number {
  const hour = (time % DAY_MS) / HOUR_MS
  const share = hour <= 8 || hour >= 17 ? 0 : Math.sin((Math.PI * (hour - 8)) / 9)
  const mood = uniform(seed + 1, Math.floor(time / DAY_MS))
  return steadyGains + dayGains * share * (0.4 + 1.2 * mood)
}

/** What the device shows: temperatures cut to tenths, as the known devices do. */
export function display(state: RoomState, occupied: boolean): DeliveredZone {
  const tenths = (value: number) => Math.trunc(value * 10 + 1e-6) / 10
  return {
    time: state.time,
    temperature: tenths(state.temperature),
    setpoint: tenths(state.setpoint),
    occupancy: Number(occupied),
    heater: Number(state.heating),
  }
}

/** A winter: mean of the season, warmer and colder weeks and days, and the course of the day. °C, a function of time. */
export function winter(seed: number, mean: number): (time: number) => number {
  return (time) => {
    const hour = (time % DAY_MS) / HOUR_MS
    const daily = 2 * Math.cos((2 * Math.PI * (hour - 13)) / 24)
    return mean + daily + 3.5 * smooth(seed, time / (60 * HOUR_MS)) + 1 * smooth(seed + 7, time / (9 * HOUR_MS))
  }
}

/** A forecast of it whose error grows with the lead time to about 1.5 K in a day. */
export function forecastOf(truth: (time: number) => number, seed: number, issuedAt: number): (time: number) => number {
  return (time) => {
    const leadHours = Math.max(0, time - issuedAt) / HOUR_MS
    return truth(time) + 0.3 * Math.sqrt(leadHours) * smooth(seed + 13, time / (12 * HOUR_MS))
  }
}

/** Mean 0, variance about 1, along one axis. */
function smooth(seed: number, x: number): number {
  const cell = Math.floor(x)
  const part = x - cell
  const weight = part * part * (3 - 2 * part)
  const value = bell(seed, cell) * (1 - weight) + bell(seed, cell + 1) * weight
  return value / Math.hypot(1 - weight, weight)
}

/** Sum of three uniforms: mean 0, variance 1. */
function bell(seed: number, index: number): number {
  return (uniform(seed, index) + uniform(seed + 101, index) + uniform(seed + 211, index) - 1.5) * 2
}

/** In [0, 1), a hash of its arguments (multiply-xorshift rounds as in MurmurHash3). */
export function uniform(seed: number, index: number): number {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 15) ^ index, 0x2c1b3c6d)
  h = Math.imul(h ^ (h >>> 13) ^ Math.floor(index / 0x1_0000_0000), 0x297a2d39)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  return ((h ^ (h >>> 13)) >>> 0) / 0x1_0000_0000
}
