/** Global horizontal irradiance where no source gives it: a clear-sky model, dimmed by the cloud cover. */
import type { Coordinates } from './place.ts'
import type { WeatherRecord } from './record.ts'
import { sunPosition } from './sun.ts'

const HOUR_MS = 3_600_000
const SAMPLE_MS = 5 * 60_000

/**
 * Clear-sky global horizontal irradiance, W/m²: 1098 · cos z · exp(−0.059 / cos z).
 * Haurwitz (1945), "Insolation in relation to cloudiness and cloud density", J. Meteorology 2, 154–166, in the form
 * compared by Reno, Hansen & Stein (2012), SAND2012-2389: the best of the models that need nothing but the zenith
 * angle.
 * @param elevation of the sun, degrees; 0 W/m² when it is not above the horizon
 */
export function clearSkyIrradiance(elevation: number): number {
  const cosZenith = Math.sin((elevation * Math.PI) / 180)
  if (cosZenith <= 0) return 0
  return 1098 * cosZenith * Math.exp(-0.059 / cosZenith)
}

/**
 * Share of the clear-sky irradiance that a cloud cover lets through: 1 − 0.75 · (N/8)^3.4, from 1 (clear) to 0.25
 * (overcast). Kasten & Czeplak (1980), "Solar and terrestrial radiation dependent on the amount and type of cloud",
 * Solar Energy 24, 177–189.
 */
export function cloudTransmission(octas: number): number {
  return 1 - 0.75 * (Math.min(8, Math.max(0, octas)) / 8) ** 3.4
}

/**
 * Irradiance at an instant, W/m², from the cloud cover in octas; null when the clouds are unknown and the sun is up.
 * @param time epoch milliseconds
 */
export function irradianceFromClouds(time: number, place: Coordinates, octas: number | null): number | null {
  return dimmed(clearSkyIrradiance(sunPosition(time, place).elevation), octas)
}

/** Mean clear-sky irradiance of the interval, W/m², by the midpoint rule in steps of at most five minutes. */
export function meanClearSkyIrradiance(from: number, to: number, place: Coordinates): number {
  if (to <= from) return clearSkyIrradiance(sunPosition(to, place).elevation)
  const samples = Math.ceil((to - from) / SAMPLE_MS)
  const width = (to - from) / samples
  let sum = 0
  for (let i = 0; i < samples; i++) sum += clearSkyIrradiance(sunPosition(from + (i + 0.5) * width, place).elevation)
  return sum / samples
}

/**
 * Irradiance of a record, W/m²: what its source gives, else the mean of its step (at least the hour before `validAt`,
 * the convention of sources that do give it) estimated from its clouds. Null when neither is known.
 */
export function stepIrradiance(record: WeatherRecord, place: Coordinates): number | null {
  if (record.globalIrradiance !== null) return record.globalIrradiance
  const from = record.validAt - Math.max(1, record.stepHours) * HOUR_MS
  return dimmed(meanClearSkyIrradiance(from, record.validAt, place), record.cloudOctas)
}

/** At night the answer is 0 whatever the clouds are, so it is known even when they are not. */
function dimmed(clearSky: number, octas: number | null): number | null {
  if (clearSky === 0) return 0
  return octas === null ? null : clearSky * cloudTransmission(octas)
}
