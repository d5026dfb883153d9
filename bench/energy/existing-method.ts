/**
 * The method BVPro's predecessor used, for comparison: a day's energy over its degree-hours gives a k per day, the 15 %
 * percentile of these is "the" k, and what k does not explain is hot water, cut at 0. Its effective temperature takes
 * 4 octas of cloud always, 15 K of sun, 0.56 K/√(m/s) of wind, and humidity at 60 %.
 */
import { sunPosition } from '../../src/domain/weather/sun.ts'
import type { HomeHours } from './simulate.ts'

const DAY_MS = 86_400_000
const PERCENTILE = 15
const COVERAGE = 0.8
const WINDOW_DAYS = 30
const FALLBACK_INDOOR = 21

export interface ExistingResult {
  /** Hot water over heating and hot water as that method gives them. */
  readonly dhwShare: number
  /** Median of the k of its windows, kW/K. */
  readonly kwPerK: number
}

/** Window after window of 30 days, as it ran every day; null when no window has a day to use. */
export function existingMethod(hours: HomeHours): ExistingResult | null {
  const days = daysOf(hours)
  let heating = 0
  let dhw = 0
  const found: number[] = []
  for (let start = 0; start < days.length; start += WINDOW_DAYS) {
    const window = days.slice(start, start + WINDOW_DAYS)
    const implied = window
      .filter((day) => day.degreeHours > 0 && day.coverage >= COVERAGE)
      .map((day) => day.energy / day.degreeHours)
      .sort((one, other) => one - other)
    const k = implied[Math.min(implied.length - 1, Math.floor((implied.length * PERCENTILE) / 100))]
    if (k === undefined) continue
    found.push(k)
    for (const day of window) {
      if (day.coverage < COVERAGE) continue
      heating += k * day.degreeHours
      dhw += Math.max(0, day.energy - k * day.degreeHours)
    }
  }
  if (found.length === 0) return null
  found.sort((one, other) => one - other)
  return { dhwShare: dhw / (heating + dhw), kwPerK: found[Math.floor(found.length / 2)] as number }
}

interface Day {
  energy: number
  degreeHours: number
  coverage: number
}

function daysOf(hours: HomeHours): Day[] {
  const days = new Map<number, { energy: number; differences: number[]; samples: number }>()
  hours.times.forEach((time, index) => {
    // Its days are Swedish; without the two changes of the clock an hour's shift is the whole difference.
    const label = Math.floor((time + 3_600_000) / DAY_MS)
    const day = days.get(label) ?? { energy: 0, differences: [], samples: 0 }
    day.energy += hours.energyKwh[index] ?? 0
    day.samples += 1
    const outdoor = hours.outdoorTemperature[index] ?? null
    const indoor = hours.indoorTemperature[index] ?? FALLBACK_INDOOR
    if (outdoor !== null) {
      const { elevation } = sunPosition(time, hours.home.place)
      const sun = elevation > 0 ? 15 * Math.sin((elevation * Math.PI) / 180) * (1 - (0.9 * 4) / 8) : 0
      const wind = 0.56 * Math.sqrt(hours.windSpeed[index] ?? 3)
      day.differences.push(indoor - (outdoor - wind - 0.1 + sun))
    }
    days.set(label, day)
  })
  return [...days.values()].map(({ energy, differences, samples }) => ({
    energy,
    degreeHours: differences.reduce((sum, value) => sum + value, 0),
    coverage: samples / 24,
  }))
}
