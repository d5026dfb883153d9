/** Savings of a house day by day: its readings, its trained model and the curves that stood in it, against its own curve. */
import { standardDeviation } from '../numeric/statistics.ts'
import type { ModelInUse } from '../thermal/house-path.ts'
import { type ThermalSample, type ThermalSeries, thermalSeries, timeAt } from '../thermal/series.ts'
import { dayLabel, hoursInDay } from '../time/day.ts'
import { appliedShift, type ControlStep } from './applied-shift.ts'
import { type Emission, type HeatingPaths, heatingPaths } from './counterfactual.ts'
import { type ParameterUncertainty, parameterPairs } from './parameter-sets.ts'
import type { SavingsDay } from './savings-day.ts'

/**
 * What no parameter tells: the network is not the house, emitters are not linear, the return follows the supply in its
 * own way. Standard error of a saving, share of it; `bench/savings` over simulated houses that are richer than any
 * model here set it, so that 90 % intervals hold the truth in a little more than 90 %.
 */
const STRUCTURAL_ERROR = 0.03
/** The same for a single day beside what all days share, where no meter has shown how days scatter. */
const DAILY_ERROR = 0.1
/** Fewer days on its own curve do not show how a house's days scatter. */
const LEAST_SCATTER_DAYS = 6
/** Days with less heat, mean over UA in K, say nothing about a scatter. */
const LEAST_HEAT_K = 2
/** A scatter outside this says more about a meter than about a model. */
const SCATTER_LIMITS = [0.05, 0.6] as const
/** Share of a day's steps that has to be known. */
const ENOUGH_OF_A_DAY = 0.85
/** A day after control counts as long as the room would have been this much warmer, K: the house is being heated up again. */
const STILL_COLDER_K = 0.05

export interface SavingsTask {
  /** Ascending in time, with the water temperature as heat; some days of lead before the first day wanted. */
  readonly samples: readonly ThermalSample[]
  readonly model: ModelInUse
  readonly modelVersion: string
  readonly uncertainty: ParameterUncertainty
  readonly emission: Emission
  /** Ascending in time. */
  readonly control: readonly ControlStep[]
  /** Metered space heating by date, kWh, and the standard error of its separation from hot water, share. */
  readonly metered: Readonly<Record<string, { readonly heatingKwh: number; readonly error: number }>>
  /** Heat loss coefficient, kW/K, for days without a meter, and its standard error, share; null when unknown. */
  readonly heatLoss: { readonly kwPerK: number; readonly error: number } | null
  /** Mean effective outdoor temperature by date, °C. */
  readonly effectiveTemperature: Readonly<Record<string, number>>
  /** Comfort band to either side of the setpoint, K, and the setpoint where readings have none, °C. */
  readonly tolerance: number
  readonly setpoint: number
  /** Dates wanted, ascending. */
  readonly dates: readonly string[]
}

/** Days on which the house was held, or was still being heated up again. Others, and those with too few readings, are left out. */
export function evaluateSavings(task: SavingsTask): SavingsDay[] {
  const { samples, model, emission, control, dates } = task
  if (samples.length < 2) return []
  const { series } = thermalSeries(samples, 'supply')
  const { shift, held } = appliedShift(control, series)
  const days = groupByDay(series)
  const paths = heatingPaths(model, series, shift, emission)
  const isCounted = (steps: readonly number[]) =>
    steps.some((k) => held[k] === 1) || Math.abs(paths.warmer[steps[0] ?? 0] ?? 0) >= STILL_COLDER_K
  const counted = dates.filter((date) => isCounted(days.get(date) ?? []))
  if (counted.length === 0) return []
  const errors = parameterErrors(task, series, shift, days)
  const scatter = scatterOf(task, days, paths, held) ?? DAILY_ERROR
  return counted.flatMap((date) => {
    const steps = days.get(date) ?? []
    const heat = heatOf(date, steps, series, paths)
    if (heat === null) return []
    const saved = heat.baselineKh - heat.usedKh
    const controlled = steps.filter((k) => held[k] === 1)
    return [
      {
        date,
        controlledHours: controlled.length * series.stepHours,
        meanShiftK: meanOf(controlled, shift) ?? 0,
        ...heat,
        commonErrorKh: Math.hypot(errors.get(date) ?? 0, STRUCTURAL_ERROR * saved),
        dailyErrorKh: scatter * Math.abs(saved),
        ...scaleOf(task, date, heat.usedKh),
        ...comfortOf(task, steps, series, paths),
        effectiveTemperature: task.effectiveTemperature[date] ?? meanOf(steps, series.outdoor) ?? 0,
        modelVersion: task.modelVersion,
      },
    ]
  })
}

function groupByDay(series: ThermalSeries): Map<string, number[]> {
  const days = new Map<string, number[]>()
  for (let k = 0; k < series.length; k += 1) {
    const date = dayLabel(timeAt(series, k))
    const steps = days.get(date)
    if (steps === undefined) days.set(date, [k])
    else steps.push(k)
  }
  return days
}

