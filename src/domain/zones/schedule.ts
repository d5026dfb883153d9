/** The weekly schedule of a zone with its exceptions: which temperature is wanted at an instant, and when that changes. */
import { type ClockTime, clockInstant, daysLater, localDay, swedishDay, type Weekday, weekdayOf } from './clock.ts'

export interface DailyPeriod {
  readonly from: ClockTime
  /** Earlier than or equal to `from` = on the next day. */
  readonly to: ClockTime
  /** °C instead of the zone's occupied temperature. */
  readonly temperature?: number | undefined
}

export interface WeeklyPeriod extends DailyPeriod {
  /** Days on which the period begins. */
  readonly days: readonly Weekday[]
}

/** Days unlike the schedule: closed, occupied all day, or with periods of their own. */
export interface ScheduleException {
  /** First and last day (labels), both included. */
  readonly from: string
  readonly to: string
  readonly name?: string | undefined
  readonly occupied: boolean
  /** °C instead of the zone's own on these days. */
  readonly occupiedTemperature?: number | undefined
  readonly unoccupiedTemperature?: number | undefined
  /** Occupied in these periods only; absent = all day long. Has no effect unless `occupied`. */
  readonly periods?: readonly DailyPeriod[] | undefined
}

/**
 * Where several periods or exceptions hold, the one listed last counts. A day under an exception is governed by it alone:
 * a period of the day before ends at midnight, unless that day is under the same exception.
 */
export interface ZoneSchedule {
  /** °C, the preferences of the zone. */
  readonly occupiedTemperature: number
  readonly unoccupiedTemperature: number
  /** Empty = the device's own occupancy counts. */
  readonly weekly: readonly WeeklyPeriod[]
  readonly exceptions: readonly ScheduleException[]
}

export interface ScheduledSetpoint {
  /** °C. */
  readonly temperature: number
  readonly occupied: boolean
  /** What said so; `device` = its occupancy, `assumed` = nobody knows whether the zone is occupied. */
  readonly source: 'schedule' | 'exception' | 'device' | 'assumed'
  /** Name of the exception; null for none or one without a name. */
  readonly exceptionName: string | null
}

export interface ScheduleChange {
  /** Epoch milliseconds. */
  readonly time: number
  readonly setpoint: ScheduledSetpoint
}

/**
 * The wanted temperature at an instant. With an empty schedule it follows `deviceOccupied`; when that is not known either,
 * the zone counts as occupied, because a room kept warm for nobody does less harm than people left in the cold.
 * @param time epoch milliseconds
 */
export function scheduledSetpoint(
  schedule: ZoneSchedule,
  time: number,
  deviceOccupied: boolean | null = null,
): ScheduledSetpoint {
  for (const span of daySpans(schedule, swedishDay(time), deviceOccupied)) {
    if (time >= span.start && time < span.end) return span.setpoint
  }
  throw new RangeError(`no day of the calendar holds ${time}`)
}

/**
 * The first change of temperature or occupancy strictly after `time`, the device's occupancy staying as it is; null when
 * there will be none.
 */
export function nextChange(
  schedule: ZoneSchedule,
  time: number,
  deviceOccupied: boolean | null = null,
): ScheduleChange | null {
  let current: ScheduledSetpoint | undefined
  for (const day of daysThatMayChange(schedule, swedishDay(time))) {
    for (const span of daySpans(schedule, day, deviceOccupied)) {
      if (span.end <= time) continue
      if (current === undefined) current = span.setpoint
      else if (!sameWish(current, span.setpoint)) return { time: span.start, setpoint: span.setpoint }
    }
  }
  return null
}

/** All changes in `(from, to]`, ascending. */
export function changesBetween(
  schedule: ZoneSchedule,
  from: number,
  to: number,
  deviceOccupied: boolean | null = null,
): ScheduleChange[] {
  const changes: ScheduleChange[] = []
  let current: ScheduledSetpoint | undefined
  const last = swedishDay(to)
  for (let day = swedishDay(from); day <= last; day = daysLater(day, 1)) {
    for (const span of daySpans(schedule, day, deviceOccupied)) {
      if (span.end <= from || span.start > to) continue
      if (current !== undefined && !sameWish(current, span.setpoint)) {
        changes.push({ time: span.start, setpoint: span.setpoint })
      }
      current = span.setpoint
    }
  }
  return changes
}

