/** The observed weather of past hours at a place: what the store has, completed by what the stations kept. */
import { BvproError, StoreUnavailable } from '../connectors/errors.ts'
import type { HistoryCallOptions } from '../connectors/history-source.ts'
import type { PastObservations } from '../connectors/weather.ts'
import { HOUR_MS } from '../domain/history/gaps.ts'
import { originMark } from '../domain/history/origin.ts'
import type { HistoryPoint, StoredRow, TimeRange } from '../domain/history/row.ts'
import { withEffectiveTemperature } from '../domain/history/weather.ts'
import { OBSERVATION_SETTLED_AFTER_MS } from '../domain/weather/observation.ts'
import { type Coordinates, parsePlace } from '../domain/weather/place.ts'
import { observationPoint } from '../domain/weather/points.ts'
import type { WeatherObservation, WeatherRecord } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import { describeError } from './failures.ts'

export interface PastWeatherDependencies {
  /** Stations of a place's past hours; undefined where no service has them. */
  readonly pastObservations: (place: string) => Promise<PastObservations | undefined>
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly log: Logger
  readonly now: () => number
}

export interface PastWeatherCall {
  /** Whether hours that the stations had are written to the store. */
  readonly keep: boolean
  readonly call: HistoryCallOptions
}

export interface PastWeather {
  /**
   * Observations of the full hours around a range, ascending. Hours the store does not have are asked of the
   * stations. Services keep some months; of what is older, the answer is what the store has.
   *
   * A service that cannot be asked is no reason to fail: the answer is what the store has, and the reason.
   * @throws StoreUnavailable
   */
  hours(
    place: string,
    range: TimeRange,
    options: PastWeatherCall,
  ): Promise<{ readonly hours: readonly WeatherRecord[]; readonly problem: string | null }>
}

const MEASUREMENT = 'weather_observation'

export function createPastWeather(dependencies: PastWeatherDependencies): PastWeather {
  const { timeSeries, log, now } = dependencies

  async function askStations(
    place: string,
    coordinates: Coordinates,
    missing: readonly number[],
    call: HistoryCallOptions,
  ): Promise<WeatherObservation[]> {
    const [first] = missing
    const last = missing.at(-1)
    const source = await dependencies.pastObservations(place)
    if (source === undefined || first === undefined || last === undefined) return []
    const observed = await source.hours(coordinates, { from: first, to: last + 1 }, call)
    const wanted = new Set(missing)
    return observed.filter(({ record }) => wanted.has(record.validAt))
  }

  return {
    async hours(place, range, { keep, call }) {
      const coordinates = parsePlace(place)
      if (coordinates === undefined) throw new RangeError(`not a place: ${place}`)
      const from = Math.floor(range.from / HOUR_MS) * HOUR_MS
      const to = Math.ceil(range.to / HOUR_MS) * HOUR_MS
      const rows = await timeSeries.read({ measurement: MEASUREMENT, tags: { place }, from, to: to + 1 })
      const stored = rows.map(toRecord).filter(({ temperature }) => temperature !== null)
      const known = new Set(stored.map(({ validAt }) => validAt))
      const missing: number[] = []
      for (let hour = from; hour <= Math.min(to, now() - OBSERVATION_SETTLED_AFTER_MS); hour += HOUR_MS) {
        if (!known.has(hour)) missing.push(hour)
      }
      let fetched: WeatherObservation[] = []
      let problem: string | null = null
      try {
        fetched = await askStations(place, coordinates, missing, call)
      } catch (error) {
        if (call.signal?.aborted || !(error instanceof BvproError) || error instanceof StoreUnavailable) throw error
        const { reason, reasonCode } = describeError(error)
        log.warn('weather.past_not_read', { place, reason, reasonCode })
        problem = reason
      }
      if (keep && fetched.length > 0) {
        const mark = originMark(MEASUREMENT, 'fill')
        await timeSeries.write(
          fetched.map((observation) => {
            const point = observationPoint(coordinates, observation)
            return { ...point, fields: { ...point.fields, ...mark } }
          }),
        )
      }
      const hours = [...stored, ...fetched.map(({ record }) => record)].sort((a, b) => a.validAt - b.validAt)
      return { hours, problem }
    },
  }
}

function toRecord({ time, fields }: StoredRow): WeatherRecord {
  const value = (field: string) => {
    const stored = fields[field]
    return typeof stored === 'number' ? stored : null
  }
  return {
    validAt: time,
    stepHours: 0,
    temperature: value('temperature'),
    windSpeed: value('wind_speed'),
    windGust: value('wind_gust'),
    windDirection: value('wind_direction'),
    relativeHumidity: value('humidity'),
    cloudOctas: value('cloud_cover'),
    globalIrradiance: value('global_irradiance'),
    precipitationMm: value('precipitation'),
  }
}

/**
 * Points of a house with their effective temperature, as far as the weather of their time is known.
 * @param stepMs time between two points
 */
export function withObservedWeather(
  points: readonly HistoryPoint[],
  place: string,
  hours: readonly WeatherRecord[],
  stepMs: number,
): HistoryPoint[] {
  const coordinates = parsePlace(place)
  if (coordinates === undefined) throw new RangeError(`not a place: ${place}`)
  return points.map((point) => withEffectiveTemperature(point, coordinates, hours, stepMs))
}
