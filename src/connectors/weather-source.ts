/** The weather BVPro uses: SMHI's forecast and observations, and Open-Meteo's forecast where or while SMHI has none. */
import { isForecastStale } from '../domain/weather/forecast.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { WeatherForecast } from '../domain/weather/record.ts'
import type { Logger } from '../runtime/log.ts'
import { putBounded } from './bounded-map.ts'
import { BvproError, EntityNotFound, Unavailable } from './errors.ts'
import { createOpenMeteoClient } from './openmeteo/forecast.ts'
import { createSmhiForecastClient } from './smhi/forecast.ts'
import { createSmhiObservationsClient } from './smhi/observations.ts'
import type { WeatherProvider } from './weather.ts'

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
  readonly log: Logger
  readonly now?: () => number
}

type KnownRun = { readonly source: string; readonly issuedAt: number }

/**
 * Events: `weather.fallback` once when SMHI's forecast starts to fail or a place turns out to be outside its area,
 * `weather.fallback_ended` when SMHI answers again, `weather.stale` once per run that has become older than three
 * hours. Such a run is still returned with its true `issuedAt`: whoever steers by it has to look.
 */
export function createWeatherSource(options: WeatherSourceOptions): WeatherProvider {
  const { log, now = Date.now } = options
  const smhi = createSmhiForecastClient({ baseUrl: options.smhiForecastUrl, now })
  const openMeteo = createOpenMeteoClient({ baseUrl: options.openMeteoUrl, now })
  const observations = createSmhiObservationsClient({ baseUrl: options.smhiObservationsUrl, log, now })
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
    if (fallback.isOutside(place)) return openMeteo.forecast(place, issuedBy('openmeteo', known))
    let refusal: BvproError
    try {
      const answer = await smhi.forecast(place, issuedBy('smhi', known))
      fallback.smhiAnswered(place)
      return answer
    } catch (error) {
      if (!(error instanceof BvproError)) throw error
      refusal = error
    }
    if (refusal instanceof EntityNotFound) fallback.smhiIsOutside(place, refusal)
    else fallback.smhiFailed(refusal)
    try {
      return await openMeteo.forecast(place, issuedBy('openmeteo', known))
    } catch (error) {
      throw error instanceof BvproError ? bothFailed(refusal, error) : error
    }
  }
}

/** A run of one source says nothing about whether another has something newer. */
function issuedBy(source: string, known: KnownRun | undefined): number | undefined {
  return known?.source === source ? known.issuedAt : undefined
}

/** An outage of SMHI passes even when Open-Meteo's refusal would not, so it is then the error to retry. */
function bothFailed(smhi: BvproError, openMeteo: BvproError): BvproError {
  if (smhi instanceof EntityNotFound) return openMeteo
  return new Unavailable(`no forecast: ${smhi.message}; ${openMeteo.message}`, { cause: smhi })
}

interface FallbackMemory {
  isOutside(place: Coordinates): boolean
  smhiAnswered(place: Coordinates): void
  smhiIsOutside(place: Coordinates, reason: BvproError): void
  smhiFailed(reason: BvproError): void
}

/**
 * Remembers what was said already: an outage concerns all places and is logged once, a place outside the area once per
 * place.
 */
function createFallbackMemory(log: Logger, now: () => number): FallbackMemory {
  const outsideSince = new Map<string, number>()
  let failing = false

  function answers(): void {
    if (failing) log.info('weather.fallback_ended', { from: 'openmeteo', to: 'smhi', cause: 'outage' })
    failing = false
  }

  return {
    isOutside(place) {
      const since = outsideSince.get(placeKey(place))
      return since !== undefined && now() - since < OUTSIDE_AREA_RECHECK_MS
    },
    smhiAnswered(place) {
      answers()
      const key = placeKey(place)
      if (outsideSince.delete(key))
        log.info('weather.fallback_ended', { from: 'openmeteo', to: 'smhi', cause: 'outside_area', place: key })
    },
    smhiIsOutside(place, reason) {
      answers()
      const key = placeKey(place)
      if (!outsideSince.has(key)) {
        log.info('weather.fallback', {
          from: 'smhi',
          to: 'openmeteo',
          cause: 'outside_area',
          place: key,
          reason: reason.message,
        })
      }
      putBounded(outsideSince, key, now(), REMEMBERED_PLACES)
    },
    smhiFailed(reason) {
      if (!failing) {
        log.warn('weather.fallback', {
          from: 'smhi',
          to: 'openmeteo',
          cause: 'outage',
          reasonCode: reason.type,
          reason: reason.message,
        })
      }
      failing = true
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
