/** Splits the energy of one entity: reads its hours, has them separated in a thread, and stores the days that are due. */

import type { EnergyHour } from '../../domain/energy/hours.ts'
import type { Separation, SplitDay, SplitHour } from '../../domain/energy/separation.ts'
import { ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { addDays, dayEnd, dayLabel, dayStart, labelToTime } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { SeparatedEntity } from '../energy-contract.ts'
import { daysBehind, forgetNotes, notedDays } from './due-days.ts'
import { readEnergyHours } from './energy-hours.ts'
import { keepForecastModel } from './forecast.ts'
import type { EnergyEntity } from './metered-entity.ts'
import { forgetFruitlessRun } from './recalibrate.ts'

/** Days the separation learns from: a heating season and the warm days that show hot water alone. */
export const CONTEXT_DAYS = 365
/** Days without a split that are looked for behind a standstill. */
const LONGEST_BEHIND_DAYS = 100

export interface SeparationDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'replaceRange' | 'latest'>
  readonly application: Pick<ApplicationStore, 'getDocument' | 'listDocuments' | 'deleteDocument' | 'putDocument'>
  readonly compute: Pick<ComputePool, 'run'>
  readonly now: () => number
}

/** Every entity that is separated and has days due, by its workflow id. */
export async function dueEntities(
  { timeSeries, application, now }: Pick<SeparationDependencies, 'timeSeries' | 'application' | 'now'>,
  entities: readonly EnergyEntity[],
): Promise<EntityRef[]> {
  const noted = await notedDays(application)
  const today = dayLabel(now())
  const due: EntityRef[] = []
  for (const { ref } of entities) {
    const isNoted = noted.get(entityWorkflowId(ref))?.days.some((day) => day < today) ?? false
    if (isNoted || (await daysBehind(timeSeries, ref, today, LONGEST_BEHIND_DAYS)).length > 0) due.push(ref)
  }
  return due
}

/**
 * @param wanted days to separate whatever the notes say
 * @param signal ends the computation
 */
