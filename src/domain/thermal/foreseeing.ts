/**
 * The model that forecasts are made with: the identified one, fitted further together with the gains that come back every
 * day. The parameters given the gains, the gains given the parameters, in turn: apart from each other the sun takes the
 * credit for people's evenings. It foretells better; the heat loss coefficient is surer in the identified model, where no
 * daily course takes part in explaining the readings.
 */
import { type FittedModel, fitModel } from './fit.ts'
import type { LocalTime } from './local-time.ts'
import type { ThermalSeries } from './series.ts'
import type { ModelStructure, ParameterValues } from './structure.ts'
import { learnUsualGains, type UsualGains, usualCourse } from './usual-gains.ts'

export interface ForeseeingFit {
  readonly model: FittedModel
  /** Null while there are too few days to learn them from. */
  readonly usual: UsualGains | null
}

/** After two turns parameters move by less than their standard errors. */
const TURNS = 2
/** A day has to come back before it can be usual, h. */
const LEAST_HOURS = 5 * 24
/** From this step on it matters whether inputs are held or points of a line, h. */
const LONG_STEP_HOURS = 0.5

/**
 * @param identified of the same series; where the walls are not known from it they are taken along all the same: one
 * temperature alone cannot tell hours from days
 * @param clock local time of each step
 */
export function fitForeseeing(
  series: ThermalSeries,
  identified: FittedModel,
  clock: readonly LocalTime[],
): ForeseeingFit {
  if (series.length * series.stepHours < LEAST_HOURS) return { model: identified, usual: null }
  const { order } = identified.structure
  const structure: ModelStructure = { ...identified.structure, order: order === 1 ? 2 : order }
  let best = fitTurns(series, structure, identified, clock)
  if (series.stepHours >= LONG_STEP_HOURS) {
    const held = fitTurns(series, { ...structure, held: true }, best.model, clock)
    if (held.model.logLikelihood > best.model.logLikelihood) best = held
  }
  return best
}

function fitTurns(
  series: ThermalSeries,
  structure: ModelStructure,
  from: FittedModel,
  clock: readonly LocalTime[],
): ForeseeingFit & { readonly usual: UsualGains } {
  const sameOrder = from.structure.order === structure.order
  const fitFrom = (start: ParameterValues, usual: UsualGains | null, near: boolean) =>
    fitModel(series, structure, [start], {
      uncertainty: false,
      fromStartsOnly: near,
      ...(usual === null ? {} : { usual: usualCourse(usual, series, clock) }),
    })
  let model = sameOrder ? { ...from, structure } : fitFrom(from.values, null, false)
  let usual = learnUsualGains(model, series, clock)
  for (let turn = 1; turn <= TURNS; turn += 1) {
    model = fitFrom(model.values, usual, true)
    usual = learnUsualGains(model, series, clock)
  }
  return { model, usual }
}
