/**
 * A Swedish year as invented weather in ten-minute steps: fronts of a few days, clear and cloudy spells, a day's course
 * that follows the sun, wind that comes with the fronts.
 */
import type { Coordinates } from '../../src/domain/weather/place.ts'
import { sunPosition } from '../../src/domain/weather/sun.ts'
import type { Random } from './random.ts'

export const STEP_MINUTES = 10
export const STEPS_PER_HOUR = 60 / STEP_MINUTES
const STEP_MS = STEP_MINUTES * 60_000

export interface Weather {
  /** Start of each step, epoch milliseconds. */
  readonly times: Float64Array
  /** °C. */
  readonly outdoor: Float64Array
  /** Global, on the horizontal, W/m². */
  readonly global: Float64Array
  /** Beam on a plane facing the sun, and diffuse on the horizontal, W/m². */
  readonly beam: Float64Array
  readonly diffuse: Float64Array
  /** Degrees. */
  readonly elevation: Float64Array
  readonly azimuth: Float64Array
  /** m/s. */
  readonly wind: Float64Array
}

/** @param annualMean °C, between 2 in the north and 9 in the south */
export function inventWeather(
  start: number,
  days: number,
  place: Coordinates,
  annualMean: number,
  random: Random,
): Weather {
  const count = days * 24 * STEPS_PER_HOUR
  const array = () => new Float64Array(count)
  const weather = {
    times: array(),
    outdoor: array(),
    global: array(),
    beam: array(),
    diffuse: array(),
    elevation: array(),
    azimuth: array(),
    wind: array(),
  }
  const perStep = (hours: number) => Math.exp(-1 / (hours * STEPS_PER_HOUR))
  let front = random.normal()
  let spell = random.normal()
  let gust = random.normal()
  const walk = (value: number, hours: number) => {
    const keep = perStep(hours)
    return keep * value + Math.sqrt(1 - keep * keep) * random.normal()
  }
  let sunWarmth = 0
  for (let step = 0; step < count; step++) {
    const time = start + step * STEP_MS
    front = walk(front, 70)
    spell = walk(spell, 20)
    gust = walk(gust, 9)
    const { elevation, azimuth } = sunPosition(time + STEP_MS / 2, place)
    const height = Math.max(0, Math.sin((elevation * Math.PI) / 180))
    const cloud = 1 / (1 + Math.exp(-1.6 * (spell + 0.25)))
    // Air mass attenuation after Meinel, 0.7^(m^0.678); the diffuse part grows with the clouds.
    const airMass = 1 / Math.max(0.05, height)
    const beam = height > 0.01 ? 1353 * 0.7 ** (airMass ** 0.678) * (1 - cloud) ** 1.2 : 0
    const diffuse = height * (70 + 230 * cloud * (1 - 0.45 * cloud))
    const global = beam * height + diffuse
    const yearAngle = (2 * Math.PI * (time - Date.UTC(2025, 0, 24))) / (365.25 * 86_400_000)
    const winter = 0.5 + 0.5 * Math.cos(yearAngle)
    sunWarmth += (global / 75 - sunWarmth) / (3 * STEPS_PER_HOUR)
    weather.times[step] = time
    weather.outdoor[step] =
      annualMean -
      2 -
      9.3 * Math.cos(yearAngle) +
      (2.6 + 2.2 * winter) * front +
      sunWarmth -
      3.2 * (1 - cloud) * (0.4 + winter)
    weather.global[step] = global
    weather.beam[step] = beam
    weather.diffuse[step] = diffuse
    weather.elevation[step] = elevation
    weather.azimuth[step] = azimuth
    weather.wind[step] = Math.max(0, 3.6 + 1.5 * gust + 1.1 * front * winter)
  }
  return weather
}
