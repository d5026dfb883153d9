/**
 * A building model that learned from the heating power says what heat does, but not what a supply temperature gives. With
 * the relation between the two, learned beside it, it can be planned by like one that learned from the supply itself.
 */
import type { ParameterValues } from '../thermal/structure.ts'
import type { SteeringModel } from './decision.ts'

/** Heat over UA = `slope · (supply − indoor) + offset`, K; the offset stands for an emitter that is not linear. */
export interface SupplyRelation {
  readonly slope: number
  readonly offset: number
}

export interface HeatedMoment {
  /** °C. */
  readonly supply: number
  readonly indoor: number
  readonly powerKw: number
}

const LEAST_MOMENTS = 96
/** Heat that varies less than this, K, tells no slope; nor does a line that explains less than this share of it. */
const LEAST_DEVIATION = 0.5
const LEAST_EXPLAINED = 0.5

/**
 * Least squares over moments with heat. @param uaKwPerK of the model that learned from the power
 * @returns null where the supply does not tell the power
 */
export function supplyRelation(moments: readonly HeatedMoment[], uaKwPerK: number): SupplyRelation | null {
  const heated = moments
    .filter(({ powerKw }) => powerKw > 0)
    .map(({ supply, indoor, powerKw }) => ({ lift: supply - indoor, heat: powerKw / uaKwPerK }))
  if (heated.length < LEAST_MOMENTS) return null
  const mean = (read: (moment: { lift: number; heat: number }) => number) =>
    heated.reduce((sum, moment) => sum + read(moment), 0) / heated.length
  const lift = mean((moment) => moment.lift)
  const heat = mean((moment) => moment.heat)
  const product = mean((moment) => (moment.lift - lift) * (moment.heat - heat))
  const square = mean((moment) => (moment.lift - lift) ** 2)
  const variance = mean((moment) => (moment.heat - heat) ** 2)
  if (variance < LEAST_DEVIATION ** 2 || square === 0) return null
  const slope = product / square
  if (slope <= 0 || (slope * product) / variance < LEAST_EXPLAINED) return null
  return { slope, offset: heat - slope * lift }
}

type Plannable = Pick<SteeringModel, 'structure' | 'values'>

/**
 * The same building with the supply temperature as its heat input. The conductance from the water to the room is the slope
 * of the relation; its offset joins the constant gains. Null where the emitter of the model passes less than that.
 */
export function withSupplyInput<Model extends Plannable>(model: Model, relation: SupplyRelation): Model | null {
  const { structure, values } = model
  if (structure.heat !== 'power') return null
  // Water to emitter and emitter to air are in series: the whole passes less than its second part.
  const coupling = structure.order === 3 ? values.heaterCoupling / relation.slope - 1 : 0
  if (structure.order === 3 && coupling <= 0) return null
  const changed: ParameterValues = {
    ...values,
    ua: 1,
    emitter: relation.slope,
    gain: values.gain + relation.offset,
    heaterCoupling: coupling,
  }
  return { ...model, structure: { ...structure, heat: 'supply' }, values: changed }
}
