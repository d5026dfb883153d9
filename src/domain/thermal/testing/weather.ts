/** Weather for simulated houses: seeded, a Nordic heating season, with forecasts that are wrong by a known amount. */
import { clearSkyIrradiance } from '../../weather/irradiance.ts'
import { sunPosition } from '../../weather/sun.ts'
import { type Random, seededRandom } from './random.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 3_600_000

export interface SimulatedWeather {
  readonly start: number
  readonly stepHours: number
  readonly outdoor: Float64Array
  /** W/m². */
  readonly irradiance: Float64Array
  readonly wind: Float64Array
}

const PLACE = { latitude: 57.7, longitude: 13 }

/** @param season mean outdoor temperature of the season, °C */
export function simulateWeather(
  random: Random,
  options: { start: number; steps: number; stepHours: number; season: number },
): SimulatedWeather {
  const { start, steps, stepHours, season } = options
  const outdoor = new Float64Array(steps)
  const irradiance = new Float64Array(steps)
  const wind = new Float64Array(steps)
  const airMass = drift(random, stepHours, 90, 3.6)
  const front = drift(random, stepHours, 18, 1.6)
  const cloudiness = drift(random, stepHours, 20, 1.6)
  const gusts = drift(random, stepHours, 12, 0.45)
  for (let k = 0; k < steps; k += 1) {
    const time = start + k * stepHours * HOUR_MS
    const cloud = 1 / (1 + Math.exp(-(0.5 + cloudiness())))
    const elevation = sunPosition(time, PLACE).elevation
    const clear = clearSkyIrradiance(elevation)
    irradiance[k] = clear * (1 - 0.75 * cloud ** 3.4)
    const hour = (time / HOUR_MS) % 24
    const daily = (1 + 3.5 * (1 - cloud)) * Math.cos((2 * Math.PI * (hour - 14)) / 24)
    outdoor[k] = season + airMass() + front() + daily
    wind[k] = 3.2 * Math.exp(gusts() - 0.1)
  }
  return { start, stepHours, outdoor, irradiance, wind }
}

/**
 * What a forecast issued at a step says of the steps after it: the truth and an error that grows from 0.3 K to 1.2 K
 * after a day, correlated over half a day; clouds and wind are wrong too. The same issue always says the same.
 */
export function forecastWeather(
  seed: number,
  truth: SimulatedWeather,
  issued: number,
  steps: number,
): Omit<SimulatedWeather, 'start' | 'stepHours'> {
  const random = seededRandom(seed * 100_003 + issued)
  const temperature = drift(random, truth.stepHours, 12, 1)
  const clouds = drift(random, truth.stepHours, 8, 0.3)
  const gusts = drift(random, truth.stepHours, 10, 0.3)
  const outdoor = new Float64Array(steps)
  const irradiance = new Float64Array(steps)
  const wind = new Float64Array(steps)
  for (let lead = 0; lead < steps; lead += 1) {
    const k = Math.min(truth.outdoor.length - 1, issued + lead)
    const growth = Math.min(1.5, ((lead * truth.stepHours) / 24) ** 0.65)
    outdoor[lead] = (truth.outdoor[k] as number) + (0.3 + 0.9 * growth) * temperature()
    irradiance[lead] = (truth.irradiance[k] as number) * Math.max(0.15, 1 + growth * clouds())
    wind[lead] = (truth.wind[k] as number) * Math.exp(growth * gusts())
  }
  return { outdoor, irradiance, wind }
}

/** An Ornstein–Uhlenbeck process: returns its next value at each call. */
export function drift(random: Random, stepHours: number, correlationHours: number, deviation: number): () => number {
  const keep = Math.exp(-stepHours / correlationHours)
  const kick = deviation * Math.sqrt(1 - keep * keep)
  let value = deviation * random.normal()
  return () => {
    value = keep * value + kick * random.normal()
    return value
  }
}