/** Null when too little of the day is known; what is missing is taken for as much as the rest. */
function heatOf(date: string, steps: readonly number[], series: ThermalSeries, { heat, baselineHeat }: HeatingPaths) {
  const hours = hoursInDay(date)
  const known = steps.filter((k) => !Number.isNaN(heat[k] as number))
  if (known.length * series.stepHours < ENOUGH_OF_A_DAY * hours) return null
  return { usedKh: hours * (meanOf(known, heat) ?? 0), baselineKh: hours * (meanOf(known, baselineHeat) ?? 0) }
}

/** Standard error of each day's saving by the parameters alone, K·h. */
function parameterErrors(
  { model, uncertainty, emission }: SavingsTask,
  series: ThermalSeries,
  shift: Float64Array,
  days: ReadonlyMap<string, readonly number[]>,
): Map<string, number> {
  const savedWith = (values: ModelInUse['values']) => {
    const paths = heatingPaths({ ...model, values }, series, shift, emission)
    return new Map(
      Array.from(days, ([date, steps]) => {
        const heat = heatOf(date, steps, series, paths)
        return [date, heat === null ? 0 : heat.baselineKh - heat.usedKh]
      }),
    )
  }
  const variances = new Map<string, number>()
  for (const [above, below] of parameterPairs(model.values, uncertainty)) {
    const [more, less] = [savedWith(above), savedWith(below)]
    for (const date of days.keys()) {
      const error = ((more.get(date) ?? 0) - (less.get(date) ?? 0)) / 2
      variances.set(date, (variances.get(date) ?? 0) + error * error)
    }
  }
  return new Map(Array.from(variances, ([date, variance]) => [date, Math.sqrt(variance)]))
}

/**
 * How the metered heat of days on the house's own curve scatters about the model's, share: the error a single day's
 * heat has. Null with too few such days.
 */
function scatterOf(
  { metered }: SavingsTask,
  days: ReadonlyMap<string, readonly number[]>,
  paths: HeatingPaths,
  held: Uint8Array,
): number | null {
  const ratios: number[] = []
  for (const [date, steps] of days) {
    const heatingKwh = metered[date]?.heatingKwh ?? 0
    const known = steps.filter((k) => !Number.isNaN(paths.heat[k] as number))
    const usedK = meanOf(known, paths.heat) ?? 0
    if (heatingKwh <= 0 || usedK < LEAST_HEAT_K || steps.some((k) => held[k] === 1)) continue
    ratios.push(Math.log(heatingKwh / usedK))
  }
  if (ratios.length < LEAST_SCATTER_DAYS) return null
  const [least, most] = SCATTER_LIMITS
  return Math.min(most, Math.max(least, standardDeviation(ratios)))
}

function scaleOf(
  { metered, heatLoss }: SavingsTask,
  date: string,
  usedKh: number,
): Pick<SavingsDay, 'usedKwh' | 'source' | 'scaleError'> {
  const day = metered[date]
  if (day !== undefined) return { usedKwh: day.heatingKwh, source: 'meter', scaleError: day.error }
  if (heatLoss === null) return { usedKwh: null, source: 'none', scaleError: 0 }
  return { usedKwh: heatLoss.kwPerK * usedKh, source: 'heat-loss', scaleError: heatLoss.error }
}

function comfortOf(
  { setpoint, tolerance }: SavingsTask,
  steps: readonly number[],
  series: ThermalSeries,
  { warmer }: HeatingPaths,
) {
  const known = steps.filter((k) => !Number.isNaN(series.indoor[k] as number))
  const hours = (steps.length * series.stepHours) / Math.max(1, known.length)
  const sum = (amount: (room: number, wanted: number) => number, added: (k: number) => number) =>
    known.reduce((total, k) => {
      const wanted = series.setpoint[k] as number
      return total + hours * amount((series.indoor[k] as number) + added(k), Number.isNaN(wanted) ? setpoint : wanted)
    }, 0)
  const cold = (room: number, wanted: number) => Math.max(0, wanted - tolerance - room)
  const warm = (room: number, wanted: number) => Math.max(0, room - wanted - tolerance)
  const asItWas = () => 0
  const onBaseline = (k: number) => warmer[k] as number
  const indoor = meanOf(known, series.indoor) ?? setpoint
  return {
    indoor,
    baselineIndoor: indoor + (meanOf(known, warmer) ?? 0),
    coldKh: sum(cold, asItWas),
    baselineColdKh: sum(cold, onBaseline),
    warmKh: sum(warm, asItWas),
    baselineWarmKh: sum(warm, onBaseline),
  }
}

function meanOf(steps: readonly number[], values: Float64Array): number | null {
  if (steps.length === 0) return null
  return steps.reduce((total, k) => total + (values[k] as number), 0) / steps.length
}
