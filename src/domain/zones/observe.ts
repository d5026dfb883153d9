/** What a zone learns from one reading: model, sensor, window, heat-ups, occupancy, and whether the device keeps its setpoint. */
import { afterReading, wasTurnedByHand } from './keeping.ts'
import { learn, modelOf } from './model.ts'
import { type OutdoorOutlook, outdoorAt } from './outdoor.ts'
import { followEpisode } from './preheat.ts'
import type { ZoneReading } from './reading.ts'
import { nextChange } from './schedule.ts'
import { followSensor, sensorVerdict } from './sensor.ts'
import type { Thermostat, ZoneSettings } from './settings.ts'
import type { OccupancyState, ZoneState } from './state.ts'
import { followWindow, NO_WINDOW } from './window.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

/** The state after one more reading; one that is not later than the last changes nothing that counts time. */
export function observeZone(
  state: ZoneState,
  reading: ZoneReading,
  settings: ZoneSettings,
  outlook: OutdoorOutlook,
): ZoneState {
  const { time, temperature } = reading
  const outdoor = outdoorAt(outlook, time)
  const heating = heatingOf(reading, state.heating, settings.thermostat)
  const model = modelOf(state.model)
  const sensor =
    temperature === null ? state.sensor : followSensor(state.sensor, { time, temperature, heating, outdoor, model })
  const verdict = sensorVerdict(sensor)
  const trusted = temperature !== null && verdict !== 'stuck'
  const { maxMinutes, enabled } = settings.window
  const setpoint = reading.setpoint ?? state.keeping.commanded
  const window = !enabled
    ? NO_WINDOW
    : trusted
      ? followWindow(state.window, { time, temperature, setpoint, outdoor, model, maxMinutes })
      : state.window
  const disturbed = verdict !== 'ok' || window.spell !== null
  const keeping = afterReading(state.keeping, time, reading.setpoint, settings.control)
  const next: ZoneState = {
    ...state,
    heating,
    sensor,
    window,
    keeping,
    model: learn(state.model, { time, temperature, heating, outdoor, disturbed }),
    preheat: followEpisode(state.preheat, { time, temperature: trusted ? temperature : null, heating, disturbed }),
    occupancy: followOccupancy(state.occupancy, time, reading.occupied, settings.occupancy),
  }
  const turnedNow = wasTurnedByHand(keeping) && !wasTurnedByHand(state.keeping)
  if (!turnedNow || settings.control.localChanges === 'revert' || keeping.shown === null) return next
  return { ...next, override: localOverride(next, time, keeping.shown, settings) }
}

/** Whether the heater is on; where the device does not say, its thermostat is played on what it does say. */
function heatingOf(
  { heating, temperature, setpoint }: ZoneReading,
  before: boolean | null,
  { onBelow, offAbove }: Thermostat,
): boolean | null {
  if (heating !== null) return heating
  if (temperature === null || setpoint === null) return null
  if (temperature > setpoint + offAbove) return false
  if (temperature < setpoint - onBelow) return true
  return before ?? false
}

/** Somebody turned the device's own knob: his wish holds until the schedule next changes, for a day where it never does. */
function localOverride(state: ZoneState, time: number, shown: number, settings: ZoneSettings) {
  const until = nextChange(settings.schedule, time, state.occupancy.counts)?.time ?? time + DAY_MS
  return { temperature: shown, until: Math.min(until, time + DAY_MS), by: 'device' }
}

function followOccupancy(
  state: OccupancyState,
  time: number,
  reported: boolean | null,
  { onDelayMinutes, offDelayMinutes }: ZoneSettings['occupancy'],
): OccupancyState {
  // An unreadable flag leaves in force what was known.
  if (reported === null) return state
  const since = state.reported === reported && state.since !== null ? state.since : time
  const delay = (reported ? onDelayMinutes : offDelayMinutes) * MINUTE_MS
  const counts = state.counts === null || time - since >= delay ? reported : state.counts
  return { counts, reported, since }
}
