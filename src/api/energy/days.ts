/** `GET …/energy`: the split of an entity's energy day by day, as it is stored. */
import { ENTITY_TAG, type EntityRef } from '../../domain/entity.ts'
import { addDays, dayEnd, dayLabel, dayStart, isDayLabel, labelToTime, timeToLabel } from '../../domain/time/day.ts'
import type { FieldValue, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { invalid } from '../problem.ts'
import { isoSeconds, parseTime } from '../times.ts'
import type { EnergyAnswer } from './schemas.ts'

const DEFAULT_DAYS = 90
/** More hours than this belong into the series. */
const LONGEST_HOURLY_DAYS = 400
const LONGEST_DAYS = 20_000

/** Swedish dates, both inclusive. */
export interface DayRange {
  readonly first: string
  readonly last: string
}

/**
 * Dates, or times whose day is meant; an end given as a time is exclusive.
 * @throws Problem 422
 */
export function dayRange(
  {
    from,
    to,
    hours,
  }: { readonly from?: string | undefined; readonly to?: string | undefined; readonly hours: boolean },
  now: number,
): DayRange {
  const last = to === undefined ? dayLabel(now) : labelOf('to', to, -1)
  const first = from === undefined ? addDays(last, 1 - DEFAULT_DAYS) : labelOf('from', from, 0)
  if (first > last) throw invalid('from', 'must not be after to')
  const longest = hours ? LONGEST_HOURLY_DAYS : LONGEST_DAYS
  if (first < addDays(last, 1 - longest)) throw invalid('from', `these are more than ${longest} days; ask for fewer`)
  return { first, last }
}

function labelOf(path: string, text: string, offsetMs: number): string {
  if (isDayLabel(text)) return text
  const time = parseTime(text)
  if (time === undefined)
    throw invalid(path, `"${text}" is neither a date such as 2026-01-10 nor a time with an offset`)
  return dayLabel(time + offsetMs)
}

export async function energyDays(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  { kind, id }: EntityRef,
  { first, last }: DayRange,
): Promise<EnergyAnswer['days']> {
  const rows = await timeSeries.read({
    measurement: 'energy_separated',
    tags: { [ENTITY_TAG[kind]]: id },
    fields: [
      'actual_energy_kwh',
      'heating_energy_kwh',
      'dhw_energy_kwh',
      'dhw_low_kwh',
      'dhw_high_kwh',
      'method',
      'grade',
      'complete',
    ],
    from: labelToTime(first),
    to: labelToTime(addDays(last, 1)),
  })
  return rows.map(({ time, fields }) => ({
    date: timeToLabel(time),
    totalKwh: numberOf(fields.actual_energy_kwh),
    heatingKwh: numberOf(fields.heating_energy_kwh),
    dhwKwh: numberOf(fields.dhw_energy_kwh),
    dhwLowKwh: numberOf(fields.dhw_low_kwh),
    dhwHighKwh: numberOf(fields.dhw_high_kwh),
    method: textOf(fields.method),
    grade: textOf(fields.grade),
    complete: fields.complete === 1,
  }))
}

export async function energyHours(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  { kind, id }: EntityRef,
  { first, last }: DayRange,
): Promise<NonNullable<EnergyAnswer['hours']>> {
  const rows = await timeSeries.read({
    measurement: 'energy_hourly',
    tags: { [ENTITY_TAG[kind]]: id },
    fields: ['energy_kwh', 'heating_kwh', 'dhw_kwh', 'dhw_low_kwh', 'dhw_high_kwh', 'method'],
    from: dayStart(first),
    to: dayEnd(last),
  })
  return rows.map(({ time, fields }) => ({
    time: isoSeconds(time),
    totalKwh: numberOf(fields.energy_kwh),
    heatingKwh: numberOf(fields.heating_kwh),
    dhwKwh: numberOf(fields.dhw_kwh),
    dhwLowKwh: numberOf(fields.dhw_low_kwh),
    dhwHighKwh: numberOf(fields.dhw_high_kwh),
    method: textOf(fields.method),
  }))
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}

function textOf(value: FieldValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
