/**
 * The effective outdoor temperature: air temperature corrected for wind, humidity and sun. The only definition in
 * BVPro.
 */
import type { Coordinates } from './place.ts'
import type { WeatherRecord } from './record.ts'
import { sunPosition } from './sun.ts'

export interface EffectiveTemperatureCoefficients {
  /** K per √(m/s). */
  readonly wind: number
  /** K per % of relative humidity above 50 %. */
  readonly humidity: number
  /** K at full sun in the zenith. */
  readonly solar: number
}

export const DEFAULT_COEFFICIENTS: EffectiveTemperatureCoefficients = { wind: 0.56, humidity: 0.01, solar: 15 }

export type EffectiveTemperatureTerm = 'wind' | 'humidity' | 'solar'

export interface EffectiveTemperatureInputs {
  /** Air temperature, °C. */
  readonly temperature: number
  /** m/s. */
  readonly windSpeed: number | null
  /** %. */
  readonly relativeHumidity: number | null
  readonly cloudOctas: number | null
  /** Degrees above the horizon; null when the place is not known. */
  readonly sunElevation: number | null
}

export interface EffectiveTemperature {
  /** °C. */
  readonly value: number
  /** Contribution of each term, K; 0 for a term that is not known. */
  readonly windEffect: number
  readonly humidityEffect: number
  readonly solarEffect: number
  /** Terms left out because an input is missing. No substitute is used: a guessed calm or cloud is not weather. */
  readonly unknown: readonly EffectiveTemperatureTerm[]
}

/**
 * Te = Ta − kw·√wind − kh·max(0, RH − 50) + ks·sin(elevation)·(1 − 0.9·octas/8), the last term 0 while the sun is down.
 *
 * The rule this continues added half a sun day and night when the place was unknown; here an unknown place leaves the
 * solar term out and reports it.
 */
export function effectiveTemperature(
  inputs: EffectiveTemperatureInputs,
  coefficients: EffectiveTemperatureCoefficients = DEFAULT_COEFFICIENTS,
): EffectiveTemperature {
  const wind = windEffect(inputs.windSpeed, coefficients.wind)
  const humidity = humidityEffect(inputs.relativeHumidity, coefficients.humidity)
  const solar = solarEffect(inputs.sunElevation, inputs.cloudOctas, coefficients.solar)
  const unknown: EffectiveTemperatureTerm[] = []
  if (wind === null) unknown.push('wind')
  if (humidity === null) unknown.push('humidity')
  if (solar === null) unknown.push('solar')
  return {
    value: inputs.temperature + (wind ?? 0) + (humidity ?? 0) + (solar ?? 0),
    windEffect: wind ?? 0,
    humidityEffect: humidity ?? 0,
    solarEffect: solar ?? 0,
    unknown,
  }
}

/** {@link effectiveTemperature} of a weather record at a place; undefined when the record has no temperature. */
export function effectiveTemperatureOf(
  record: WeatherRecord,
  place: Coordinates | null,
  coefficients: EffectiveTemperatureCoefficients = DEFAULT_COEFFICIENTS,
): EffectiveTemperature | undefined {
  if (record.temperature === null) return undefined
  return effectiveTemperature(
    {
      temperature: record.temperature,
      windSpeed: record.windSpeed,
      relativeHumidity: record.relativeHumidity,
      cloudOctas: record.cloudOctas,
      sunElevation: place === null ? null : sunPosition(record.validAt, place).elevation,
    },
    coefficients,
  )
}

function windEffect(windSpeed: number | null, coefficient: number): number | null {
  return windSpeed === null ? null : 0 - coefficient * Math.sqrt(Math.max(0, windSpeed))
}

function humidityEffect(relativeHumidity: number | null, coefficient: number): number | null {
  return relativeHumidity === null ? null : 0 - coefficient * Math.max(0, relativeHumidity - 50)
}

function solarEffect(elevation: number | null, octas: number | null, coefficient: number): number | null {
  if (elevation === null) return null
  if (elevation <= 0) return 0
  if (octas === null) return null
  return coefficient * Math.sin((elevation * Math.PI) / 180) * (1 - (0.9 * octas) / 8)
}
