/** One control decision: from inputs to the curve that shall stand, with its reason and what else was looked at. */
import { mean } from '../numeric/statistics.ts'
import { baselineDayDecision } from '../savings/trial-decision.ts'
import { timeConstants } from '../thermal/network.ts'
import { suppliesOf, survivableCut, survivesAbandonment, survivingCurve } from './abandonment.ts'
import { type HourlyBuilding, hourlyBuilding, pathOf } from './building-path.ts'
import { type ComingHours, comingHours, PLANNED_HOURS, varies } from './conditions.ts'
import { isWorthWriting, LARGEST_CHANGE, LEAST_CHANGE, limitCurve, mustBeWarm } from './curve-limits.ts'
import {
  type Alternative,
  comfortBand,
  type Decision,
  type DecisionInputs,
  type Degradation,
  type HeldBack,
  type RulesState,
  type TenPoints,
} from './decision.ts'
import { type Plan, planSupply } from './plan.ts'
import { explain } from './reasons.ts'
import { applyRules } from './rules.ts'
import { distanceBetween, fitToPlan, shifted, supplyOn, warmerOf } from './ten-points.ts'

const HOUR_MS = 3_600_000
/** A model that foretells a day worse than this, K, or worse than "it stays as it is", is not trusted. */
export const WORST_RMSE_24H = 0.5
/** One that is not trusted may still plan with care up to this error, K: each decision starts from what was measured. */
const WORST_CAREFUL_RMSE_24H = 1.2
/** Share of the way from the edge of the band to its middle that careful plans stay away from the edge at least. */
const CAREFUL_SHARE = 0.35
/** The same where the day ahead is foretold well enough, but no better than by "it stays as it is". */
const WARY_SHARE = 0.2
/** The same for six hours ahead over the last day: the house does not do what its model says. */
export const WORST_RECENT_RMSE_6H = 0.6
/**
 * Distance the plan keeps from the edges, in standard errors of the forecast. What it then still misses is soon seen and
 * corrected, and `caution` widens the margin where that was not enough. A plan that follows a price goes to the edges more
 * often, and leaves them farther.
 */
const USUAL_ERRORS = { steady: 0.5, varying: 0.8 } as const
/** Later errors are corrected by later decisions before they arrive, h. */
const CORRECTED_AFTER_HOURS = 5
/** Distance from the edges for what the sensor itself does not know, K. */
const LEAST_MARGIN = 0.05
/** Added to the margin for each K·h spent below the band, K, and how long that is remembered, h. */
const CAUTION_PER_KH = 0.4
const CAUTION_HOURS = 72
const MOST_CAUTION = 0.5
/** Without a usable model the mean is lowered by this share of the way to the low edge. */
const SHARE_WITHOUT_MODEL = 0.4
/** In `rules`, how far below the setpoint nothing is done, share of the tolerance. */
const TOLERATED_SHARE = 0.4
/** A difference of supply smaller than this is rounding, K. */
const NOTICEABLE = 0.1
/**
 * What a plan changes by less than this is left as it stands, K of supply: it would move the room by some hundredths
 * before the next decision. Soon after a write only a plan that is much different counts, unless the price made it so.
 */
const LEAST_PLANNED_CHANGE = 1
const SOON_HOURS = 3
const LEAST_CHANGE_SOON = 2.5
/** Hours within which a curve that is not written now would act; then the next decision comes long before. */
const ACTING_HOURS = 3
/** Between decisions, as far as it says how fast a curve can be moved. */
const SHORTEST_INTERVAL_HOURS = 0.25
const LONGEST_INTERVAL_HOURS = 1
/** How the hours of a plan count when the curve is fitted to it. */
const FIT_HOURS = 10
const FIT_FADING_HOURS = 4

/** Pure: equal inputs give an equal decision. In `shadow` it says what would be done; the caller writes nothing. */
export function decide(inputs: DecisionInputs): Decision {
  if (inputs.trialDay === 'baseline') return baselineDayDecision(inputs)
  const hours = comingHours(inputs)
  const forced = mustBeWarm(inputs) ?? (hours === null ? 'no-forecast' : null)
  const state = remembered(inputs)
  if (forced === 'no-indoor' || forced === 'no-forecast' || hours === null) {
    return settle(inputs, inputs.baselineCurve, null, {
      by: 'baseline',
      degraded: forced ?? 'no-forecast',
      state,
      building: null,
      hours,
    })
  }
  const building = inputs.mode === 'rules' ? null : usableBuilding(inputs)
  if (building === null) {
    const steered = { ...inputs, rulesState: state }
    const rules = applyRules(steered, rulesTarget(inputs, state.caution), timeConstantOf(inputs))
    const wished = shifted(inputs.baselineCurve, rules.shiftK)
    const degraded: Degradation = forced ?? (inputs.mode === 'rules' ? 'none' : 'poor-model')
    return settle(inputs, wished, null, { by: 'rules', degraded, state: rules.nextState, building, hours })
  }
  const plan = planFrom(inputs, building, hours, state)
  const planned = plan.supply.slice(0, FIT_HOURS).map((supply, hour) => ({
    outdoor:
      hour === 0 && inputs.outdoor !== null
        ? inputs.outdoor
        : ((hours.outdoor[hour] as number) + (hours.outdoor[hour + 1] as number)) / 2,
    supply,
    weight: Math.exp(-hour / FIT_FADING_HOURS),
  }))
  return settle(inputs, fitToPlan(inputs.baselineCurve, planned), plan, {
    by: 'plan',
    degraded: forced ?? (mayPlan(building.model) ? 'none' : 'poor-model'),
    state,
    building,
    hours,
  })
}

