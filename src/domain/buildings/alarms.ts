/** Alarms of a building: their counts by status, and what has happened between two readings of the alarm list. */

export const ALARM_STATUSES = ['alarmed', 'returned', 'acknowledged', 'blocked', 'unknown'] as const
/** `returned`: the cause has gone, nobody has acknowledged it yet. `unknown`: a status the vendor added since. */
export type AlarmStatus = (typeof ALARM_STATUSES)[number]

export interface BuildingAlarm {
  /** Id of the alarm object; it is raised again and again under the same id. */
  readonly id: string
  readonly name: string
  readonly text: string
  readonly status: AlarmStatus
  readonly priority: string | null
  /** Title of the area it belongs to. */
  readonly folder: string | null
  /** When it was last raised, epoch milliseconds; null when the server does not know. */
  readonly alarmTime: number | null
  /** Its last change of status, epoch milliseconds; null when the server does not know. */
  readonly eventTime: number | null
  readonly occurrences: number | null
  readonly description: string | null
  readonly actionText: string | null
}

export interface AlarmList {
  readonly alarms: readonly BuildingAlarm[]
  /** False when only the newest were read: what is not in the list may still exist then. */
  readonly complete: boolean
}

export type AlarmEventKind = 'raised' | 'returned' | 'acknowledged' | 'blocked'

export interface AlarmEvent {
  readonly kind: AlarmEventKind
  /** Epoch milliseconds; null when the building does not tell: it happened between the two readings. */
  readonly time: number | null
  readonly alarm: BuildingAlarm
}

const EVENT_OF_STATUS: Readonly<Partial<Record<AlarmStatus, AlarmEventKind>>> = {
  alarmed: 'raised',
  returned: 'returned',
  acknowledged: 'acknowledged',
  blocked: 'blocked',
}

/** Number of alarms in each status, zeros included: a gap would leave the last count standing for ever. */
export function countAlarms(alarms: readonly BuildingAlarm[]): Readonly<Record<AlarmStatus, number>> {
  const counts: Record<AlarmStatus, number> = { alarmed: 0, returned: 0, acknowledged: 0, blocked: 0, unknown: 0 }
  for (const { status } of alarms) counts[status] += 1
  return counts
}

/**
 * What happened between two successive readings, oldest first, each event once. An alarm that was raised and went back
 * between the two yields both; one that stood and has left a complete list has returned, nobody knows when.
 * @param previous null at the very first reading: only the alarms that stand then are events
 */
export function alarmEvents(previous: AlarmList | null, current: AlarmList): AlarmEvent[] {
  const events = new Map<string, AlarmEvent>()
  const add = (kind: AlarmEventKind, time: number | null, alarm: BuildingAlarm) => {
    const key = JSON.stringify([alarm.id, kind, time])
    if (!events.has(key)) events.set(key, { kind, time, alarm })
  }
  if (previous === null) {
    for (const alarm of current.alarms) if (alarm.status === 'alarmed') add('raised', alarm.eventTime, alarm)
    return inOrder(events.values())
  }

  const known = new Set(previous.alarms.map(occurrenceKey))
  const raisedBefore = new Set(previous.alarms.map(({ id, alarmTime }) => JSON.stringify([id, alarmTime])))
  const horizon = oldestEvent(previous)
  for (const alarm of current.alarms) {
    const { id, status, alarmTime, eventTime } = alarm
    const kind = EVENT_OF_STATUS[status]
    if (kind === undefined || known.has(occurrenceKey(alarm))) continue
    // Only the newest were read before: a row below them has slipped into view, nothing has happened to it.
    if (eventTime !== null && eventTime < horizon) continue
    const raisedUnseen =
      alarmTime !== null && alarmTime >= horizon && !raisedBefore.has(JSON.stringify([id, alarmTime]))
    if (raisedUnseen && (kind === 'returned' || kind === 'acknowledged')) add('raised', alarmTime, alarm)
    add(kind, eventTime, alarm)
  }
  if (current.complete) {
    const listed = new Set(current.alarms.map(({ id }) => id))
    for (const alarm of previous.alarms) {
      if (alarm.status === 'alarmed' && !listed.has(alarm.id)) {
        add('returned', null, { ...alarm, status: 'returned', eventTime: null })
      }
    }
  }
  return inOrder(events.values())
}

/** One change of one alarm. The status belongs to it because some servers do not move the time along. */
function occurrenceKey({ id, eventTime, status }: BuildingAlarm): string {
  return JSON.stringify([id, eventTime, status])
}

function oldestEvent({ alarms, complete }: AlarmList): number {
  if (complete) return Number.NEGATIVE_INFINITY
  return Math.min(...alarms.map(({ eventTime }) => eventTime ?? Number.POSITIVE_INFINITY))
}

/** Events of unknown time last: they are the newest thing known about their alarm. */
function inOrder(events: Iterable<AlarmEvent>): AlarmEvent[] {
  const at = ({ time }: AlarmEvent) => time ?? Number.MAX_SAFE_INTEGER
  return [...events].sort((a, b) => at(a) - at(b))
}
