/**
 * The weather of the simulated town: a pure function of seed, place and time, so that houses, stations and forecasts
 * agree with each other without sharing any state. One calendar (UTC) drives season, day and sun.
 */
import { clearSkyIrradiance, cloudTransmission } from '../../domain/weather/irradiance.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import { sunPosition } from '../../domain/weather/sun.ts'
import { fieldNoise, hash32, type LatticePlace, latticePlace } from './noise.ts'

export interface Weather {
  /** °C at 2 m, at sea-level-like terrain. */
  readonly temperature: number
  /** m/s at 10 m. */
  readonly windSpeed: number
  readonly windGust: number
  /** Degrees the wind comes from. */
  readonly windDirection: number
  /** %. */
  readonly relativeHumidity: number
  /** hPa at sea level. */
  readonly pressure: number
  /** 0 clear … 1 overcast. */
  readonly cloudFraction: number
  /** The same as whole octas, 0…8. */
  readonly cloudOctas: number
  /** Global horizontal irradiance, W/m². */
  readonly globalIrradiance: number
  /** mm/h. */
  readonly precipitationRate: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TROPICAL_YEAR_DAYS = 365.2422
/** Days from 1 January to the coldest day of the year; Swedish winters lag the solstice by a month. */
const COLDEST_DAY = 21

/** Independent noise channels; errors of the forecast have their own. */
const CHANNEL = {
  airMass: 1,
  front: 2,
  weatherFront: 3,
  gusty: 4,
  cloudDeck: 5,
  cloudPatch: 6,
  windStorm: 7,
  windHour: 8,
  windGust: 9,
  direction: 10,
  humidity: 11,
  pressure: 12,
  rainArea: 13,
  rainShower: 14,
  errorShared: 20,
  errorRun: 40,
} as const

interface ForecastError {
  readonly temperature: number
  readonly cloudLogit: number
  readonly windLog: number
  readonly rain: number
}

const NO_ERROR: ForecastError = { temperature: 0, cloudLogit: 0, windLog: 0, rain: 0 }

/** The true weather. Random access: any order of calls gives the same answers. */
export function weatherAt(seed: number, place: Coordinates, epochMs: number): Weather {
  return compose(seed, place, latticeOf(place), epochMs, NO_ERROR)
}

/**
 * What the model run of `issuedAt` says about `epochMs`: the truth plus an error that grows with the lead time
 * (temperature: about 0.3 K at once, 1.2 K after a day, 4 K after nine days, the size of published verification).
 * Most of the error belongs to the valid time, so that consecutive runs agree with each other and converge.
 */
export function forecastAt(seed: number, place: Coordinates, issuedAt: number, epochMs: number): Weather {
  const lead = Math.max(0, epochMs - issuedAt) / HOUR_MS
  const lattice = latticeOf(place)
  const run = hash32(seed, 77, Math.floor(issuedAt / 60_000))
  const error = (index: number, correlationHours: number): number => {
    const x = epochMs / (correlationHours * HOUR_MS)
    return (
      0.8 * fieldNoise(seed, CHANNEL.errorShared + index, lattice, x) +
      0.6 * fieldNoise(run, CHANNEL.errorRun + index, lattice, x)
    )
  }
  const growth = (lead / 24) ** 0.65
  return compose(seed, place, lattice, epochMs, {
    temperature: (0.3 + 0.9 * growth) * error(0, 14),
    cloudLogit: (0.25 + 0.8 * growth) * error(1, 8),
    windLog: Math.min(0.45, 0.06 + 0.11 * growth) * error(2, 10),
    rain: (0.1 + 0.3 * growth) * error(3, 6),
  })
}

/** Cells of about 280 km: towns share their weather, Malmö and Kiruna do not. */
function latticeOf({ latitude, longitude }: Coordinates): LatticePlace {
  return latticePlace(latitude / 2.5, longitude / 5)
}

function compose(
  seed: number,
  place: Coordinates,
  lattice: LatticePlace,
  epochMs: number,
  error: ForecastError,
): Weather {
  const hours = epochMs / HOUR_MS
  const days = epochMs / DAY_MS
  const noise = (channel: number, correlationHours: number) =>
    fieldNoise(seed, channel, lattice, hours / correlationHours)

  const winter = Math.cos((2 * Math.PI * (days - COLDEST_DAY)) / TROPICAL_YEAR_DAYS)
  const noonSun = noonSunSine(place.latitude, days)

  const cloudDeck = noise(CHANNEL.cloudDeck, 26)
  const slowCloud = logistic(0.55 + 0.35 * winter + 1.7 * cloudDeck)
  const cloudFraction = logistic(
    0.55 + 0.35 * winter + 1.7 * cloudDeck + 0.9 * noise(CHANNEL.cloudPatch, 3) + error.cloudLogit,
  )

  const northOfMalmo = place.latitude - 55.6
  const seasonal = 9.2 - 0.72 * northOfMalmo - (8.9 + 0.34 * northOfMalmo) * winter
  const synoptic =
    (1 + 0.3 * winter) *
    (2.7 * noise(CHANNEL.airMass, 110) + 1.5 * noise(CHANNEL.front, 36) + 0.6 * noise(CHANNEL.weatherFront, 9))
  // Clear winter air cools towards space; the same clear sky warms a summer day through the daily swing below.
  const radiative = 3 * (slowCloud - 0.65) * Math.max(0, winter)
  const solarHour = (hours + place.longitude / 15) % 24
  const daily =
    (0.5 + 5 * noonSun * (1 - 0.65 * slowCloud)) * Math.cos((2 * Math.PI * (solarHour - 14.5)) / 24) +
    0.15 * noise(CHANNEL.gusty, 1.5)
  const temperature = seasonal + synoptic + radiative + daily + error.temperature

  const windSpeed =
    3.1 *
    (1 + 0.15 * winter) *
    Math.exp(0.42 * noise(CHANNEL.windStorm, 30) + 0.22 * noise(CHANNEL.windHour, 5) + error.windLog)
  const windGust = windSpeed * (1.65 + 0.12 * noise(CHANNEL.windGust, 0.5)) + 0.6
  const direction = 225 + 75 * noise(CHANNEL.direction, 50)

  const rainArea = noise(CHANNEL.rainArea, 7) + 0.5 * noise(CHANNEL.rainShower, 1) + error.rain
  const precipitationRate = Math.max(0, (cloudFraction - 0.7) / 0.3) * Math.max(0, rainArea - 0.35) * 1.4

  const relativeHumidity =
    77 +
    9 * winter -
    2.3 * daily +
    6 * (cloudFraction - 0.5) +
    6 * noise(CHANNEL.humidity, 12) +
    (precipitationRate > 0 ? 8 : 0)

  return {
    temperature,
    windSpeed,
    windGust,
    windDirection: ((direction % 360) + 360) % 360,
    relativeHumidity: Math.min(100, Math.max(22, relativeHumidity)),
    pressure: 1012 + 9 * noise(CHANNEL.pressure, 60),
    cloudFraction,
    cloudOctas: Math.round(cloudFraction * 8),
    globalIrradiance: clearSkyIrradiance(sunPosition(epochMs, place).elevation) * cloudTransmission(8 * cloudFraction),
    precipitationRate,
  }
}

/** Sine of the sun's height at noon, not below 0; the declination is Cooper's (1969) on the calendar used above. */
function noonSunSine(latitude: number, days: number): number {
  const declination = -23.45 * Math.cos((2 * Math.PI * (days + 10)) / TROPICAL_YEAR_DAYS)
  return Math.max(0, Math.sin(((90 - latitude + declination) * Math.PI) / 180))
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x))
}
