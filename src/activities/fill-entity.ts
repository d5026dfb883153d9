/** Holes between the polls of one house or building, filled from its vendor's history; power and energy never. */

import { BvproError, StoreUnavailable } from '../connectors/errors.ts'
import type { HistoryCallOptions } from '../connectors/history-source.ts'
import {
  type Cadence,
  fitsInto,
  type Hole,
  holesAfter,
  pollCadence,
  type Reading,
  rangesToAsk,
  summarise,
} from '../domain/history/gaps.ts'
import { type Origin, originMark } from '../domain/history/origin.ts'
import type { HistoryPoint } from '../domain/history/row.ts'
import type { Point, TimeSeriesStore } from '../store/timeseries/port.ts'
import { collectHistory } from './collect-history.ts'
import type { EntityHistories, EntityHistory, HistorySeries } from './entity-history.ts'
import { describeError } from './failures.ts'
import { lookForHoles, markHoles } from './find-gaps.ts'
import type { EntityWithHistory, FilledSeries } from './history-contract.ts'
import { type PastWeather, withObservedWeather } from './past-weather.ts'

export interface FillOptions {
  readonly key: string
  readonly now: number
  readonly days: number
  readonly dryRun: boolean
  readonly call: HistoryCallOptions
}

interface FillEntityDependencies {
  readonly histories: EntityHistories
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write' | 'replaceRange'>
  readonly pastWeather: PastWeather
}

/** Filled points stand on the grid of the finest series vendors keep. */
const FILL_STEP_SECONDS = 300

/** Polls of this time may still be on their way to the store. */
const SETTLED_AFTER_MS = 15 * 60_000

export async function fillEntity(
  { histories, timeSeries, pastWeather }: FillEntityDependencies,
  entity: EntityWithHistory,
  { key, now, days, dryRun, call }: FillOptions,
): Promise<FilledSeries> {
  const history = await histories.of(entity)
  const [own] = history.series
  const cadence = pollCadence(history.pollSeconds)
  const look = {
    measurement: own.measurement,
    tags: own.tags,
    readingFields: own.readingFields,
    to: now - SETTLED_AFTER_MS,
    days,
    cadence,
    pollMs: Math.max(1, history.pollSeconds) * 1000,
  }
  const { holes, from } = await lookForHoles(timeSeries, look)
  const before = summarise(holes)
  if (holes.length === 0) {
    if (!dryRun) await markHoles(timeSeries, own.measurement, own.tags, { from, to: now }, [], null)
    return { key, before, after: before, fromHistory: 0, fromObservations: 0, reason: null }
  }

  const fetched = await fromHistory(history, holes, cadence, call)
  const readings = fetched.points.map(({ time }): Reading => ({ time, origin: 'fill' }))
  const left = holesAfter(holes, readings, cadence)
  const observed = await fromObservations(timeSeries, history, left, cadence)
  const after = summarise(left)
  const reason = left.length === 0 ? null : (fetched.reason ?? 'the history of the vendor has no values for it')
  if (!dryRun) {
    const points = await withWeather(pastWeather, history, fetched.points, call)
    for (const series of history.series) {
      await timeSeries.write(marked(series, points, 'fill'))
    }
    await timeSeries.write(marked(own, observed, 'fill-observed'))
    await markHoles(timeSeries, own.measurement, own.tags, { from, to: now }, left, reason)
  }
  return { key, before, after, fromHistory: fetched.points.length, fromObservations: observed.length, reason }
}

/** A vendor that cannot be asked leaves the holes for the next time; the reason is told. */
async function fromHistory(
  history: EntityHistory,
  holes: readonly Hole[],
  cadence: Cadence,
  call: HistoryCallOptions,
): Promise<{ readonly points: readonly HistoryPoint[]; readonly reason: string | null }> {
  const points: HistoryPoint[] = []
  try {
    const { fields } = await history.mapping(call)
    const fillable = fields.filter((field) => field.fillable)
    if (fillable.length === 0) return { points, reason: 'the history of the vendor has no temperatures' }
    const { readingFields } = history.series[0]
    for (const range of rangesToAsk(holes)) {
      call.signal?.throwIfAborted()
      const collected = await collectHistory(history.source, fillable, range, FILL_STEP_SECONDS, call)
      // Setpoints alone would hide the hole without telling what the house was like.
      points.push(
        ...collected.points.filter(
          ({ time, fields: values }) =>
            readingFields.some((field) => values[field] !== undefined) &&
            holes.some((hole) => fitsInto(hole, time, cadence)),
        ),
      )
    }
    return { points, reason: null }
  } catch (error) {
    if (call.signal?.aborted || !(error instanceof BvproError) || error instanceof StoreUnavailable) throw error
    return { points, reason: describeError(error).reason }
  }
}

/** Filled points of a house get their effective temperature as polled ones do, where the weather of their time is known. */
async function withWeather(
  pastWeather: PastWeather,
  { place, hasEffectiveTemperature }: EntityHistory,
  points: readonly HistoryPoint[],
  call: HistoryCallOptions,
): Promise<readonly HistoryPoint[]> {
  const [first] = points
  const last = points.at(-1)
  if (place === null || !hasEffectiveTemperature || first === undefined || last === undefined) return points
  const stepMs = FILL_STEP_SECONDS * 1000
  const range = { from: first.time, to: last.time + stepMs }
  // The place has holes of its own at the same time; its own filling keeps what the stations have, and counts it.
  const { hours } = await pastWeather.hours(place, range, { keep: false, call })
  return withObservedWeather(points, place, hours, stepMs)
}

/** The outdoor temperature of the place at the hours it was observed, where nothing else is left. */
async function fromObservations(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  { place, outdoorField }: EntityHistory,
  left: readonly Hole[],
  cadence: Cadence,
): Promise<HistoryPoint[]> {
  if (place === null) return []
  const points: HistoryPoint[] = []
  for (const hole of left) {
    const rows = await timeSeries.read({
      measurement: 'weather_observation',
      tags: { place },
      fields: ['temperature'],
      ...hole,
    })
    for (const { time, fields } of rows) {
      if (typeof fields.temperature !== 'number' || !fitsInto(hole, time, cadence)) continue
      points.push({ time, fields: { [outdoorField]: fields.temperature } })
    }
  }
  return points
}

function marked(series: HistorySeries, points: readonly HistoryPoint[], origin: Origin): Point[] {
  const { measurement, tags } = series
  const mark = originMark(measurement, origin)
  return points.flatMap((point) => {
    const derived = series.derive(point)
    return derived === undefined
      ? []
      : [{ measurement, tags, time: derived.time, fields: { ...derived.fields, ...mark } }]
  })
}