export async function separateOne(
  dependencies: SeparationDependencies,
  entity: EnergyEntity,
  wanted: readonly string[],
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<SeparatedEntity> {
  const { timeSeries, application, compute, now } = dependencies
  const { ref, position } = entity
  const today = dayLabel(now())
  const noted = (await notedDays(application)).get(entityWorkflowId(ref))
  const behind = await daysBehind(timeSeries, ref, today, LONGEST_BEHIND_DAYS)
  const days = [...new Set([...wanted, ...(noted?.days ?? []), ...behind])].filter((day) => day < today).sort()
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return nothing(ref)

  const [begin = first] = [first, addDays(last, -CONTEXT_DAYS)].sort()
  const range = { from: dayStart(begin), to: dayEnd(last) }
  const hours = await readEnergyHours(timeSeries, entity, range)
  const { separation, forecastModel } = await compute.run(
    'separate',
    { hours: withMeter(hours), place: position ?? null },
    signal,
  )
  // Days that were too few to split when they came are split as soon as there are enough.
  const unsplit = separation.separable ? await daysWithoutSplit(timeSeries, ref, range) : []
  const due = new Set([...days, ...unsplit])
  const split = separation.days.filter(({ date }) => due.has(date))
  if (!dryRun) {
    await store(timeSeries, entity, separation, split, hours)
    await keepForecastModel(application, entity, forecastModel)
    // Only now: killed before this, the days are separated again.
    await forgetNotes(application, noted?.notes ?? [])
    await forgetFruitlessRun(application, ref)
  }
  return {
    entity: ref,
    days: split.map(({ date }) => date),
    separable: separation.separable,
    method: separation.separable ? separation.method : null,
    reason: separation.reason,
  }
}

function nothing(entity: EntityRef): SeparatedEntity {
  return { entity, days: [], separable: true, method: null, reason: null }
}

/** Hours before the first meter value tell nothing of energy, and would count as holes. */
function withMeter(hours: readonly EnergyHour[]): readonly EnergyHour[] {
  const first = hours.findIndex(({ energyKwh }) => energyKwh !== null)
  return first < 0 ? [] : hours.slice(first)
}

async function daysWithoutSplit(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  { kind, id }: EntityRef,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<string[]> {
  const rows = await timeSeries.read({
    measurement: 'energy_separated',
    tags: { [ENTITY_TAG[kind]]: id },
    fields: ['no_breakdown', 'date'],
    from: labelToTime(dayLabel(from)),
    to,
  })
  return rows.flatMap(({ fields }) =>
    fields.no_breakdown === 1 && typeof fields.date === 'string' ? [fields.date] : [],
  )
}

async function store(
  timeSeries: Pick<TimeSeriesStore, 'replaceRange'>,
  entity: EnergyEntity,
  { hours: splitHours, modelVersion }: Separation,
  days: readonly SplitDay[],
  hours: readonly EnergyHour[],
): Promise<void> {
  const { ref } = entity
  const tags = { [ENTITY_TAG[ref.kind]]: ref.id }
  const hoursOfDay = groupByDay(hours)
  const splitOfDay = groupByDay(splitHours)
  for (const stretch of stretches(days)) {
    const [first, last] = [stretch[0], stretch.at(-1)]
    if (first === undefined || last === undefined) continue
    await timeSeries.replaceRange(
      'energy_hourly',
      tags,
      dayStart(first.date),
      dayEnd(last.date),
      stretch.flatMap(({ date, method }) => (splitOfDay.get(date) ?? []).map((hour) => hourPoint(tags, hour, method))),
    )
    // The day last: what has a day has its hours.
    await timeSeries.replaceRange(
      'energy_separated',
      tags,
      labelToTime(first.date),
      labelToTime(addDays(last.date, 1)),
      stretch.map((day) => dayPoint(tags, entity, day, hoursOfDay.get(day.date) ?? [], modelVersion)),
    )
  }
}

/** Runs of days that follow one another, so that each is replaced at once. */
function stretches(days: readonly SplitDay[]): SplitDay[][] {
  const runs: SplitDay[][] = []
  for (const day of days) {
    const open = runs.at(-1)
    const before = open?.at(-1)
    if (open !== undefined && before !== undefined && addDays(before.date, 1) === day.date) open.push(day)
    else runs.push([day])
  }
  return runs
}

function groupByDay<T extends { readonly time: number }>(items: readonly T[]): Map<string, T[]> {
  const days = new Map<string, T[]>()
  let end = Number.NEGATIVE_INFINITY
  let open: T[] = []
  for (const item of items) {
    // Ascending, so that the calendar is asked once a day.
    if (item.time >= end) {
      const label = dayLabel(item.time)
      end = dayEnd(label)
      open = []
      days.set(label, open)
    }
    open.push(item)
  }
  return days
}

function hourPoint(tags: Record<string, string>, hour: SplitHour, method: string): Point {
  const { time, energyKwh, heatingKwh, dhwKwh, dhwLowKwh, dhwHighKwh } = hour
  return {
    measurement: 'energy_hourly',
    tags,
    time,
    fields: {
      energy_kwh: energyKwh,
      heating_kwh: heatingKwh,
      dhw_kwh: dhwKwh,
      dhw_low_kwh: dhwLowKwh,
      dhw_high_kwh: dhwHighKwh,
      method,
    },
  }
}

function dayPoint(
  tags: Record<string, string>,
  { heatLossK }: EnergyEntity,
  day: SplitDay,
  hours: readonly EnergyHour[],
  modelVersion: string,
): Point {
  const both = hours.flatMap(({ indoorTemperature: indoor, outdoorTemperature: outdoor }) =>
    typeof indoor === 'number' && typeof outdoor === 'number' ? [{ indoor, outdoor }] : [],
  )
  const mean = (read: (hour: { indoor: number; outdoor: number }) => number) =>
    both.length === 0 ? null : both.reduce((sum, hour) => sum + read(hour), 0) / both.length
  const difference = mean(({ indoor, outdoor }) => indoor - outdoor)
  const degreeHours = difference === null ? null : difference * day.hoursInDay
  const implied =
    degreeHours === null || degreeHours <= 0 || day.heatingKwh === null ? null : day.heatingKwh / degreeHours
  return {
    measurement: 'energy_separated',
    tags,
    time: labelToTime(day.date),
    fields: {
      actual_energy_kwh: day.totalKwh,
      heating_energy_kwh: day.heatingKwh,
      dhw_energy_kwh: day.dhwKwh,
      dhw_low_kwh: day.dhwLowKwh,
      dhw_high_kwh: day.dhwHighKwh,
      excess_energy_kwh: heatLossK === null || degreeHours === null ? null : day.totalKwh - heatLossK * degreeHours,
      avg_temp_difference: difference,
      degree_hours: degreeHours,
      k_value: heatLossK,
      k_implied: implied,
      data_coverage: both.length / day.hoursInDay,
      meter_hours: day.meterHours,
      hours_in_day: day.hoursInDay,
      avg_indoor_temp: mean(({ indoor }) => indoor),
      avg_outdoor_temp: mean(({ outdoor }) => outdoor),
      no_breakdown: day.heatingKwh === null ? 1 : 0,
      complete: day.complete ? 1 : 0,
      method: day.method,
      grade: day.grade,
      model_version: modelVersion,
      date: day.date,
    },
  }
}
