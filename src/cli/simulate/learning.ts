/** From what a plant has shown during the learning days to a building model that can be planned by. */

import { mayPlan } from '../../domain/control/decide.ts'
import type { SteeringModel } from '../../domain/control/decision.ts'
import { dayAheadErrors, errorsByLead, estimateState } from '../../domain/control/estimate.ts'
import { supplyRelation, withSupplyInput } from '../../domain/control/power-model.ts'
import { type FittedModel, fitModel } from '../../domain/thermal/fit.ts'
import { identify, tooLittle } from '../../domain/thermal/identify.ts'
import { between, type ThermalSample, type ThermalSeries, thermalSeries } from '../../domain/thermal/series.ts'
import type { StepRecord } from './run.ts'

const DAY_MS = 86_400_000
/** Days of the past the state is estimated from; longer than any house remembers its heating. */
const STATE_DAYS = 12
/** A supply sensor that differs from what was asked this seldom shows what the plant really did. */
const LEAST_SHOWN = 0.8

/** What was learned once and does not change while steering. */
export interface LearnedModel {
  readonly model: FittedModel
  readonly errorByLead: readonly number[]
  readonly rmse24h: number | null
  readonly persistence24h: number | null
  readonly uaKwPerK: number | null
  /** Supply temperature of a step, °C: the one shown where the plant shows it, else the one asked for. */
  readonly heatOf: (record: StepRecord) => number | null
}

export interface Learned {
  readonly learned: LearnedModel | null
  /** Why there is none; null when there is. */
  readonly reason: string | null
}

/**
 * @param baseline the learning days on the baseline curve
 * @param others the same days on the plant's own curve, then on other curves: they show what the baseline alone cannot,
 * how the house answers to heat
 * @param shaken days on the baseline moved up and down; the others are not needed where they were lived
 */
export function learnModel(
  baseline: readonly StepRecord[],
  others: readonly (readonly StepRecord[])[],
  shaken: readonly StepRecord[] = [],
): Learned {
  const all = [...others.flat(), ...shaken, ...baseline]
  const shown = all.filter(({ outputs }) => outputs.supplyTemperature !== null).length > LEAST_SHOWN * all.length
  const [first = [], ...trials] = others
  const different = shaken.length > 1 ? shaken : mostDifferent(baseline, trials)
  const lives = [first, ...(different === null ? [] : [different])].filter((life) => life.length > 1)
  const bySupply = learnFrom(lives, baseline, supplyAs(shown))
  if (isTrusted(bySupply.learned)) return bySupply
  const byPower = learnFromPower(lives, baseline, shown)
  return byPower !== null && isTrusted(byPower) ? { learned: byPower, reason: null } : bySupply
}

function isTrusted(learned: LearnedModel | null): learned is LearnedModel {
  return learned !== null && mayPlan({ ...learned, recentRmse6h: null })
}

type HeatOf = (record: StepRecord) => number | null

function supplyAs(shown: boolean): HeatOf {
  return ({ outputs, asked }) => (shown ? (outputs.supplyTemperature ?? asked) : (asked ?? outputs.supplyTemperature))
}

/** The days on the baseline, and those with the other lives put before them. */
interface LearningSeries {
  readonly joined: ThermalSeries
  readonly alone: ThermalSeries
}

/** A sentence where there is too little to learn from. */
function learningSeries(
  lives: readonly (readonly StepRecord[])[],
  baseline: readonly StepRecord[],
  heatInput: 'supply' | 'power',
  heatOf: HeatOf,
): LearningSeries | string {
  const own = samplesOf(baseline, heatOf)
  if (own.length < 2) return 'There are no learning days.'
  let all = own
  for (const life of lives) all = moved(samplesOf(life, heatOf), all).concat(all)
  const joined = thermalSeries(all, heatInput).series
  return tooLittle(joined) ?? { joined, alone: thermalSeries(own, heatInput).series }
}

