/** Runs a simulated zone under its control functions, as a loop of polls and decisions would; both fall on whole minutes. */
import { afterWrite, decideZone, type ZoneDecision } from '../decide.ts'
import { observeZone } from '../observe.ts'
import { type OutdoorOutlook, outdoorAt, UNKNOWN_OUTDOOR } from '../outdoor.ts'
import { judgeReading } from '../reading.ts'
import type { ZoneSettings } from '../settings.ts'
import { initialZoneState, type ZoneState } from '../state.ts'
import {
  advanceRoom,
  display,
  forecastOf,
  type RoomState,
  type RoomTraits,
  roomAt,
  type Surroundings,
} from './simulation.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export const SETTINGS: ZoneSettings = {
  schedule: {
    occupiedTemperature: 22,
    unoccupiedTemperature: 17,
    weekly: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '06:30', to: '22:00' }],
    exceptions: [],
  },
  minTemperature: 15,
  maxTemperature: 25,
  pollSeconds: 60,
  controlSeconds: 300,
  warmWeather: { threshold: 21, reduction: 1, hours: 3 },
  preheat: { enabled: true, maxHours: 10 },
  window: { enabled: true, maxMinutes: 30 },
  occupancy: { onDelayMinutes: 0, offDelayMinutes: 0 },
  control: {
    enabled: true,
    law: 'on_off',
    deadBand: 0.2,
    setpointStep: 0.1,
    maxWritesPerDay: 100,
    verifySeconds: 15,
    localChanges: 'revert',
  },
  thermostat: { onBelow: 0.5, offAbove: 0 },
}

/** Rooms from a light office with electric radiators to a heavy one with floor heating. */
export const ROOMS: Readonly<Record<string, RoomTraits>> = {
  'a light office': room({ seed: 11, heatRate: 6, timeConstantHours: 12, unrest: 0.12 }),
  'a room with radiators': room({ seed: 22, heatRate: 2.4, timeConstantHours: 30, emitterLagMinutes: 8 }),
  'a heavy room': room({ seed: 33, heatRate: 1.3, timeConstantHours: 70, unrest: 0.04 }),
  'a room with floor heating': room({ seed: 44, heatRate: 1.7, timeConstantHours: 45, emitterLagMinutes: 25 }),
}

function room(traits: Partial<RoomTraits>): RoomTraits {
  return {
    seed: 1,
    heatRate: 2,
    timeConstantHours: 30,
    dayGains: 0.25,
    steadyGains: 0.05,
    emitterLagMinutes: 0,
    unrest: 0.08,
    thermostat: { onBelow: 0.5, offAbove: 0 },
    ...traits,
  }
}

export interface RunOptions extends Surroundings {
  readonly traits: RoomTraits
  readonly settings: ZoneSettings
  readonly from: number
  readonly to: number
  readonly startTemperature?: number
  readonly onMinute?: (moment: Moment) => void
  readonly state?: ZoneState
  /** What the device does with a written setpoint; it takes it by itself. */
  readonly device?: (room: RoomState) => RoomState
}

export interface Moment {
  readonly time: number
  readonly room: RoomState
  readonly decision: ZoneDecision
  readonly state: ZoneState
}

export interface RunResult {
  readonly state: ZoneState
  readonly room: RoomState
  readonly writes: number
}

export function runZone(options: RunOptions): RunResult {
  const { traits, settings, from, to } = options
  let state = options.state ?? initialZoneState()
  let current = roomAt(from, options.startTemperature ?? 20, 20)
  let writes = 0
  let decision: ZoneDecision | undefined
  for (let time = from; time < to; time += MINUTE_MS) {
    const second = (time - from) / 1000
    if (second % settings.pollSeconds === 0) {
      const outdoor = outlookAt(options.outdoor, traits.seed, time)
      const { reading } = judgeReading(display(current, true))
      state = observeZone(state, reading, settings, outdoor)
      if (second % settings.controlSeconds === 0) {
        decision = decideZone({ now: time, settings, state, reading, outdoor })
        state = decision.state
        if (decision.write) {
          state = afterWrite(decision, time)
          current = { ...current, setpoint: decision.setpoint }
          writes += 1
        }
      }
    }
    if (decision !== undefined) options.onMinute?.({ time, room: current, decision, state })
    current = advanceRoom(traits, options.device?.(current) ?? current, time + MINUTE_MS, options)
  }
  return { state, room: current, writes }
}

/** Forecasts come every hour; the outlook is made from the one in force. */
export function outlookAt(truth: (time: number) => number, seed: number, time: number): OutdoorOutlook {
  const issuedAt = Math.floor(time / HOUR_MS) * HOUR_MS
  const forecast = forecastOf(truth, seed, issuedAt)
  const steps = Array.from({ length: 14 }, (_, hour) => ({
    time: issuedAt + hour * HOUR_MS,
    temperature: forecast(issuedAt + hour * HOUR_MS),
  }))
  return { current: outdoorAt({ ...UNKNOWN_OUTDOOR, steps }, time), measured: null, steps }
}
