/**
 * The weather BVPro uses: SMHI's forecast and observations; where or while SMHI has no forecast that of Open-Meteo, and
 * where Open-Meteo has none either that of WeatherAPI.com, if there is a key.
 */
import { isForecastStale } from '../domain/weather/forecast.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { WeatherForecast, WeatherSource } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import { putBounded } from './bounded-map.ts'
import { BvproError, EntityNotFound, Unavailable } from './errors.ts'
import { createOpenMeteoClient } from './openmeteo/forecast.ts'
import { createSmhiForecastClient } from './smhi/forecast.ts'
import { createSmhiObservationsClient } from './smhi/observations.ts'
import type { WeatherProvider } from './weather.ts'
import { createWeatherApiClient } from './weatherapi/forecast.ts'

/** The area hardly ever changes, but a fault at SMHI can look like its border: ask again a few times a day. */
const OUTSIDE_AREA_RECHECK_MS = 6 * 3_600_000
const REMEMBERED_PLACES = 10_000

export interface WeatherSourceOptions {
  /** Part before `/api/category/...`; production: `https://opendata-download-metfcst.smhi.se`. */
  readonly smhiForecastUrl: string
  /** Part before `/api/version/...`; production: `https://opendata-download-metobs.smhi.se`. */
  readonly smhiObservationsUrl: string
  /** Part before `/v1/forecast`; production: `https://api.open-meteo.com`. */
  readonly openMeteoUrl: string
  /** `url` is the part before `/v1/forecast.json`; production: `https://api.weatherapi.com`. Undefined: not used. */
  readonly weatherApi?: { readonly url: string; readonly key: string } | undefined
  readonly log: Logger
  readonly now?: () => number
}

type KnownRun = { readonly source: string; readonly issuedAt: number }

interface ForecastSource {
  readonly name: WeatherSource
  forecast(place: Coordinates, knownIssuedAt?: number): Promise<WeatherForecast | 'unchanged'>
}

/**
 * Events: `weather.fallback` once when a source starts to fail or a place turns out to be outside SMHI's area, and
 * another is asked instead; `weather.fallback_ended` when it answers again; `weather.stale` once per run that has become
 * older than three hours. Such a run is still returned with its true `issuedAt`: whoever steers by it has to look.
 */
export function createWeatherSource(options: WeatherSourceOptions): WeatherProvider {
  const { log, now = Date.now } = options
  const observations = createSmhiObservationsClient({ baseUrl: options.smhiObservationsUrl, log, now })
  const sources = sourcesInOrder(options, now)
  const fallback = createFallbackMemory(log, now)
  const reportStale = createStaleReporter(log, now)

  return {
    async forecast(place, known) {
      const answer = await forecastInOrder(place, known)
      const run = answer === 'unchanged' ? known : answer
      if (run !== undefined) reportStale(run)
      return answer
    },
    observation: (place) => observations.observation(place),
  }

  async function forecastInOrder(
    place: Coordinates,
    known: KnownRun | undefined,
  ): Promise<WeatherForecast | 'unchanged'> {
    const refusals: BvproError[] = []
    for (const [index, source] of sources.entries()) {
      if (source.name === 'smhi' && fallback.isOutside(place)) continue
      try {
        const answer = await source.forecast(place, issuedBy(source.name, known))
        fallback.answered(source.name, place)
        return answer
      } catch (error) {
        if (!(error instanceof BvproError)) throw error
        const outside = source.name === 'smhi' && error instanceof EntityNotFound
        if (!outside) refusals.push(error)
        const next = sources[index + 1]?.name
        if (next === undefined) break
        if (outside) fallback.isOutsideSmhi(place, next, error)
        else fallback.failed(source.name, next, error)
      }
    }
    throw noneAnswered(refusals)
  }
}

function sourcesInOrder(options: WeatherSourceOptions, now: () => number): ForecastSource[] {
  const { smhiForecastUrl, openMeteoUrl, weatherApi } = options
  return [
    { name: 'smhi', ...createSmhiForecastClient({ baseUrl: smhiForecastUrl, now }) },
    { name: 'openmeteo', ...createOpenMeteoClient({ baseUrl: openMeteoUrl, now }) },
    ...(weatherApi === undefined
      ? []
      : [
          {
            name: 'weatherapi' as const,
            ...createWeatherApiClient({ baseUrl: weatherApi.url, key: weatherApi.key, now }),
          },
        ]),
  ]
}

/** A run of one source says nothing about whether another has something newer. */
function issuedBy(source: string, known: KnownRun | undefined): number | undefined {
  return known?.source === source ? known.issuedAt : undefined
}

/** An outage of one source passes even when the refusal of another would not, so several are an error to retry. */
function noneAnswered(refusals: readonly BvproError[]): BvproError {
  const [first, ...more] = refusals
  if (first !== undefined && more.length === 0) return first
  return new Unavailable(`no forecast: ${refusals.map(({ message }) => message).join('; ')}`, { cause: first })
}

interface FallbackMemory {
  isOutside(place: Coordinates): boolean
  answered(source: WeatherSource, place: Coordinates): void
  isOutsideSmhi(place: Coordinates, next: WeatherSource, reason: BvproError): void
  failed(source: WeatherSource, next: WeatherSource, reason: BvproError): void
}

/**
 * Remembers what was said already: an outage concerns all places and is logged once, a place outside the area once per
 * place.
 */
function createFallbackMemory(log: Logger, now: () => number): FallbackMemory {
  /** Places outside SMHI's area: since when it is known, and which source was asked instead. */
  const outside = new Map<string, { readonly since: number; readonly next: WeatherSource }>()
  /** Sources that fail, with the one that is asked instead. */
  const failing = new Map<WeatherSource, WeatherSource>()

  function works(source: WeatherSource): void {
    const from = failing.get(source)
    if (from !== undefined) log.info('weather.fallback_ended', { from, to: source, cause: 'outage' })
    failing.delete(source)
  }

  return {
    isOutside(place) {
      const known = outside.get(placeKey(place))
      return known !== undefined && now() - known.since < OUTSIDE_AREA_RECHECK_MS
    },
    answered(source, place) {
      works(source)
      if (source !== 'smhi') return
      const key = placeKey(place)
      const known = outside.get(key)
      if (known === undefined) return
      outside.delete(key)
      log.info('weather.fallback_ended', { from: known.next, to: source, cause: 'outside_area', place: key })
    },
    isOutsideSmhi(place, next, reason) {
      works('smhi')
      const key = placeKey(place)
      if (!outside.has(key)) {
        log.info('weather.fallback', {
          from: 'smhi',
          to: next,
          cause: 'outside_area',
          place: key,
          reason: reason.message,
        })
      }
      putBounded(outside, key, { since: now(), next }, REMEMBERED_PLACES)
    },
    failed(source, next, reason) {
      if (!failing.has(source)) {
        log.warn('weather.fallback', {
          from: source,
          to: next,
          cause: 'outage',
          reasonCode: reason.type,
          reason: reason.message,
        })
      }
      failing.set(source, next)
    },
  }
}

/** All places share a source's runs, so a stale run is reported once and not once per place and poll. */
function createStaleReporter(log: Logger, now: () => number): (run: KnownRun) => void {
  const reported = new Map<string, number>()
  return ({ source, issuedAt }) => {
    if (!isForecastStale({ issuedAt }, now()) || reported.get(source) === issuedAt) return
    reported.set(source, issuedAt)
    log.warn('weather.stale', {
      source,
      issuedAt: new Date(issuedAt).toISOString(),
      ageHours: Math.round(((now() - issuedAt) / 3_600_000) * 10) / 10,
    })
  }
}
