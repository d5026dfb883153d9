/** Whether a meter's energy can be split at all; if not, why, in a sentence for the operator. */

import { mean, median } from '../numeric/statistics.ts'
import { dayPatternDepth, PATTERNED } from './day-pattern.ts'
import { spikeSize } from './draw-off-signal.ts'
import type { HourGrid } from './hours.ts'
import type { Signature } from './signature.ts'

export type RefusalCode =
  | 'too_few_data'
  | 'too_many_holes'
  | 'no_heat'
  | 'coarse_meter'
  | 'no_hot_water'
  | 'other_heat_source'

export interface Refusal {
  readonly code: RefusalCode
  /** One sentence. */
  readonly reason: string
}

const DAYS_NEEDED = 14
const HOURS_OF_A_DAY = 20
const COVERAGE_NEEDED = 0.5
/** kW; less is no heat meter of a house. */
const LEAST_MEAN_KW = 0.02
/** A counting step of more than this many mean hours leaves no hour to look at. */
const COARSEST_STEP_HOURS = 2
/** kWh; a shower in a house is several times this, noise without any hot water less. */
const LEAST_SPIKE_KWH = 0.4
/** kW of mean load from which draw-offs of many people run into each other. */
export const MANY_PEOPLE_KW = 8
/** How far a cold day may lie off the line of the cold days, in the median, as a share of a day's energy. */
const LARGEST_SCATTER = 0.18
/** How many hours of the cold days may need less than this share of what is usual at their clock hour and weather. */
const PAUSED = 0.4
const MOST_PAUSES = 0.1
const COLD_DAYS_NEEDED = 10

export function refusalOf(
  grid: HourGrid,
  slowOutdoor: Float64Array,
  signature: Signature,
  step: number,
): Refusal | null {
  const energies = Array.from(grid.energy).filter((energy) => !Number.isNaN(energy))
  const days = daysOf(grid, slowOutdoor)
  if (days.length < DAYS_NEEDED) {
    return refuse('too_few_data', `Only ${days.length} days have enough meter hours; ${DAYS_NEEDED} are needed.`)
  }
  const coverage = energies.length / grid.count
  if (coverage < COVERAGE_NEEDED) {
    return refuse('too_many_holes', `Only ${Math.round(coverage * 100)} % of the meter hours are there.`)
  }
  const load = mean(energies)
  if (load < LEAST_MEAN_KW) return refuse('no_heat', 'The meter counted next to nothing.')
  if (step > COARSEST_STEP_HOURS * load) {
    return refuse('coarse_meter', `The meter counts in steps of ${step} kWh, too coarse to tell hours apart.`)
  }
  const line = coldLine(days, signature.balanceTemperature)
  if (line !== null && line.scatter > LARGEST_SCATTER) {
    const percent = Math.round(line.scatter * 100)
    return refuse(
      'other_heat_source',
      `On cold days the energy strays from the weather by ${percent} %: something else heats the house too.`,
    )
  }
  const pauses = line === null ? 0 : pausedShare(grid, slowOutdoor, line, step)
  if (pauses > MOST_PAUSES) {
    const percent = Math.round(pauses * 100)
    return refuse(
      'other_heat_source',
      `In ${percent} % of the cold hours heating rests without a pattern: something else heats the house too.`,
    )
  }
  if (load < MANY_PEOPLE_KW && spikeSize(grid, dayPatternDepth(grid) > PATTERNED) < LEAST_SPIKE_KWH) {
    return refuse(
      'no_hot_water',
      'No draw-offs of hot water show in the hours: it is probably not heated by this meter.',
    )
  }
  return null
}

function refuse(code: RefusalCode, reason: string): Refusal {
  return { code, reason }
}

interface Day {
  readonly outdoor: number
  readonly power: number
}

function daysOf(grid: HourGrid, slowOutdoor: Float64Array): Day[] {
  const days = new Map<number, { outdoor: number[]; energy: number[] }>()
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    if (Number.isNaN(energy)) continue
    const day = grid.day[index] as number
    const sums = days.get(day) ?? { outdoor: [], energy: [] }
    sums.energy.push(energy)
    sums.outdoor.push(slowOutdoor[index] as number)
    days.set(day, sums)
  }
  return [...days.values()]
    .filter(({ energy }) => energy.length >= HOURS_OF_A_DAY)
    .map(({ outdoor, energy }) => ({ outdoor: mean(outdoor), power: mean(energy) }))
}

/** Power of the cold days against outdoor temperature, kW. */
interface ColdLine {
  readonly below: number
  readonly slope: number
  readonly level: number
  /** Median distance of the days from it, as a share of their median power. */
  readonly scatter: number
}

/** By Theil and Sen, which a few odd days do not turn; null when there are too few days or their weather is unknown. */
function coldLine(days: readonly Day[], balanceTemperature: number): ColdLine | null {
  const below = balanceTemperature - 6
  const cold = days.filter(({ outdoor }) => outdoor < below)
  if (cold.length < COLD_DAYS_NEEDED) return null
  const slopes: number[] = []
  const stride = Math.max(1, Math.floor(cold.length / 60))
  for (let one = 0; one < cold.length; one += stride) {
    for (let other = one + 1; other < cold.length; other += stride) {
      const [a, b] = [cold[one] as Day, cold[other] as Day]
      if (Math.abs(a.outdoor - b.outdoor) > 1) slopes.push((a.power - b.power) / (a.outdoor - b.outdoor))
    }
  }
  const slope = slopes.length === 0 ? 0 : median(slopes)
  const levels = cold.map(({ outdoor, power }) => power - slope * outdoor)
  const level = median(levels)
  const distance = median(levels.map((value) => Math.abs(value - level)))
  return { below, slope, level, scatter: distance / Math.max(1e-9, median(cold.map(({ power }) => power))) }
}

/** Share of the cold hours with far less energy than is usual at their clock hour and weather: a fire is burning. */
function pausedShare(grid: HourGrid, slowOutdoor: Float64Array, line: ColdLine, step: number): number {
  const ratios = Array.from({ length: 24 }, (): number[] => [])
  for (let index = 0; index < grid.count; index++) {
    const outdoor = slowOutdoor[index] as number
    const energy = grid.energy[index] as number
    const expected = line.level + line.slope * outdoor
    // An hour of a few steps may be low by chance.
    if (!(outdoor < line.below) || Number.isNaN(energy) || !(expected > 3 * step)) continue
    ratios[grid.clockHour[index] as number]?.push(energy / expected)
  }
  let hours = 0
  let paused = 0
  for (const values of ratios) {
    const usual = median(values)
    // Hours that set-back empties anyway tell nothing.
    if (!(usual > 0.6)) continue
    hours += values.length
    paused += values.filter((value) => value < PAUSED * usual).length
  }
  return hours < 24 * COLD_DAYS_NEEDED * 0.3 ? 0 : paused / hours
}
