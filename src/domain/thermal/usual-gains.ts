/**
 * Gains that come back every day: people at their hours, sun that windows to the east or to the west let in. They are the
 * mean that the disturbance of a model returns to. Without them it would be foreseen to fade away within hours.
 */
import { ridge } from '../numeric/least-squares.ts'
import { at } from '../numeric/matrix.ts'
import { GATE, type InputTable, inputTable, runFilter } from './filter.ts'
import type { FittedModel } from './fit.ts'
import type { LocalTime } from './local-time.ts'
import { discreteModel, INPUTS } from './network.ts'
import type { ThermalSeries } from './series.ts'

/** K by which the gains of an hour would lift the room in the end, as a sum of {@link features}. */
export interface UsualGains {
  readonly coefficients: readonly number[]
}

/** Oscillations a day; finer ones an indoor temperature does not show. */
const HARMONICS = 4
const WEEKEND_HARMONICS = 2
/** What is believed before any reading: how large a daily oscillation is (K), and the share of sun by direction. */
const SWING = 1.2
const SUN_SHARE = 0.4
/** Sensitivities are computed with gains so small (K) that no innovation comes near the gate. */
const PROBE = 1e-3

const COUNT = 2 * HARMONICS + 1 + 2 * WEEKEND_HARMONICS + 2

/** Of one step: oscillations of the day, those of weekends, sun before and after noon and towards noon. */
function features({ hour, weekend }: LocalTime, irradiance: number): Float64Array {
  const result = new Float64Array(COUNT)
  const angle = (2 * Math.PI * (hour + 0.5)) / 24
  let next = 0
  const put = (value: number) => {
    result[next] = value
    next += 1
  }
  for (let h = 1; h <= HARMONICS; h += 1) {
    put(Math.cos(h * angle) / h)
    put(Math.sin(h * angle) / h)
  }
  put(weekend ? 0.5 : -0.2)
  for (let h = 1; h <= WEEKEND_HARMONICS; h += 1) {
    put(weekend ? Math.cos(h * angle) / h : 0)
    put(weekend ? Math.sin(h * angle) / h : 0)
  }
  put(irradiance * Math.sin(angle - Math.PI))
  put(irradiance * Math.cos(angle - Math.PI))
  return result
}

/** K. @param irradiance kW/m² */
export function usualGainsAt(usual: UsualGains, time: LocalTime, irradiance: number): number {
  const values = features(time, irradiance)
  return usual.coefficients.reduce((sum, coefficient, index) => sum + coefficient * at(values, index), 0)
}

/** K at every step of a series. */
export function usualCourse(
  usual: UsualGains,
  series: Pick<ThermalSeries, 'length' | 'irradiance'>,
  clock: readonly LocalTime[],
): Float64Array {
  return Float64Array.from({ length: series.length }, (_, k) =>
    usualGainsAt(usual, clock[k] as LocalTime, at(series.irradiance, k)),
  )
}

/**
 * Learns the usual gains of a fitted model from its innovations, which are linear in them: generalised least squares, with
 * what is believed before as a pull.
 */
export function learnUsualGains(
  model: Pick<FittedModel, 'structure' | 'values' | 'reference'>,
  series: ThermalSeries,
  clock: readonly LocalTime[],
): UsualGains {
  const { structure, values, reference } = model
  const discrete = discreteModel(structure, values, series.stepHours)
  const inputs = inputTable(structure, series, reference)
  const base = runFilter(discrete, inputs, series, { innovations: true }).innovations as Float64Array
  const still = {
    length: series.length,
    indoor: series.indoor.map((value) => (Number.isNaN(value) ? value : 0)),
    outdoor: series.outdoor.map((value) => (Number.isNaN(value) ? value : 0)),
  }
  const table = Array.from({ length: series.length }, (_, k) =>
    features(clock[k] as LocalTime, at(series.irradiance, k)),
  )
  const columns = Array.from({ length: COUNT }, (_, j) => {
    const probed: InputTable = {
      values: new Float64Array(series.length * INPUTS),
      usable: inputs.usable,
      usual: Float64Array.from(table, (row) => PROBE * at(row, j)),
    }
    return runFilter(discrete, probed, still, { innovations: true }).innovations as Float64Array
  })
  const rows: Float64Array[] = []
  const targets: number[] = []
  base.forEach((innovation, k) => {
    if (Number.isNaN(innovation)) return
    rows.push(Float64Array.from(columns, (column) => -at(column, k) / PROBE))
    targets.push(Math.min(GATE, Math.max(-GATE, innovation)))
  })
  const sun = SUN_SHARE * values.aperture + 1e-6
  const pull = Array.from({ length: COUNT }, (_, j) => 1 / (j < COUNT - 2 ? SWING : sun) ** 2)
  return { coefficients: [...(ridge(rows, targets, pull) ?? new Float64Array(COUNT))] }
}
