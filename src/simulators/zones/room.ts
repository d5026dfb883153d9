/**
 * One room in time: a single temperature, a heater that is on or off, and a thermostat with hysteresis. Steps of one
 * second; advancing is lazy and depends on nothing but the state, the surroundings and the time, never on how often it
 * is read.
 */

/** C dT/dt = P·u − k·(T − Tout) + gains. */
export interface RoomPhysics {
  /** P, kW. */
  readonly heaterKw: number
  /** k, kW/K. */
  readonly lossKwPerK: number
  /** C: air, furniture and the inner layer of the walls, kWh/K. */
  readonly capacityKwhPerK: number
  /** Effective window area, m². */
  readonly solarApertureM2: number
  /** Lamps and appliances, kW. */
  readonly baseGainKw: number
  /** People and what they switch on, while the room is occupied, kW. */
  readonly occupiedGainKw: number
}

/** Plain data: it is written to the snapshot as it is. */
export interface RoomState {
  /** Epoch milliseconds, a whole second: everything before it has been simulated. */
  time: number
  /** °C. */
  temperature: number
  /** °C; changed by writes only. */
  setpoint: number
  heaterOn: boolean
  occupied: boolean
}

export interface Surroundings {
  /** °C. */
  readonly outdoorTemperature: number
  /** Global irradiance, W/m². */
  readonly irradiance: number
}

export interface RoomInTime {
  readonly physics: RoomPhysics
  readonly surroundings: (epochMs: number) => Surroundings
  readonly isOccupied: (epochMs: number) => boolean
}

export const STEP_MS = 1_000
/** Weather and occupancy are held for a minute, on a fixed raster. */
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** A room that was switched off for longer goes on as if it had held its setpoint until a day ago. */
export const CATCH_UP_LIMIT_MS = 14 * 24 * HOUR_MS
const SPIN_UP_MS = 24 * HOUR_MS
/** The thermostat switches this far from the setpoint, K. */
export const HYSTERESIS_K = 0.25

/** Brings the state to the last whole second not after `now`. */
export function advanceRoom(room: RoomInTime, state: RoomState, now: number): void {
  const end = Math.floor(now / STEP_MS) * STEP_MS
  if (end - state.time > CATCH_UP_LIMIT_MS) {
    state.time = end - SPIN_UP_MS
    state.temperature = state.setpoint
    state.occupied = room.isOccupied(state.time)
  }
  while (state.time < end) {
    const minute = Math.floor(state.time / MINUTE_MS) * MINUTE_MS
    advanceWithinMinute(room, state, minute, Math.min(end, minute + MINUTE_MS))
  }
}

/**
 * Between two switchings the equation is linear with constant input, so a step is exact:
 * T ← T∞ + (T − T∞)·exp(−k·Δt/C) with T∞ = Tout + (P·u + gains)/k.
 */
function advanceWithinMinute(room: RoomInTime, state: RoomState, minute: number, end: number): void {
  const { physics } = room
  if (state.time === minute) changeOccupancy(room, state)
  const { outdoorTemperature, irradiance } = room.surroundings(minute)
  const gains =
    physics.baseGainKw + (state.occupied ? physics.occupiedGainKw : 0) + (physics.solarApertureM2 * irradiance) / 1000
  const decay = Math.exp((-physics.lossKwPerK * (STEP_MS / HOUR_MS)) / physics.capacityKwhPerK)
  for (; state.time < end; state.time += STEP_MS) {
    if (state.temperature > state.setpoint + HYSTERESIS_K) state.heaterOn = false
    else if (state.temperature < state.setpoint - HYSTERESIS_K) state.heaterOn = true
    const heat = gains + (state.heaterOn ? physics.heaterKw : 0)
    const limit = outdoorTemperature + heat / physics.lossKwPerK
    state.temperature = limit + (state.temperature - limit) * decay
  }
}

/** Only a coming or going changes the state: who was there at the start stays until the next one. */
function changeOccupancy({ isOccupied }: RoomInTime, state: RoomState): void {
  const now = isOccupied(state.time)
  if (now !== isOccupied(state.time - MINUTE_MS)) state.occupied = now
}
