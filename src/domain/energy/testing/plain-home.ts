/**
 * A home of a few lines whose truth is known, for tests: heating on a line with the cold, showers at seven and dishes at
 * six. The benchmark has better ones; these say what a test is about.
 */
import type { EnergyHour } from '../hours.ts'

const HOUR_MS = 3_600_000

export interface PlainHomeOptions {
  readonly from?: string
  readonly days?: number
  readonly kwPerK?: number
  /** kWh of a shower; 0 for a house whose hot water is electric. */
  readonly showerKwh?: number
  /** kW, all the time. */
  readonly circulationKw?: number
  /** Step of the meter's register, kWh; 0 for none. */
  readonly stepKwh?: number
  /** Mean outdoor temperature of the year, °C. */
  readonly meanOutdoor?: number
}

export interface PlainHome {
  readonly hours: EnergyHour[]
  readonly heatingKwh: number
  readonly dhwKwh: number
}

/** A fixed sequence of numbers in [0, 1): the same home every time. */
function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

export function plainHome({
  from = '2026-01-01T00:00:00Z',
  days = 60,
  kwPerK = 0.15,
  showerKwh = 2,
  circulationKw = 0,
  stepKwh = 0,
  meanOutdoor = 6.5,
}: PlainHomeOptions = {}): PlainHome {
  const next = sequence(17)
  const start = Date.parse(from)
  const hours: EnergyHour[] = []
  let register = 0
  let heatingKwh = 0
  let dhwKwh = 0
  let front = 0
  for (let hour = 0; hour < days * 24; hour++) {
    const time = start + hour * HOUR_MS
    const clock = (hour + 1) % 24
    front = 0.985 * front + 0.9 * (next() - 0.5)
    const year = Math.cos((2 * Math.PI * (time / 86_400_000 - 20_477)) / 365.25)
    const outdoor = meanOutdoor - 10 * year + 3 * front - Math.cos((2 * Math.PI * (clock - 3)) / 24)
    const heating = Math.max(0, kwPerK * (17 - outdoor)) * (0.97 + 0.06 * next())
    const showers = clock === 7 && next() < 0.8 ? 1 : clock === 21 && next() < 0.5 ? 1 : 0
    const dishes = (clock === 18 || clock === 12) && next() < 0.7 ? 0.25 : 0
    const dhw = (showers + dishes) * showerKwh * (0.7 + 0.6 * next()) + circulationKw
    const before = stepKwh === 0 ? 0 : Math.floor(register / stepKwh)
    register += heating + dhw
    const energyKwh = stepKwh === 0 ? heating + dhw : (Math.floor(register / stepKwh) - before) * stepKwh
    heatingKwh += heating
    dhwKwh += dhw
    hours.push({
      time,
      energyKwh,
      outdoorTemperature: outdoor,
      indoorTemperature: 21 + 0.1 * (next() - 0.5),
      globalIrradiance: 0,
      windSpeed: 3,
    })
  }
  return { hours, heatingKwh, dhwKwh }
}
