/** Domestic hot water: which taps run in which minute of a day, the same every time it is asked. */
import { between, hash32, uniform } from './noise.ts'

export interface Household {
  readonly seed: number
  readonly people: number
}

const MINUTES_PER_DAY = 1440
/** Habits follow the winter clock all year (UTC + 1 h): the town knows no daylight saving. */
const CLOCK_OFFSET_MINUTES = 60

/**
 * Power of the taps in each minute of a UTC day, kW. Showers gather around 06–08 and 19–22, short draws in between;
 * about 1.7 kWh per shower and 6–8 kWh a day for three people.
 * @param day whole days since 1970-01-01.
 */
export function hotWaterDraws(household: Household, day: number): Float32Array {
  const power = new Float32Array(MINUTES_PER_DAY)
  const seed = hash32(household.seed, 501, day)
  for (let person = 0; person < household.people; person += 1) {
    const key = 10 + person
    if (uniform(seed, key) > 0.85) continue
    const evening = uniform(seed, key, 1) < 0.35
    const clock = evening ? between(19 * 60, 22 * 60, seed, key, 2) : between(6 * 60, 8 * 60, seed, key, 2)
    open(power, clock, Math.round(between(3, 8, seed, key, 3)), between(17, 24, seed, key, 4))
  }
  const shortDraws = 5 + Math.floor(uniform(seed, 90) * (3 + 2 * household.people))
  for (let index = 0; index < shortDraws; index += 1) {
    const key = 100 + index
    open(
      power,
      between(6 * 60, 23 * 60, seed, key),
      1 + Math.floor(uniform(seed, key, 1) * 2),
      between(6, 14, seed, key, 2),
    )
  }
  return power
}

/** Long-run mean of {@link hotWaterDraws}, kW; for spans that are skipped. */
export function meanHotWaterPower(household: Household): number {
  let sum = 0
  for (let day = 0; day < 14; day += 1) for (const power of hotWaterDraws(household, day)) sum += power
  return sum / (14 * MINUTES_PER_DAY)
}

function open(power: Float32Array, clockMinute: number, minutes: number, kilowatt: number): void {
  const start = Math.floor(clockMinute) - CLOCK_OFFSET_MINUTES
  for (let minute = start; minute < start + minutes; minute += 1) {
    power[minute] = (power[minute] ?? 0) + kilowatt
  }
}