function learnFrom(
  lives: readonly (readonly StepRecord[])[],
  baseline: readonly StepRecord[],
  heatOf: HeatOf,
): Learned {
  const found = learningSeries(lives, baseline, 'supply', heatOf)
  if (typeof found === 'string') return { learned: null, reason: found }
  const { joined, alone } = found
  const identification = identify(joined)
  const { model, score } = identification.coarse
    ? { model: identification.model, score: null }
    : bestOfOrders(identification.model, joined, alone)
  const implausible = model === identification.model ? identification.implausible : []
  return {
    learned: {
      model,
      errorByLead: errorsByLead(model, matching(alone, model)),
      rmse24h: implausible.length > 0 ? null : (score?.model ?? null),
      persistence24h: score?.persistence ?? null,
      uaKwPerK: null,
      heatOf,
    },
    reason: implausible.length > 0 ? `The model is not plausible: ${implausible.join(' ')}` : null,
  }
}

/**
 * A model that learned from the power, with what the supply gives learned beside it. Its scores are those it has when it is
 * told the supply temperatures, as a plan is. Null where the power is not known or the supply does not tell it.
 */
export function learnFromPower(
  lives: readonly (readonly StepRecord[])[],
  baseline: readonly StepRecord[],
  shown: boolean,
): LearnedModel | null {
  const found = learningSeries(lives, baseline, 'power', ({ outputs }) => outputs.heatPowerKw)
  const heatOf = supplyAs(shown)
  const supplied = learningSeries(lives, baseline, 'supply', heatOf)
  if (typeof found === 'string' || typeof supplied === 'string') return null
  const moments = [...lives.flat(), ...baseline].flatMap((record) => {
    const supply = heatOf(record)
    const { indoorTemperature: indoor, heatPowerKw: powerKw } = record.outputs
    return supply === null || indoor === null || powerKw === null ? [] : [{ supply, indoor, powerKw }]
  })
  const plannable = (model: FittedModel): FittedModel | null => {
    const relation = supplyRelation(moments, model.values.ua)
    return relation === null ? null : withSupplyInput(model, relation)
  }
  const { model: byPower, accepted } = identify(found.joined)
  const model = plannable(byPower)
  if (model === null || !accepted) return null
  const { joined, alone } = found
  const held = Math.floor(alone.length / 3)
  const training = between(joined, 0, joined.length - held)
  const unknowing = plannable(
    fitModel(training, byPower.structure, [byPower.values], { uncertainty: false, fromStartsOnly: true }),
  )
  const told = matching(supplied.alone, model)
  const score = unknowing === null ? null : dayAheadErrors(unknowing, told, alone.length - held)
  return {
    model,
    errorByLead: errorsByLead(model, told),
    rmse24h: score?.model ?? null,
    persistence24h: score?.persistence ?? null,
    uaKwPerK: byPower.values.ua,
    heatOf,
  }
}

/** A larger model may foretell baseline days this much worse: those days hardly tell what it is larger for. */
const ORDER_PREFERENCE = 1.15
/** Gain in log likelihood from which it is taken. */
const LEAST_GAIN = 6

type Score = { readonly model: number; readonly persistence: number } | null

/**
 * Steering needs to know how heat reaches the room, which a forecast on the baseline can do without: larger models are
 * tried beyond those that forecasts need, and taken where the likelihood is for them and unseen days are not against.
 */
function bestOfOrders(
  identified: FittedModel,
  joined: ThermalSeries,
  alone: ThermalSeries,
): { model: FittedModel; score: Score } {
  let best = { model: identified, score: heldOutErrors(identified, joined, alone) }
  for (const order of ([2, 3] as const).filter((larger) => larger > identified.structure.order)) {
    const model = fitModel(joined, { ...identified.structure, order }, [best.model.values], { uncertainty: false })
    if (model.logLikelihood < best.model.logLikelihood + LEAST_GAIN) continue
    const score = heldOutErrors(model, joined, alone)
    const worse = best.score !== null && (score === null || score.model > ORDER_PREFERENCE * best.score.model)
    if (!worse) best = { model, score }
  }
  return best
}