/** Null when there is no model, or none to plan by even with care. */
function usableBuilding({ model }: DecisionInputs): HourlyBuilding | null {
  if (model === null || model.rmse24h === null || model.rmse24h > WORST_CAREFUL_RMSE_24H) return null
  if (model.recentRmse6h !== null && model.recentRmse6h > WORST_RECENT_RMSE_6H) return null
  return hourlyBuilding(model)
}

/** The model that may say how a house fares when it is left alone: one that plans with care only may not. */
export function vouchingBuilding(building: HourlyBuilding | null): HourlyBuilding | null {
  return building === null || !mayPlan(building.model) ? null : building
}

/** Whether the scores of a model allow to plan by it without particular care. */
export function mayPlan(model: {
  readonly rmse24h: number | null
  readonly persistence24h: number | null
  readonly recentRmse6h: number | null
}): boolean {
  const { rmse24h, persistence24h, recentRmse6h } = model
  if (rmse24h === null || rmse24h > WORST_RMSE_24H) return false
  if (persistence24h !== null && rmse24h >= persistence24h) return false
  return recentRmse6h === null || recentRmse6h <= WORST_RECENT_RMSE_6H
}

/** In `rules` the setpoint; where planning was asked for but cannot be done, a little below it. */
function rulesTarget(inputs: DecisionInputs, caution: number): { target: number; tolerated: number } {
  if (inputs.mode === 'rules') return { target: inputs.setpoint, tolerated: TOLERATED_SHARE * inputs.tolerance }
  const lowered = SHARE_WITHOUT_MODEL * Math.max(0, inputs.setpoint - comfortBand(inputs).low)
  return { target: inputs.setpoint - Math.max(0, lowered - 2 * caution), tolerated: 0 }
}

function timeConstantOf({ model }: DecisionInputs): number | null {
  return model === null ? null : (timeConstants(model.structure, model.values).at(-1) ?? null)
}

function planFrom(inputs: DecisionInputs, building: HourlyBuilding, hours: ComingHours, state: RulesState): Plan {
  const { low, high } = comfortBand(inputs)
  const { errorByLead, recentRmse6h } = building.model
  const middle = (low + high) / 2
  const poor = (building.model.rmse24h ?? 0) > WORST_RMSE_24H
  const distance = mayPlan(building.model) ? 0 : poor ? CAREFUL_SHARE : WARY_SHARE
  const errors = varies(hours) ? USUAL_ERRORS.varying : USUAL_ERRORS.steady
  const margin = (hour: number) => {
    const lead = Math.min(hour + 1, CORRECTED_AFTER_HOURS, errorByLead.length)
    // A house that has left its model lately is foretold no better than that.
    const lately = ((recentRmse6h ?? 0) * lead) / 6
    const usual = LEAST_MARGIN + state.caution + errors * Math.max(errorByLead[lead - 1] ?? 0, lately)
    return Math.max(usual, distance * (middle - low))
  }
  const aims = {
    low: Array.from({ length: PLANNED_HOURS }, (_, hour) => Math.min(middle, low + margin(hour))),
    high: Array.from({ length: PLANNED_HOURS }, (_, hour) => Math.max(middle, high - margin(hour))),
  }
  const outdoor = inputs.outdoor ?? (hours.outdoor[0] as number)
  const presentSupply = supplyOn(inputs.presentCurve, outdoor)
  const baselineSupply = suppliesOf(inputs.baselineCurve, hours)
  const cut = survivableCut(inputs, vouchingBuilding(building), hours)
  const fastest = LARGEST_CHANGE / sinceLastDecision(inputs)
  return planSupply(building, hours, aims, inputs.limits, inputs.price, presentSupply, baselineSupply, cut, fastest)
}

/** Hours; a short while before the first. Decisions are taken to go on coming as they have. */
function sinceLastDecision({ rulesState, time }: DecisionInputs): number {
  if (rulesState.updatedAt === null) return SHORTEST_INTERVAL_HOURS
  return Math.min(LONGEST_INTERVAL_HOURS, Math.max(SHORTEST_INTERVAL_HOURS, (time - rulesState.updatedAt) / HOUR_MS))
}

