/**
 * The three-part law: a parallel shift of the baseline from weather, indoor temperature, and heat that comes for free
 * soon. It needs no building model.
 */
import type { DecisionInputs, ForecastPoint, RulesState, TenPoints } from './decision.ts'
import { supplyOn } from './ten-points.ts'

const HOUR_MS = 3_600_000
/** Farthest an effective temperature is believed to be from the air temperature, K. */
const WEATHER_LIMIT = 5
/** K of supply per K indoors at a tolerance of 1 K. */
const K_BASE = 1.25
/** Reset time of the integral, h: near the time constant of a house; the fast work is done by the weather shift. */
const RESET_HOURS = 24
/** Farthest the indoor part may shift the supply, K. */
const INDOOR_LIMIT = 8
/** A gap between decisions longer than this counts as this long, h. */
const LONGEST_STEP_HOURS = 1
/** Time constant taken when none has been measured, h. */
export const DEFAULT_TIME_CONSTANT_HOURS = 80
/** How long a house goes on cooling as before after the supply was lowered, h. */
const COOL_DOWN_LAG_HOURS = 1.5
const LEAST_WINDOW_HOURS = 2
const PREEMPTIVE_LIMIT = { known: -3, unknown: -1.5 } as const

/**
 * Supply shift for weather the air temperature does not show, K: the curve read at `outdoor` moved by the difference.
 * @param difference effective less air temperature, K
 */
export function weatherShift(curve: TenPoints, outdoor: number, difference: number): number {
  const believed = Math.min(WEATHER_LIMIT, Math.max(-WEATHER_LIMIT, difference))
  return roundTenth(supplyOn(curve, outdoor + believed) - supplyOn(curve, outdoor))
}

/** Proportional part, K of supply. @param error indoor less wanted temperature, K */
export function proportionalShift(error: number, tolerance: number): number {
  return (-K_BASE / tolerance) * error
}

/**
 * Proportional and integral part, K of supply, and what the integral is afterwards. Unlike the rule this continues, it
 * has no dead band with a decaying integral: that swung at the edge of the band for ever. The integral follows real
 * hours, not calls, and stops where the shift is at its limit (no wind-up).
 */
export function indoorShift(
  error: number,
  tolerance: number,
  state: RulesState,
  time: number,
): { shift: number; integralKh: number } {
  const hours =
    state.updatedAt === null ? 0 : Math.min(LONGEST_STEP_HOURS, Math.max(0, (time - state.updatedAt) / HOUR_MS))
  const gain = K_BASE / tolerance
  const farthest = (INDOOR_LIMIT * RESET_HOURS) / gain
  const unlimited = proportionalShift(error, tolerance) - (gain * state.integralKh) / RESET_HOURS
  const windsUp = Math.abs(unlimited) >= INDOOR_LIMIT && Math.sign(unlimited) === -Math.sign(error)
  const integral = windsUp ? state.integralKh : state.integralKh + error * hours
  const integralKh = Math.min(farthest, Math.max(-farthest, integral))
  const shift = proportionalShift(error, tolerance) - (gain * integralKh) / RESET_HOURS
  return { shift: Math.min(INDOOR_LIMIT, Math.max(-INDOOR_LIMIT, shift)), integralKh }
}

/** Hours until the next spell of at least two hours that is as warm as the room shall be; 0 inside one, null without. */
export function hoursToFreeHeat(points: readonly ForecastPoint[], time: number, target: number): number | null {
  for (let first = 0; first < points.length; first += 1) {
    if (!isWarm(first)) continue
    let last = first
    while (isWarm(last + 1)) last += 1
    const start = (points[first] as ForecastPoint).time
    const end = (points[last] as ForecastPoint).time + HOUR_MS
    if (end - start >= LEAST_WINDOW_HOURS * HOUR_MS && end > time) return Math.max(0, (start - time) / HOUR_MS)
    first = last
  }
  return null

  function isWarm(index: number): boolean {
    const point = points[index]
    return point !== undefined && point.effective >= target
  }
}