interface Span {
  readonly start: number
  readonly end: number
  readonly setpoint: ScheduledSetpoint
}

function sameWish(one: ScheduledSetpoint, other: ScheduledSetpoint): boolean {
  return one.temperature === other.temperature && one.occupied === other.occupied
}

/** A week repeats itself, so that beyond eight days something new can begin only where an exception begins or has ended. */
function* daysThatMayChange({ exceptions }: ZoneSchedule, first: string): Generator<string> {
  const starts = [first, ...exceptions.flatMap(({ from, to }) => [from, daysLater(to, 1)])]
    .filter((start) => start >= first)
    .sort()
  let next = first
  for (const start of starts) {
    if (start > next) next = start
    for (const end = daysLater(start, 8); next <= end; next = daysLater(next, 1)) yield next
  }
}

/** The day cut into spans without gaps or overlaps, ascending. */
function daySpans(schedule: ZoneSchedule, day: string, deviceOccupied: boolean | null): Span[] {
  const { start, end } = localDay(day)
  const exception = exceptionOn(schedule, day)
  const before = daysLater(day, -1)
  const carried = exception === undefined || exception === exceptionOn(schedule, before)
  const occupied = [
    ...(carried ? periodsOf(schedule, before).filter((period) => period.end > start) : []),
    ...periodsOf(schedule, day),
  ]
  const rest = restOf(schedule, exception, deviceOccupied)
  const bounds = [start, end, ...occupied.flatMap((period) => [period.start, period.end])]
    .filter((bound) => bound >= start && bound <= end)
    .sort((a, b) => a - b)
  const spans: Span[] = []
  for (const [index, bound] of bounds.entries()) {
    const next = bounds[index + 1]
    if (next === undefined || next === bound) continue
    const setpoint = occupied.findLast((period) => period.start <= bound && period.end > bound)?.setpoint ?? rest
    spans.push({ start: bound, end: next, setpoint })
  }
  return spans
}

/** Occupied spans that begin on a day; they may end on the next one. */
function periodsOf(schedule: ZoneSchedule, day: string): Span[] {
  const exception = exceptionOn(schedule, day)
  if (exception === undefined) {
    const weekday = weekdayOf(day)
    return schedule.weekly
      .filter(({ days }) => days.includes(weekday))
      .map((period) =>
        spanOf(day, period, {
          temperature: period.temperature ?? schedule.occupiedTemperature,
          occupied: true,
          source: 'schedule',
          exceptionName: null,
        }),
      )
  }
  if (!exception.occupied) return []
  const allDay = { temperature: exception.occupiedTemperature ?? schedule.occupiedTemperature, occupied: true } as const
  const wish = { ...allDay, ...named(exception) }
  if (exception.periods === undefined) {
    const { start, end } = localDay(day)
    return [{ start, end, setpoint: wish }]
  }
  return exception.periods.map((period) =>
    spanOf(day, period, { ...wish, temperature: period.temperature ?? wish.temperature }),
  )
}

function spanOf(day: string, { from, to }: DailyPeriod, setpoint: ScheduledSetpoint): Span {
  return { start: clockInstant(day, from), end: clockInstant(to <= from ? daysLater(day, 1) : day, to), setpoint }
}

function restOf(
  schedule: ZoneSchedule,
  exception: ScheduleException | undefined,
  deviceOccupied: boolean | null,
): ScheduledSetpoint {
  if (exception !== undefined) {
    const temperature = exception.unoccupiedTemperature ?? schedule.unoccupiedTemperature
    return { temperature, occupied: false, ...named(exception) }
  }
  if (schedule.weekly.length > 0) {
    return { temperature: schedule.unoccupiedTemperature, occupied: false, source: 'schedule', exceptionName: null }
  }
  const occupied = deviceOccupied ?? true
  return {
    temperature: occupied ? schedule.occupiedTemperature : schedule.unoccupiedTemperature,
    occupied,
    source: deviceOccupied === null ? 'assumed' : 'device',
    exceptionName: null,
  }
}

function named({ name }: ScheduleException): Pick<ScheduledSetpoint, 'source' | 'exceptionName'> {
  return { source: 'exception', exceptionName: name === undefined || name === '' ? null : name }
}

function exceptionOn({ exceptions }: ZoneSchedule, day: string): ScheduleException | undefined {
  return exceptions.findLast(({ from, to }) => from <= day && day <= to)
}
