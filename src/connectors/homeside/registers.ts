/**
 * Which register holds what in this very house, found by exact name in a full list of variables. Register 70 is point 7
 * of the curve in one house and part of the outdoor axis in the next, so no number is ever assumed.
 */
import {
  CURVE_POINTS,
  type CurvePoint,
  type CurvePoints,
  isCompleteCurve,
  OUTDOOR_AXIS,
} from '../../domain/heating/curve.ts'
import { CONTROL_VARIABLES, type CurveSeries, curveVariable } from '../../domain/heating/variables.ts'
import { flagOf, numberOf, type VariableIndex } from './variables.ts'

/** Register numbers n of `Cwl.Advise.A[n]`; a point or variable without one is absent or null. */
export interface RegisterLayout {
  readonly x: CurvePoints
  readonly y: CurvePoints
  readonly yref: CurvePoints
  readonly adaption: number | null
  readonly setPoint: number | null
  /** What was found in full. Control needs all of `y`, `yref`, `adaption` and `setPoint`. */
  readonly complete: {
    readonly x: boolean
    readonly y: boolean
    readonly yref: boolean
    readonly adaption: boolean
    readonly setPoint: boolean
  }
  /** The axis as read against its constants: `unknown` while a value is missing, `mismatch` forbids every write. */
  readonly axis: 'verified' | 'unknown' | 'mismatch'
  /** Names found at several registers, and registers found under several names; none of them is usable. */
  readonly conflicts: readonly string[]
}

/** The curve as read, °C per point. */
export interface ReadCurve {
  readonly x: CurvePoints
  /** In force, after the controller's own adaptation. */
  readonly y: CurvePoints
  /** As chosen by installer or resident. */
  readonly yref: CurvePoints
}

/**
 * The other values around control; null when not delivered. Temperatures °C; the units of the two times are not
 * established.
 */
export interface ControlValues {
  readonly adaption: boolean | null
  readonly adaptTime: number | null
  readonly adaptDelay: number | null
  /** Room target. */
  readonly setPoint: number | null
  readonly lowLimit: number | null
  readonly highLimit: number | null
  readonly maxNegativeDeviation: number | null
  readonly maxPositiveDeviation: number | null
  /** Curve result at present. */
  readonly curveOutput: number | null
  /** Supply temperature the controller aims at: moves when a written curve takes effect. */
  readonly supplySetpoint: number | null
}

const AXIS_TOLERANCE = 0.05

/** Registers are found by name and path, whether or not the variable has a value yet. */
export function discoverRegisters(index: VariableIndex): RegisterLayout {
  const names = [
    ...CURVE_POINTS.flatMap((point) => (['x', 'y', 'yref'] as const).map((series) => curveVariable(series, point))),
    CONTROL_VARIABLES.adaption,
    CONTROL_VARIABLES.setPoint,
  ]
  const claims = new Map<number, string[]>()
  for (const name of names) {
    const register = registerOf(index.get(name)?.path)
    if (register !== null) claims.set(register, [...(claims.get(register) ?? []), name])
  }
  const shared = [...claims].filter(([, claimants]) => claimants.length > 1)
  const contested = new Set(shared.flatMap(([, claimants]) => claimants))
  const find = (name: string) => (contested.has(name) ? null : registerOf(index.get(name)?.path))
  const series = (kind: CurveSeries) => perPoint((point) => find(curveVariable(kind, point)))

  const [x, y, yref] = [series('x'), series('y'), series('yref')]
  const adaption = find(CONTROL_VARIABLES.adaption)
  const setPoint = find(CONTROL_VARIABLES.setPoint)
  return {
    x,
    y,
    yref,
    adaption,
    setPoint,
    complete: {
      x: isCompleteCurve(x),
      y: isCompleteCurve(y),
      yref: isCompleteCurve(yref),
      adaption: adaption !== null,
      setPoint: setPoint !== null,
    },
    axis: checkAxis(readSeries(index, 'x')),
    conflicts: [
      ...names.filter((name) => index.isAmbiguous(name)).map((name) => `${name} is found at several registers`),
      ...shared.map(([register, claimants]) => `register ${register} is claimed by ${claimants.join(' and ')}`),
    ],
  }
}

/** The curve as read; null when not one point of `y` and `yref` has a value. */
export function readCurve(index: VariableIndex): ReadCurve | null {
  const [x, y, yref] = [readSeries(index, 'x'), readSeries(index, 'y'), readSeries(index, 'yref')]
  return Object.keys(y).length + Object.keys(yref).length === 0 ? null : { x, y, yref }
}

/**
 * The control values as read, units of {@link ControlValues}; null for those the house has not or has not delivered.
 */
export function readControlValues(index: VariableIndex): ControlValues {
  const number = (name: keyof typeof CONTROL_VARIABLES) => numberOf(index.get(CONTROL_VARIABLES[name])?.value)
  return {
    adaption: flagOf(index.get(CONTROL_VARIABLES.adaption)?.value),
    adaptTime: number('adaptTime'),
    adaptDelay: number('adaptDelay'),
    setPoint: number('setPoint'),
    lowLimit: number('lowLimit'),
    highLimit: number('highLimit'),
    maxNegativeDeviation: number('maxNegativeDeviation'),
    maxPositiveDeviation: number('maxPositiveDeviation'),
    curveOutput: number('curveOutput'),
    supplySetpoint: number('supplySetpoint'),
  }
}

/** n of `Cwl.Advise.A[n]`, whole text; null for every other form of address. */
function registerOf(path: string | null | undefined): number | null {
  const digits = /^Cwl\.Advise\.A\[(\d{1,6})\]$/.exec(path ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}

function readSeries(index: VariableIndex, series: CurveSeries): CurvePoints {
  return perPoint((point) => numberOf(index.get(curveVariable(series, point))?.value))
}

function perPoint(read: (point: CurvePoint) => number | null): CurvePoints {
  const result: Partial<Record<CurvePoint, number>> = {}
  for (const point of CURVE_POINTS) {
    const value = read(point)
    if (value !== null) result[point] = value
  }
  return result
}

function checkAxis(x: CurvePoints): RegisterLayout['axis'] {
  const read = CURVE_POINTS.filter((point) => x[point] !== undefined)
  const wrong = read.some((point) => Math.abs((x[point] ?? Number.NaN) - OUTDOOR_AXIS[point]) > AXIS_TOLERANCE)
  if (wrong) return 'mismatch'
  return read.length === CURVE_POINTS.length ? 'verified' : 'unknown'
}