/** Scores on the last third of the baseline days a model of the same structure that has not seen them. */
function heldOutErrors(model: FittedModel, joined: ThermalSeries, alone: ThermalSeries): Score {
  const held = Math.floor(alone.length / 3)
  const training = between(joined, 0, joined.length - held)
  const unknowing = fitModel(training, model.structure, [model.values], { uncertainty: false, fromStartsOnly: true })
  return dayAheadErrors(unknowing, matching(alone, model), alone.length - held)
}

/** The model as it stands after the last record; null when the state cannot be told. */
export function steeringModel(learned: LearnedModel, records: readonly StepRecord[]): SteeringModel | null {
  const last = records.at(-1)
  if (last === undefined) return null
  const from = last.time - STATE_DAYS * DAY_MS
  let first = records.length - 1
  while (first > 0 && (records[first - 1] as StepRecord).time >= from) first -= 1
  const samples = samplesOf(records.slice(first), learned.heatOf)
  if (samples.length < 2) return null
  const estimated = estimateState(learned.model, matching(thermalSeries(samples, 'supply').series, learned.model))
  if (estimated === null) return null
  const { structure, values, reference } = learned.model
  return {
    structure,
    values,
    reference,
    ...estimated,
    water: { gain: 1, offset: 0 },
    errorByLead: learned.errorByLead,
    rmse24h: learned.rmse24h,
    persistence24h: learned.persistence24h,
    uaKwPerK: learned.uaKwPerK,
  }
}

/** A stretch of days without sun or wind reads as a house without those sensors; the model decides what it uses. */
function matching(series: ThermalSeries, { structure }: FittedModel): ThermalSeries {
  return { ...series, hasIrradiance: structure.solar, hasWind: structure.wind }
}

function samplesOf(records: readonly StepRecord[], heatOf: HeatOf): ThermalSample[] {
  return records.map((record) => ({
    time: record.time,
    indoor: record.outputs.indoorTemperature,
    outdoor: record.outdoor,
    irradiance: record.outputs.globalIrradiance,
    wind: null,
    heat: heatOf(record),
  }))
}

/** Of other lives of the same days the one whose supply differed most, if it did at all. */
function mostDifferent(
  baseline: readonly StepRecord[],
  others: readonly (readonly StepRecord[])[],
): readonly StepRecord[] | null {
  let best: readonly StepRecord[] | null = null
  let farthest = 0.3
  for (const other of others) {
    const length = Math.min(other.length, baseline.length)
    let square = 0
    let count = 0
    for (let index = 0; index < length; index += 1) {
      const one = supplyOf(baseline[index] as StepRecord)
      const two = supplyOf(other[index] as StepRecord)
      if (one === null || two === null) continue
      square += (one - two) ** 2
      count += 1
    }
    const distance = count === 0 ? 0 : Math.sqrt(square / count)
    // A long life tells more than a short one.
    const worth = distance * Math.sqrt(other.length / Math.max(1, baseline.length))
    if (worth > farthest) {
      farthest = worth
      best = other
    }
  }
  return best
}

function supplyOf({ outputs, asked }: StepRecord): number | null {
  return outputs.supplyTemperature ?? asked
}

/** Put before the other samples, whole days earlier so that the hours stay what they are, with a hole between. */
function moved(samples: readonly ThermalSample[], before: readonly ThermalSample[]): ThermalSample[] {
  const last = samples.at(-1)
  const first = before[0]
  if (last === undefined || first === undefined) return []
  const distance = last.time + DAY_MS - first.time
  const days = Math.ceil(distance / DAY_MS)
  return samples.map((sample) => ({ ...sample, time: sample.time - days * DAY_MS }))
}
