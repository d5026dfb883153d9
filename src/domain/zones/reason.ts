/** The reasons of a zone's decisions, one plain sentence each, in Swedish and English. */
import { clockText } from './clock.ts'
import type { PreheatPlan } from './preheat.ts'
import type { ScheduleChange, ScheduledSetpoint } from './schedule.ts'
import type { ZoneOverride } from './state.ts'
import { celsius, kelvin, type Sentence, sentence } from './text.ts'

/** Why a temperature is wanted. */
export type ZoneReasonCode =
  | 'schedule_occupied'
  | 'schedule_unoccupied'
  | 'exception_occupied'
  | 'exception_unoccupied'
  | 'device_occupied'
  | 'device_unoccupied'
  | 'occupancy_assumed'
  | 'preheat'
  | 'warm_weather'
  | 'override'
  | 'window_open'

export interface ZoneReason {
  readonly code: ZoneReasonCode
  /** Without the full stop, so that more can be added to the sentence. */
  readonly text: Sentence
}

export function scheduleReason(
  wish: ScheduledSetpoint,
  change: ScheduleChange | null,
  temperature: number,
  now: number,
): ZoneReason {
  const until = change === null ? { sv: '', en: '' } : untilText(change.time, now)
  const at = celsius(temperature)
  if (wish.source === 'device') {
    return wish.occupied
      ? reason('device_occupied', `Enheten anger närvaro: ${at.sv}`, `The device reports occupancy: ${at.en}`)
      : reason(
          'device_unoccupied',
          `Enheten anger ingen närvaro: ${at.sv}`,
          `The device reports no occupancy: ${at.en}`,
        )
  }
  if (wish.source === 'assumed') {
    return reason(
      'occupancy_assumed',
      `Närvaron är okänd och antas: ${at.sv}`,
      `Occupancy is unknown and assumed: ${at.en}`,
    )
  }
  const presence = wish.occupied ? { sv: 'närvaro', en: 'occupied' } : { sv: 'ingen närvaro', en: 'unoccupied' }
  const what =
    wish.source === 'schedule'
      ? { sv: 'Schemat', en: 'Schedule' }
      : { sv: `Undantag${bracketed(wish.exceptionName)}`, en: `Exception${bracketed(wish.exceptionName)}` }
  const code = `${wish.source}_${wish.occupied ? 'occupied' : 'unoccupied'}` as const
  return reason(
    code,
    `${what.sv}: ${presence.sv}${until.sv}, ${at.sv}`,
    `${what.en}: ${presence.en}${until.en}, ${at.en}`,
  )
}

export function preheatReason({ dueAt, startAt, target, inTime }: PreheatPlan, now: number): ZoneReason {
  const at = celsius(target)
  const doubt = inTime ? { sv: '', en: '' } : { sv: ', vilket knappast hinns', en: ', which can hardly be done' }
  return reason(
    'preheat',
    `Förvärmning sedan ${clockText(startAt, now, 'sv')} så att ${at.sv} nås till ${clockText(dueAt, now, 'sv')}${doubt.sv}`,
    `Pre-heating since ${clockText(startAt, now, 'en')} so that ${at.en} is reached at ${clockText(dueAt, now, 'en')}${doubt.en}`,
  )
}

export function warmWeatherReason(outdoor: number, hours: number, reduction: number, temperature: number): ZoneReason {
  const parts = { outdoor: celsius(outdoor), reduction: kelvin(reduction), at: celsius(temperature) }
  const text = sentence(
    parts,
    (words) => `Varmt ute, i snitt ${words.outdoor} kommande ${hours} h: sänkt ${words.reduction} till ${words.at}`,
    (words) =>
      `Warm outdoors, ${words.outdoor} on average over the next ${hours} h: lowered by ${words.reduction} to ${words.at}`,
  )
  return { code: 'warm_weather', text }
}

export function overrideReason({ until, by }: ZoneOverride, temperature: number, now: number): ZoneReason {
  const at = celsius(temperature)
  const end = untilText(until, now)
  return by === 'device'
    ? reason('override', `Inställt på enheten: ${at.sv}${end.sv}`, `Turned at the device: ${at.en}${end.en}`)
    : reason('override', `Satt för hand: ${at.sv}${end.sv}`, `Set by hand: ${at.en}${end.en}`)
}

export function windowReason(since: number, endsBy: number, temperature: number, now: number): ZoneReason {
  const at = celsius(temperature)
  return reason(
    'window_open',
    `Fönstret verkar öppet sedan ${clockText(since, now, 'sv')}: sänkt till ${at.sv}, längst till ${clockText(endsBy, now, 'sv')}`,
    `The window seems open since ${clockText(since, now, 'en')}: lowered to ${at.en}, until ${clockText(endsBy, now, 'en')} at the latest`,
  )
}

/** What a limit of the preferences has made of a wish. */
export function limitedText(temperature: number): Sentence {
  const at = celsius(temperature)
  return { sv: `, begränsat till ${at.sv}`, en: `, limited to ${at.en}` }
}

/** What a control law has made of the wanted temperature. */
export function trimmedText(setpoint: number): Sentence {
  const at = celsius(setpoint)
  return {
    sv: `; enhetens börvärde ställs på ${at.sv} för att rummet ska hålla det`,
    en: `; the device's setpoint is put to ${at.en} so that the room keeps it`,
  }
}

export function fullStop(...parts: readonly Sentence[]): Sentence {
  return { sv: `${parts.map(({ sv }) => sv).join('')}.`, en: `${parts.map(({ en }) => en).join('')}.` }
}

function reason(code: ZoneReasonCode, sv: string, en: string): ZoneReason {
  return { code, text: { sv, en } }
}

function untilText(time: number, now: number): Sentence {
  return { sv: ` till ${clockText(time, now, 'sv')}`, en: ` until ${clockText(time, now, 'en')}` }
}

function bracketed(name: string | null): string {
  return name === null ? '' : ` (${name})`
}
