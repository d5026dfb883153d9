/** What is decided on the days a trial keeps a house on its own curve: that curve, and nothing else. */
import type { Decision, DecisionInputs } from '../control/decision.ts'
import { distanceBetween, supplyOn } from '../control/ten-points.ts'

/** A curve nearer than this is the same one, K: registers hold tenths. */
const SAME_K = 0.05

export function baselineDayDecision(inputs: DecisionInputs): Decision {
  const { baselineCurve, presentCurve, outdoor, rulesState, time } = inputs
  const stands = distanceBetween(presentCurve, baselineCurve) < SAME_K
  const curve = stands ? presentCurve : baselineCurve
  const at = outdoor ?? 0
  return {
    action: stands ? 'keep' : 'restore',
    curve: [...curve],
    shiftK: Math.round(10 * (supplyOn(curve, at) - supplyOn(baselineCurve, at))) / 10,
    reason: {
      sv: 'Växlingsförsök: en dag på grundkurvan.',
      en: 'Switch-back trial: a day on the baseline.',
    },
    by: 'baseline',
    degraded: 'none',
    alternatives: [],
    heldBack: [],
    nextRulesState: { ...rulesState, updatedAt: time },
  }
}