/**
 * Supply shift ahead of free heat, K, never above 0, rising in size as the spell comes nearer.
 * @param effective effective outdoor temperature now, °C
 * @param leadHours until the spell, see {@link hoursToFreeHeat}
 */
export function preemptiveShift(
  curve: TenPoints,
  conditions: { target: number; tolerance: number; effective: number; indoor: number; leadHours: number | null },
  timeConstantHours: number | null,
): { shift: number; needHours: number; progress: number } {
  const { target, tolerance, effective, indoor, leadHours } = conditions
  const difference = target - effective
  const none = { shift: 0, needHours: 0, progress: 0 }
  if (leadHours === null || difference <= 0 || indoor < target - 2 * tolerance) return none
  const needHours = ((timeConstantHours ?? DEFAULT_TIME_CONSTANT_HOURS) * tolerance) / difference + COOL_DOWN_LAG_HOURS
  if (leadHours <= 0 || leadHours > needHours) return { ...none, needHours }
  const progress = Math.min(1, Math.max(0, 1 - leadHours / needHours))
  const slope = Math.abs(supplyOn(curve, 0) - supplyOn(curve, 1))
  const limit = timeConstantHours === null ? PREEMPTIVE_LIMIT.unknown : PREEMPTIVE_LIMIT.known
  return { shift: roundTenth(Math.max(-tolerance * slope, limit) * progress), needHours, progress }
}

/**
 * What the indoor part answers to, K: all of what is too warm, but what is too cold only beyond `tolerated`. People do
 * not ask for heat while they are comfortable.
 */
export function roomError(difference: number, tolerated: number): number {
  return difference >= 0 ? difference : Math.min(0, difference + tolerated)
}

export interface RulesResult {
  /** Parallel shift of the baseline, K, with its three parts. */
  readonly shiftK: number
  readonly weather: number
  readonly indoor: number
  readonly preemptive: number
  readonly nextState: RulesState
}

/**
 * All three parts.
 * @param target the indoor temperature aimed at, °C, and how far below it nothing is done, K
 * @param timeConstantHours the house's slowest time constant where it is known
 */
export function applyRules(
  inputs: DecisionInputs,
  { target, tolerated }: { target: number; tolerated: number },
  timeConstantHours: number | null,
): RulesResult {
  const { baselineCurve, outdoor, indoor, tolerance, forecast, time, rulesState } = inputs
  const now = forecast === null ? null : effectiveNow(forecast.points, time)
  const weather = outdoor === null || now === null ? 0 : weatherShift(baselineCurve, outdoor, now.difference)
  if (indoor === null) {
    return { shiftK: weather, weather, indoor: 0, preemptive: 0, nextState: { ...rulesState, updatedAt: time } }
  }
  const room = indoorShift(roomError(indoor - target, tolerated), tolerance, rulesState, time)
  const preemptive =
    now === null || forecast === null
      ? 0
      : preemptiveShift(
          baselineCurve,
          {
            target,
            tolerance,
            effective: (outdoor ?? now.outdoor) + now.difference,
            indoor,
            leadHours: hoursToFreeHeat(forecast.points, time, target),
          },
          timeConstantHours,
        ).shift
  return {
    shiftK: weather + room.shift + preemptive,
    weather,
    indoor: room.shift,
    preemptive,
    nextState: { ...rulesState, integralKh: room.integralKh, updatedAt: time },
  }
}

/** The forecast's own difference between effective and air temperature at the present hour; null when it has none near. */
function effectiveNow(points: readonly ForecastPoint[], time: number): { difference: number; outdoor: number } | null {
  let nearest: ForecastPoint | null = null
  for (const point of points) {
    if (nearest === null || Math.abs(point.time - time) < Math.abs(nearest.time - time)) nearest = point
  }
  if (nearest === null || Math.abs(nearest.time - time) > 2 * HOUR_MS) return null
  return { difference: nearest.effective - nearest.outdoor, outdoor: nearest.outdoor }
}

function roundTenth(value: number): number {
  return Math.round(value * 10) / 10
}
