/** What is wrong with a zone, for alarms and pages: machine code, one sentence, and since when. */
import { clockText } from './clock.ts'
import { type KeepingState, nextAttemptAt } from './keeping.ts'
import { sensorVerdict } from './sensor.ts'
import type { ZoneState } from './state.ts'
import { celsius, type Sentence } from './text.ts'

export interface ZoneProblem {
  readonly code: 'does_not_keep_setpoint' | 'stuck_sensor' | 'temperature_unknown' | 'no_reading'
  readonly reason: Sentence
  /** Epoch milliseconds; null when not known. */
  readonly since: number | null
}

/** @param fresh what is known of the reading: `none` none in time, `blind` one without a temperature, `complete`. */
export function problemsOf(state: ZoneState, now: number, fresh: 'none' | 'blind' | 'complete'): ZoneProblem[] {
  const problems: ZoneProblem[] = []
  if (fresh === 'none') {
    const reason = { sv: 'Ingen aktuell avläsning från enheten.', en: 'There is no recent reading of the device.' }
    problems.push({ code: 'no_reading', reason, since: null })
  }
  if (fresh === 'blind') {
    const reason = {
      sv: 'Rumstemperaturen är okänd: börvärdet följer schemat utan justering.',
      en: 'The room temperature is unknown: the setpoint follows the schedule without trims.',
    }
    problems.push({ code: 'temperature_unknown', reason, since: null })
  }
  const { held } = state.sensor
  if (held !== null && sensorVerdict(state.sensor) === 'stuck') {
    const at = celsius(held.temperature)
    const reason = {
      sv: `Temperaturgivaren verkar ha fastnat på ${at.sv} sedan ${clockText(held.since, now, 'sv')}.`,
      en: `The temperature sensor seems stuck at ${at.en} since ${clockText(held.since, now, 'en')}.`,
    }
    problems.push({ code: 'stuck_sensor', reason, since: held.since })
  }
  if (state.keeping.notKeepingSince !== null) problems.push(notKeeping(state.keeping, now))
  return problems
}

function notKeeping(state: KeepingState, now: number): ZoneProblem {
  const asked = celsius(state.commanded ?? Number.NaN)
  const shown = state.shown === null ? null : celsius(state.shown)
  const next = nextAttemptAt(state)
  const shows = shown === null ? { sv: '', en: '' } : { sv: `, den visar ${shown.sv}`, en: `, it shows ${shown.en}` }
  const attempt =
    next === null || next <= now
      ? { sv: '', en: '' }
      : {
          sv: `; nästa försök ${clockText(next, now, 'sv')}`,
          en: `; next attempt at ${clockText(next, now, 'en')}`,
        }
  return {
    code: 'does_not_keep_setpoint',
    reason: {
      sv: `Enheten behåller inte sitt börvärde: ${asked.sv} skrevs${shows.sv}${attempt.sv}.`,
      en: `The device does not keep its setpoint: ${asked.en} was written${shows.en}${attempt.en}.`,
    },
    since: state.notKeepingSince,
  }
}
