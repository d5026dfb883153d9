/** The usual course of the indoor temperature over a day: the forecast of somebody who only looks at the clock. */
import { at } from '../numeric/matrix.ts'
import type { LocalTime } from './local-time.ts'
import type { ThermalSeries } from './series.ts'

/** Days over which the usual course is forgotten. */
const MEMORY_DAYS = 7
/** How long a departure from the usual course lasts, h. */
const DEPARTURE_HOURS = 30

/** Running hourly means; NaN for hours never seen. */
export interface Habit {
  readonly course: Float64Array
}

export function newHabit(): Habit {
  return { course: new Float64Array(24).fill(Number.NaN) }
}

/** Takes the reading of a step into account, in place. */
export function learnHabit(habit: Habit, series: ThermalSeries, index: number, time: LocalTime): void {
  const reading = at(series.indoor, index)
  if (Number.isNaN(reading)) return
  const before = at(habit.course, time.hour)
  const share = 1 - Math.exp(-series.stepHours / MEMORY_DAYS)
  habit.course[time.hour] = Number.isNaN(before) ? reading : before + share * (reading - before)
}

/** °C; the reading itself while the hours concerned are unknown. */
export function habitForecast(
  habit: Habit,
  reading: number,
  now: LocalTime,
  then: LocalTime,
  leadHours: number,
): number {
  const usualNow = at(habit.course, now.hour)
  const usualThen = at(habit.course, then.hour)
  if (Number.isNaN(usualNow) || Number.isNaN(usualThen)) return reading
  return usualThen + (reading - usualNow) * Math.exp(-leadHours / DEPARTURE_HOURS)
}
