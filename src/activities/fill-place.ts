/** Holes in the hourly observations of a place, filled from what the stations kept. */
import type { PastObservations } from '../connectors/weather.ts'
import { HOUR_MS, HOURLY, holesAfter, summarise } from '../domain/history/gaps.ts'
import { originMark } from '../domain/history/origin.ts'
import { OBSERVATION_SETTLED_AFTER_MS } from '../domain/weather/observation.ts'
import { parsePlace } from '../domain/weather/place.ts'
import { observationPoint } from '../domain/weather/points.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import type { FillOptions } from './fill-entity.ts'
import { lookForHoles, markHoles } from './find-gaps.ts'
import type { FilledSeries } from './history-contract.ts'

interface FillPlaceDependencies {
  readonly pastObservations: (place: string) => Promise<PastObservations | undefined>
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write' | 'replaceRange'>
}

const MEASUREMENT = 'weather_observation'

export async function fillPlace(
  { pastObservations, timeSeries }: FillPlaceDependencies,
  place: string,
  { key, now, days, dryRun, call }: FillOptions,
): Promise<FilledSeries> {
  const tags = { place }
  const to = now - OBSERVATION_SETTLED_AFTER_MS
  const { holes, from } = await lookForHoles(timeSeries, {
    measurement: MEASUREMENT,
    tags,
    readingFields: ['temperature'],
    to,
    days,
    cadence: HOURLY,
    pollMs: HOUR_MS,
  })
  const before = summarise(holes)
  if (holes.length === 0) {
    if (!dryRun) await markHoles(timeSeries, MEASUREMENT, tags, { from, to: now }, [], null)
    return { key, before, after: before, fromHistory: 0, fromObservations: 0, reason: null }
  }

  const coordinates = parsePlace(place)
  const source = await pastObservations(place)
  const first = Math.min(...holes.map((hole) => hole.from))
  const observations =
    source === undefined || coordinates === undefined ? [] : await source.hours(coordinates, { from: first, to }, call)
  const inside = observations.filter(
    ({ record }) =>
      record.temperature !== null && holes.some((hole) => record.validAt > hole.from && record.validAt < hole.to),
  )
  const left = holesAfter(
    holes,
    inside.map(({ record }) => ({ time: record.validAt })),
    HOURLY,
  )
  const reason = left.length === 0 ? null : 'no station near the place has values for it'
  if (!dryRun && coordinates !== undefined) {
    const mark = originMark(MEASUREMENT, 'fill')
    await timeSeries.write(
      inside.map((observation) => {
        const point = observationPoint(coordinates, observation)
        return { ...point, fields: { ...point.fields, ...mark } }
      }),
    )
    await markHoles(timeSeries, MEASUREMENT, tags, { from, to: now }, left, reason)
  }
  return { key, before, after: summarise(left), fromHistory: 0, fromObservations: inside.length, reason }
}
