/** Weather shared by all entities of a place: fetched once per model run, kept durably, read from memory. */
import { putBounded } from '../connectors/bounded-map.ts'
import { StoreUnavailable } from '../connectors/errors.ts'
import type { WeatherProvider } from '../connectors/weather.ts'
import { parsePlace } from '../domain/weather/place.ts'
import { forecastPoints, observationPoint } from '../domain/weather/points.ts'
import type { WeatherForecast, WeatherObservation } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'

export interface SharedWeather {
  /** The newest run known for a place, its age visible in `issuedAt`; undefined when none was fetched yet. */
  forecast(place: string): Promise<WeatherForecast | undefined>
  observation(place: string): Promise<WeatherObservation | undefined>
  /**
   * Asks the sources for something newer and keeps it.
   * @returns whether anything was new
   * @throws the error of the source when forecast or observation could not be had; the other one is kept all the same
   */
  refresh(place: string): Promise<boolean>
}

export interface SharedWeatherDependencies {
  /** Source of a place: the simulated town answers for its own houses, real services for the others. */
  readonly providerOf: (place: string) => Promise<WeatherProvider>
  readonly application: ApplicationStore
  readonly timeSeries: Pick<TimeSeriesStore, 'write'>
  readonly now: () => number
}

const FORECASTS = 'weather-forecast'
const OBSERVATIONS = 'weather-observation'

/** Another process may have fetched: what is in memory is looked up again after this long. */
const MEMORY_MS = 60_000

/** Forecasts and observations of ten thousand places. */
const REMEMBERED = 20_000

export function createSharedWeather(dependencies: SharedWeatherDependencies): SharedWeather {
  const { application, timeSeries, now } = dependencies
  const memory = new Map<string, { value: unknown; readAt: number }>()

  async function recall<T>(collection: string, place: string): Promise<T | undefined> {
    const key = `${collection} ${place}`
    const known = memory.get(key)
    if (known !== undefined && now() - known.readAt < MEMORY_MS) return known.value as T | undefined
    const value = await look<T>(collection, place, known)
    putBounded(memory, key, { value, readAt: now() }, REMEMBERED)
    return value
  }

  /** While the store cannot be asked, what it said last still holds. */
  async function look<T>(
    collection: string,
    place: string,
    known: { readonly value: unknown } | undefined,
  ): Promise<T | undefined> {
    try {
      return (await application.getDocument<T>(collection, place))?.value
    } catch (error) {
      if (known === undefined || !(error instanceof StoreUnavailable)) throw error
      return known.value as T | undefined
    }
  }

  async function keep(collection: string, place: string, value: unknown): Promise<void> {
    await application.putDocument(collection, place, value)
    putBounded(memory, `${collection} ${place}`, { value, readAt: now() }, REMEMBERED)
  }

  async function refreshForecast(place: string): Promise<boolean> {
    const coordinates = coordinatesOf(place)
    const known = await recall<WeatherForecast>(FORECASTS, place)
    const fetched = await (await dependencies.providerOf(place)).forecast(coordinates, known)
    if (fetched === 'unchanged') return false
    await timeSeries.write(forecastPoints(coordinates, fetched))
    await keep(FORECASTS, place, fetched)
    return true
  }

  async function refreshObservation(place: string): Promise<boolean> {
    const coordinates = coordinatesOf(place)
    const fetched = await (await dependencies.providerOf(place)).observation(coordinates)
    if (fetched === undefined) return false
    const known = await recall<WeatherObservation>(OBSERVATIONS, place)
    await timeSeries.write([observationPoint(coordinates, fetched)])
    await keep(OBSERVATIONS, place, fetched)
    return known?.record.validAt !== fetched.record.validAt
  }

  return {
    forecast: (place) => recall<WeatherForecast>(FORECASTS, place),
    observation: (place) => recall<WeatherObservation>(OBSERVATIONS, place),
    async refresh(place) {
      const outcomes = await Promise.allSettled([refreshForecast(place), refreshObservation(place)])
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
      return outcomes.some((outcome) => outcome.status === 'fulfilled' && outcome.value)
    },
  }
}

/**
 * The forecast for a poll: weather is beside the point of a reading, so a store that cannot be asked costs no more than
 * what is computed from it.
 */
export function forecastForPoll(
  weather: Pick<SharedWeather, 'forecast'>,
  place: string,
  log: Logger,
): Promise<WeatherForecast | undefined> {
  return forPoll(() => weather.forecast(place), place, log)
}

/** The newest observation for a poll, of whatever age; a store that cannot be asked costs no more than that. */
export function observationForPoll(
  weather: Pick<SharedWeather, 'observation'>,
  place: string,
  log: Logger,
): Promise<WeatherObservation | undefined> {
  return forPoll(() => weather.observation(place), place, log)
}

async function forPoll<T>(recall: () => Promise<T | undefined>, place: string, log: Logger): Promise<T | undefined> {
  try {
    return await recall()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.warn('weather.not_recalled', { place, reason: error.message })
    return undefined
  }
}

function coordinatesOf(place: string) {
  const coordinates = parsePlace(place)
  if (coordinates === undefined) throw new RangeError(`not a place: ${place}`)
  return coordinates
}
