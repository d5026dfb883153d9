/** Hours and weekends by the clocks people live by: habits follow them, not UTC. */
import { IANAZone } from 'luxon'
import { type ThermalSeries, timeAt } from './series.ts'

const HOUR_MS = 3_600_000

export interface LocalTime {
  /** 0 … 23. */
  readonly hour: number
  readonly weekend: boolean
}

/** @throws RangeError for an unknown zone */
export function localClock(zone: string): (time: number) => LocalTime {
  if (!IANAZone.isValidZone(zone)) throw new RangeError(`"${zone}" is not a time zone`)
  const rules = IANAZone.create(zone)
  return (time) => {
    const hours = Math.floor((time + rules.offset(time) * 60_000) / HOUR_MS)
    // 1 January 1970 was a Thursday.
    const weekday = (((Math.floor(hours / 24) + 3) % 7) + 7) % 7
    return { hour: ((hours % 24) + 24) % 24, weekend: weekday >= 5 }
  }
}

export function localTimes(series: ThermalSeries, zone: string): LocalTime[] {
  const clock = localClock(zone)
  return Array.from({ length: series.length }, (_, index) => clock(timeAt(series, index)))
}
