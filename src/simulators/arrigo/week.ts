/** The weekly pattern of an office: when people are there and when its plant runs. Winter clock (UTC + 1 h) all year. */

const HOUR_MS = 3_600_000
const CLOCK_OFFSET_MS = HOUR_MS
const DAY_MS = 24 * HOUR_MS

export interface LocalTime {
  /** Hours since midnight, fractions included. */
  readonly hour: number
  /** 0 = Monday … 6 = Sunday. */
  readonly weekday: number
}

/** From and to hour of the day, on working days or every day. */
export interface Schedule {
  readonly from: number
  readonly to: number
  readonly everyDay?: boolean
}

export function localTime(time: number): LocalTime {
  const local = time + CLOCK_OFFSET_MS
  // 1 January 1970 was a Thursday.
  return { hour: (local % DAY_MS) / HOUR_MS, weekday: (Math.floor(local / DAY_MS) + 3) % 7 }
}

export function isWorkingDay({ weekday }: LocalTime): boolean {
  return weekday < 5
}

export function runs({ from, to, everyDay = false }: Schedule, time: number): boolean {
  const local = localTime(time)
  return (everyDay || isWorkingDay(local)) && local.hour >= from && local.hour < to
}

/** Share of the staff that is in: ramps in the morning and afternoon, a dip at lunch; a handful at weekends. */
export function occupancy(time: number): number {
  const local = localTime(time)
  if (!isWorkingDay(local)) return local.hour > 9 && local.hour < 16 ? 0.03 : 0
  const { hour } = local
  const arriving = clamp((hour - 6.5) / 2)
  const leaving = clamp((18 - hour) / 2.5)
  const lunch = hour >= 11.75 && hour < 12.75 ? 0.7 : 1
  return Math.min(arriving, leaving) * lunch
}

/** Night set-back: evenings and nights of working days, whole weekends until early Monday. */
export function isSetBack(time: number): boolean {
  const local = localTime(time)
  if (!isWorkingDay(local)) return true
  return local.hour >= 19 || local.hour < (local.weekday === 0 ? 3 : 5)
}

/** Early on Sunday the hot water is heated up against bacteria. */
export function isLegionellaHour(time: number): boolean {
  const { hour, weekday } = localTime(time)
  return weekday === 6 && hour >= 2 && hour < 3
}

/** The first 07:30 of a working day after `time`: when the caretaker looks at the alarms. */
export function nextCaretakerRound(time: number): number {
  const halfPastSeven = 7.5 * HOUR_MS - CLOCK_OFFSET_MS
  let round = Math.floor((time - halfPastSeven) / DAY_MS + 1) * DAY_MS + halfPastSeven
  while (!isWorkingDay(localTime(round))) round += DAY_MS
  return round
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value))
}