/** The caution after the time since the last decision: it fades, and grows with what was spent outside the band. */
function remembered(inputs: DecisionInputs): RulesState {
  const { rulesState, indoor, time } = inputs
  if (rulesState.updatedAt === null) return { ...rulesState, updatedAt: time }
  const hours = Math.min(1, Math.max(0, (time - rulesState.updatedAt) / HOUR_MS))
  const { low, high } = comfortBand(inputs)
  // Above the band counts where heat is stored on purpose; the sun is nobody's fault.
  const storing = new Set(inputs.price?.points.map(({ perKwh }) => perKwh)).size > 1
  const outside = indoor === null ? 0 : Math.max(0, low - indoor, storing ? indoor - high : 0)
  const caution = rulesState.caution * Math.exp(-hours / CAUTION_HOURS) + CAUTION_PER_KH * outside * hours
  return { ...rulesState, caution: Math.min(MOST_CAUTION, caution) }
}

interface Origin {
  readonly by: Decision['by']
  readonly degraded: Degradation
  readonly state: RulesState
  readonly building: HourlyBuilding | null
  readonly hours: ComingHours | null
}

function settle(inputs: DecisionInputs, wished: TenPoints, plan: Plan | null, origin: Origin): Decision {
  const { baselineCurve, presentCurve } = inputs
  const { building, hours, by, degraded } = origin
  const vouching = vouchingBuilding(building)
  const tooCold = by === 'plan' && inputs.indoor !== null && inputs.indoor < comfortBand(inputs).low
  // A room that is too cold is never given less, whatever the model makes of it.
  const kept = tooCold ? warmerOf(wished, presentCurve) : wished
  const warm = degraded === 'below-floor' ? warmerOf(kept, baselineCurve) : kept
  const safe = by === 'baseline' ? [...warm] : survivingCurve(warm, inputs, vouching, hours)
  const limited = limitCurve(safe, inputs)
  const toBaseline = distanceBetween(limited, baselineCurve) < 0.05
  const outdoor = inputs.outdoor ?? hours?.outdoor[0] ?? 0
  const coming = [outdoor, ...(hours?.outdoor.slice(0, ACTING_HOURS) ?? [])]
  const differs = (curve: TenPoints, least: number) =>
    isWorthWriting(curve, presentCurve, Math.min(...coming), Math.max(...coming), least)
  const standsSafely = by !== 'plan' || survivesAbandonment(presentCurve, inputs, vouching, hours)
  const unhurried = by === 'plan' && !tooCold && standsSafely
  const writtenAt = inputs.rulesState.writtenAt ?? Number.NEGATIVE_INFINITY
  const soon = unhurried && !(hours !== null && varies(hours)) && inputs.time - writtenAt < SOON_HOURS * HOUR_MS
  const worth =
    (differs(limited, unhurried ? LEAST_PLANNED_CHANGE : LEAST_CHANGE) &&
      (!soon || differs(safe, LEAST_CHANGE_SOON))) ||
    (toBaseline && distanceBetween(limited, presentCurve) >= 0.05)
  const action = !worth ? 'keep' : toBaseline ? 'restore' : 'write'
  const curve = worth ? limited : [...presentCurve]
  const shiftK = supplyOn(curve, outdoor) - supplyOn(baselineCurve, outdoor)
  const heldBack: HeldBack[] = []
  const nowOn = (one: TenPoints) => supplyOn(one, outdoor)
  if (Math.abs(nowOn(safe) - nowOn(warm)) > NOTICEABLE) heldBack.push('alone')
  if (Math.abs(nowOn(limited) - nowOn(safe)) > NOTICEABLE) heldBack.push('step')
  if (plan?.atBound === true) heldBack.push('bound')
  if (!worth && Math.abs(nowOn(limited) - nowOn(presentCurve)) > NOTICEABLE) heldBack.push('small')
  return {
    action,
    curve,
    shiftK: Math.round(shiftK * 10) / 10,
    reason: explain(inputs, { action, shiftK, by, degraded, plan, price: hours?.price ?? null }),
    by,
    degraded,
    heldBack,
    alternatives: building === null || hours === null ? [] : alternativesOf(inputs, curve, building, hours),
    nextRulesState: { ...origin.state, updatedAt: inputs.time, ...(worth ? { writtenAt: inputs.time } : {}) },
  }
}

/** The baseline, the curve as it stands and the one chosen, a day ahead by the model. */
function alternativesOf(
  inputs: DecisionInputs,
  chosen: TenPoints,
  building: HourlyBuilding,
  hours: ComingHours,
): Alternative[] {
  const day = (curve: TenPoints) => {
    const supply = suppliesOf(curve, hours).slice(0, 24)
    const path = pathOf(building, hours, supply)
    return { supply: mean(supply), heat: mean(path.heat), lowest: Math.min(...path.indoor) }
  }
  const baseline = day(inputs.baselineCurve)
  const candidates = [
    ['baseline', baseline],
    ['present', day(inputs.presentCurve)],
    ['plan', day(chosen)],
  ] as const
  return candidates.map(([name, { supply, heat, lowest }]) => ({
    name,
    shiftK: rounded(supply - baseline.supply, 1),
    heat: baseline.heat > 0 ? rounded(heat / baseline.heat - 1, 3) : null,
    lowestIndoor: rounded(lowest, 2),
  }))
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
