/**
 * Splits the hours of a district-heating meter into space heating and domestic hot water. The parts of an hour are never
 * negative and add up to it; every day says by what evidence it was split and how sure that is.
 */
import { SWEDISH_ZONE, timeToLabel } from '../time/day.ts'
import type { Coordinates } from '../weather/place.ts'
import { balancedHeating } from './balance.ts'
import { type Evidence, estimateDrawOffs } from './evidence.ts'
import { outdoorOf } from './heating-features.ts'
import { type EnergyHour, HOUR_MS, type HourGrid, hourGrid } from './hours.ts'
import { meterStep } from './resolution.ts'
import { type RefusalCode, refusalOf } from './separability.ts'
import { energySignature } from './signature.ts'

export const SEPARATION_VERSION = 'separation-1'

export type SeparationMethod = 'sub_meter' | 'live_power' | 'smoother' | 'signature' | 'total_only'
/** A measured, B estimated, C total only. */
export type Grade = 'A' | 'B' | 'C'

export interface SplitHour {
  /** Start, epoch milliseconds. */
  readonly time: number
  readonly energyKwh: number
  /** Null where the hour is not split. */
  readonly heatingKwh: number | null
  readonly dhwKwh: number | null
  /** 95 % interval. */
  readonly dhwLowKwh: number | null
  readonly dhwHighKwh: number | null
}

export interface SplitDay {
  /** Local date. */
  readonly date: string
  readonly totalKwh: number
  readonly heatingKwh: number | null
  readonly dhwKwh: number | null
  readonly dhwLowKwh: number | null
  readonly dhwHighKwh: number | null
  readonly method: SeparationMethod
  readonly grade: Grade
  readonly meterHours: number
  /** 23, 24 or 25; fewer on the first and last day of a series that does not hold them whole. */
  readonly hoursInDay: number
  readonly complete: boolean
}

export interface Separation {
  readonly separable: boolean
  /** One sentence when not separable. */
  readonly reason: string | null
  readonly reasonCode: RefusalCode | null
  /** Method of most days. */
  readonly method: SeparationMethod
  /** Hours with a meter value, ascending. */
  readonly hours: readonly SplitHour[]
  readonly days: readonly SplitDay[]
  readonly totalKwh: number
  readonly heatingKwh: number | null
  readonly dhwKwh: number | null
  /** Of the total, 0 to 1, with its 95 % interval. */
  readonly dhwShare: number | null
  readonly dhwShareLow: number | null
  readonly dhwShareHigh: number | null
  readonly quality: SeparationQuality
  readonly modelVersion: string
}

export interface SeparationQuality {
  /** Share of the hours between first and last that have a meter value. */
  readonly coverage: number
  /** Noise of an hour's heating about the fitted baseline, relative to mean heating. */
  readonly cvrmse: number | null
  /** Step the meter counts in, kWh; 0 when it shows none. */
  readonly meterStepKwh: number
  /** Days without heating, which show hot water alone. */
  readonly warmDays: number
  /** Outdoor temperature above which the house is not heated, °C. */
  readonly balanceTemperature: number
  /** Power that flows all the time and counts as hot water (circulation), kW; null when no warm days show it. */
  readonly baseKw: number | null
}

export interface SeparationOptions {
  /** Where the house stands, for the sun where no irradiance was measured. */
  readonly place?: Coordinates | null
  /** Zone of its days. */
  readonly zone?: string
}

/**
 * Splits a series; order of the hours does not matter.
 * @throws RangeError for hours off the full hour, twice, or spanning more than twenty years
 */
export function separateEnergy(input: readonly EnergyHour[], options: SeparationOptions = {}): Separation {
  const grid = hourGrid(input, options.place ?? null, options.zone ?? SWEDISH_ZONE)
  const energies = Array.from(grid.energy).filter((energy) => !Number.isNaN(energy))
  const step = meterStep(energies)
  const { slow } = outdoorOf(grid)
  const signature = energySignature(grid, slow, step)
  const subMetered = subMeteredShare(grid) > 0.9
  const refusal = subMetered ? null : refusalOf(grid, slow, signature, step)
  const evidence = refusal === null ? estimateDrawOffs(grid, signature, step) : null
  const hours = evidence === null ? wholeHours(grid) : splitHours(grid, evidence)
  const days = daysOf(grid, hours, evidence)
  const totalKwh = total(hours, (hour) => hour.energyKwh)
  const quality: SeparationQuality = {
    coverage: grid.count === 0 ? 0 : energies.length / grid.count,
    cvrmse: evidence?.cvrmse ?? null,
    meterStepKwh: step,
    warmDays: signature.warmDays,
    balanceTemperature: signature.balanceTemperature,
    baseKw: signature.baseKw,
  }
  const common = { hours, days, totalKwh, quality, modelVersion: SEPARATION_VERSION }
  if (evidence === null) {
    return {
      separable: false,
      reason: refusal?.reason ?? null,
      reasonCode: refusal?.code ?? null,
      method: 'total_only',
      ...common,
      heatingKwh: null,
      dhwKwh: null,
      dhwShare: null,
      dhwShareLow: null,
      dhwShareHigh: null,
    }
  }
  const dhwKwh = total(hours, (hour) => hour.dhwKwh ?? 0)
  const { low, high } = intervalOf(dhwKwh, evidence, grid, 0, grid.count, totalKwh)
  const share = (kwh: number) => (totalKwh > 0 ? kwh / totalKwh : 0)
  return {
    separable: true,
    reason: null,
    reasonCode: null,
    method: commonest(days.map((day) => day.method)),
    ...common,
    heatingKwh: totalKwh - dhwKwh,
    dhwKwh,
    dhwShare: share(dhwKwh),
    dhwShareLow: share(low),
    dhwShareHigh: share(high),
  }
}

