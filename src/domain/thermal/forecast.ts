/** The indoor temperature of the next two days by the building model, the heating left to its own rule or planned. */
import { at } from '../numeric/matrix.ts'
import { type Reference, shareOfNext } from './filter.ts'
import { type HeatRule, roomSignal, ruleHeat, smoothOn } from './heat-rule.ts'
import type { LocalTime } from './local-time.ts'
import { type DiscreteModel, INPUTS } from './network.ts'
import type { ModelStructure } from './structure.ts'
import { type UsualGains, usualGainsAt } from './usual-gains.ts'

/** Lead times that are forecast and scored, h. */
export const LEAD_HOURS: readonly number[] = [...Array.from({ length: 24 }, (_, index) => index + 1), 30, 36, 42, 48]
export const HORIZON_HOURS = 48

/** Conditions of the steps to come; index 0 is the moment of issue, the last the end of the horizon. */
export interface ComingConditions {
  /** °C. */
  readonly outdoor: Float64Array
  /** kW/m². */
  readonly irradiance: Float64Array
  /** m/s. */
  readonly wind: Float64Array
  /** Setpoints expected, °C; NaN where unknown. */
  readonly setpoint: Float64Array
  readonly clock: readonly LocalTime[]
}

export interface HeatNow {
  /** Heat of the step of issue (kW, or °C of the water); NaN when unknown. */
  readonly heat: number
  /** Departure from the rule lately. */
  readonly departure: number
  /** Smoothed outdoor temperature, °C. */
  readonly smoothed: number
}

export interface ForeseeingModel {
  readonly structure: ModelStructure
  readonly discrete: DiscreteModel
  readonly reference: Reference
  /** Gains that come back every day; null when they are not known. */
  readonly usual: UsualGains | null
}

/**
 * Steps the model on from a state; element k of the result is the indoor temperature k steps after the issue. Ends early
 * (shorter result) where the weather is no longer known.
 * @param heat the rule by which heat is foreseen, or the planned heat of each step from the issue on
 */
export function foreseeIndoor(
  model: ForeseeingModel,
  mean: Float64Array,
  coming: ComingConditions,
  heat: { rule: HeatRule | null; now: HeatNow } | { planned: Float64Array },
  stepHours: number,
): Float64Array {
  const { discrete, reference, structure, usual } = model
  const share = shareOfNext(structure)
  const between = (now: number, then: number) => (1 - share) * now + share * then
  const n = discrete.states
  const steps = coming.outdoor.length
  const result = new Float64Array(steps)
  let state = Float64Array.from(mean)
  let next = new Float64Array(n)
  result[0] = at(state, 0)
  let smoothed = 'planned' in heat ? Number.NaN : heat.now.smoothed
  let given = heatAt(0)
  for (let k = 0; k + 1 < steps; k += 1) {
    smoothed = smoothOn(smoothed, at(coming.outdoor, k + 1), stepHours)
    const following = heatAt(k + 1)
    const outdoor = between(at(coming.outdoor, k), at(coming.outdoor, k + 1))
    const irradiance = between(at(coming.irradiance, k), at(coming.irradiance, k + 1))
    const wind = between(at(coming.wind, k), at(coming.wind, k + 1))
    const windLoss = (wind - reference.wind) * (reference.indoor - outdoor)
    const power = between(given, following)
    if (Number.isNaN(outdoor + power)) return result.subarray(0, k + 1)
    for (let i = 0; i < n; i += 1) {
      const row = i * INPUTS
      let value =
        at(discrete.input, row) * outdoor +
        at(discrete.input, row + 1) * power +
        at(discrete.input, row + 2) * irradiance +
        at(discrete.input, row + 3)
      if (!Number.isNaN(windLoss)) value += at(discrete.input, row + 4) * windLoss
      for (let j = 0; j < n; j += 1) value += at(discrete.transition, i * n + j) * at(state, j)
      next[i] = value
    }
    if (usual !== null) {
      const before = usualGainsAt(usual, coming.clock[k] as LocalTime, at(coming.irradiance, k))
      const after = usualGainsAt(usual, coming.clock[k + 1] as LocalTime, at(coming.irradiance, k + 1))
      next[n - 1] = at(next, n - 1) + after - at(discrete.transition, n * n - 1) * before
    }
    ;[state, next] = [next, state]
    result[k + 1] = at(state, 0)
    given = following
  }
  return result

  function heatAt(step: number): number {
    if ('planned' in heat) return at(heat.planned, step)
    const { rule, now } = heat
    if (rule === null) return 0
    if (step === 0 && !Number.isNaN(now.heat)) return now.heat
    const indoor = at(state, 0)
    const room = roomSignal(rule.usesSetpoint, indoor, at(coming.setpoint, step))
    const conditions = { outdoor: at(coming.outdoor, step), smoothed, irradiance: at(coming.irradiance, step), room }
    const departure = now.departure * Math.exp((-step * stepHours) / rule.persistenceHours)
    const wanted = ruleHeat(rule, conditions, coming.clock[step] as LocalTime) + departure
    const bounded = Math.min(rule.high, Math.max(rule.low, wanted))
    return structure.heat === 'supply' ? Math.max(indoor, bounded) : bounded
  }
}