function subMeteredShare(grid: HourGrid): number {
  let known = 0
  let metered = 0
  for (let index = 0; index < grid.count; index++) {
    if (Number.isNaN(grid.energy[index])) continue
    known += 1
    if (!Number.isNaN(grid.dhwMeter[index])) metered += 1
  }
  return known === 0 ? 0 : metered / known
}

function wholeHours(grid: HourGrid): SplitHour[] {
  return knownHours(grid).map((index) => ({
    time: grid.start + index * HOUR_MS,
    energyKwh: grid.energy[index] as number,
    heatingKwh: null,
    dhwKwh: null,
    dhwLowKwh: null,
    dhwHighKwh: null,
  }))
}

/** Day by day, so that a day's heating is what was estimated for it although no hour may give more than it has. */
function splitHours(grid: HourGrid, evidence: Evidence): SplitHour[] {
  const hours: SplitHour[] = []
  for (const indices of byDay(grid)) {
    const energy = indices.map((index) => grid.energy[index] as number)
    const expected = indices.map((index) => evidence.heating[index] as number)
    const target = indices.reduce(
      (sum, index) => sum + (grid.energy[index] as number) - (evidence.dhw[index] as number),
      0,
    )
    const heating = balancedHeating(energy, expected, target)
    indices.forEach((index, position) => {
      const energyKwh = energy[position] as number
      const dhwKwh = energyKwh - (heating[position] as number)
      // The second difference makes the parts add up to the last bit (Sterbenz: one of the two is exact).
      const heatingKwh = energyKwh - dhwKwh
      const reach = 1.96 * Math.hypot(evidence.deviation[index] as number, evidence.relativeError * dhwKwh)
      hours.push({
        time: grid.start + index * HOUR_MS,
        energyKwh,
        heatingKwh,
        dhwKwh,
        dhwLowKwh: Math.max(0, dhwKwh - reach),
        dhwHighKwh: Math.min(energyKwh, dhwKwh + reach),
      })
    })
  }
  return hours
}

function daysOf(grid: HourGrid, hours: readonly SplitHour[], evidence: Evidence | null): SplitDay[] {
  const byTime = new Map(hours.map((hour) => [hour.time, hour]))
  const length = new Map<number, number>()
  for (const day of grid.day) length.set(day, (length.get(day) ?? 0) + 1)
  return byDay(grid).map((indices) => {
    const first = indices[0] as number
    const day = grid.day[first] as number
    const parts = indices.flatMap((index) => byTime.get(grid.start + index * HOUR_MS) ?? [])
    const totalKwh = total(parts, (hour) => hour.energyKwh)
    const method = evidence === null ? 'total_only' : commonest(indices.map((index) => evidence.methodAt(index)))
    const hoursInDay = length.get(day) ?? 0
    const shared = {
      date: timeToLabel(grid.dayTimes[day] as number),
      totalKwh,
      method,
      meterHours: parts.length,
      hoursInDay,
      complete: parts.length === hoursInDay,
    }
    if (evidence === null) {
      return { ...shared, heatingKwh: null, dhwKwh: null, dhwLowKwh: null, dhwHighKwh: null, grade: 'C' }
    }
    const dhwKwh = total(parts, (hour) => hour.dhwKwh ?? 0)
    const { low, high } = intervalOf(dhwKwh, evidence, grid, first, (indices.at(-1) as number) + 1, totalKwh)
    return {
      ...shared,
      heatingKwh: totalKwh - dhwKwh,
      dhwKwh,
      dhwLowKwh: low,
      dhwHighKwh: high,
      grade: method === 'sub_meter' ? 'A' : 'B',
    }
  })
}

/** 95 % interval of the hot water of hours `from` to `to`: their own errors are independent, the method's are common. */
function intervalOf(
  dhwKwh: number,
  evidence: Evidence,
  grid: HourGrid,
  from: number,
  to: number,
  totalKwh: number,
): { low: number; high: number } {
  let variance = 0
  let heating = 0
  let known = 0
  for (let index = from; index < to; index++) {
    if (Number.isNaN(grid.energy[index])) continue
    variance += (evidence.deviation[index] as number) ** 2
    heating += evidence.heating[index] as number
    known += 1
  }
  const common = Math.hypot(evidence.relativeError * dhwKwh, evidence.baselineError * heating)
  const reach = 1.96 * Math.hypot(Math.sqrt(variance), common)
  return {
    low: Math.max(0, dhwKwh - reach),
    high: Math.min(totalKwh, dhwKwh + reach + evidence.hiddenBaseKw * known),
  }
}

function knownHours(grid: HourGrid): number[] {
  const indices: number[] = []
  for (let index = 0; index < grid.count; index++) if (!Number.isNaN(grid.energy[index])) indices.push(index)
  return indices
}

function byDay(grid: HourGrid): number[][] {
  const days: number[][] = []
  let last = -1
  for (const index of knownHours(grid)) {
    const day = grid.day[index] as number
    if (day === last) days.at(-1)?.push(index)
    else days.push([index])
    last = day
  }
  return days
}

function commonest<T>(values: readonly T[]): T {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let best = values[0] as T
  for (const [value, count] of counts) if (count > (counts.get(best) ?? 0)) best = value
  return best
}

function total(hours: readonly SplitHour[], read: (hour: SplitHour) => number): number {
  return hours.reduce((sum, hour) => sum + read(hour), 0)
}
