/** Learns how a house keeps its warmth: judges the versions of its model, fits a new one when it is time, and chooses. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import { isFitDue } from '../../domain/learning/refit.ts'
import { FIT_DAYS, type Training } from '../../domain/learning/train.ts'
import { chooseVersion } from '../../domain/thermal/versions.ts'
import { SWEDISH_ZONE } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { LearnedHouse } from '../thermal-contract.ts'
import {
  type HouseModels,
  modelsOf,
  type Outcome,
  ofLearnedModels,
  type StoredVersion,
  scoresOf,
  THERMAL_MODELS,
  THERMAL_NOTES,
  VERSIONS_KEPT,
} from './house-models.ts'
import { readHouseSamples } from './house-samples.ts'
import { readOutcomes } from './outcomes.ts'
import { houseKey, type ThermalHouse } from './thermal-house.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Forecasts are run over this past; the model is fitted to the last {@link FIT_DAYS} of it. */
const PAST_DAYS = 42
/** Live forecasts that say how wide a band has to be. */
const OUTCOME_DAYS = 21
const JUDGED_DAYS = 7
/** Fewer outcomes a day ahead do not judge a version. */
const LEAST_JUDGED = 48

export interface LearningDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: Pick<ApplicationStore, 'getDocument' | 'putDocument' | 'deleteDocument'>
  readonly compute: Pick<ComputePool, 'run'>
  readonly now: () => number
}

/** @param at time of the run, epoch milliseconds; the same when it is repeated, so that its history overwrites itself */
export async function learnHouse(
  dependencies: LearningDependencies,
  house: ThermalHouse,
  at: number,
  signal?: AbortSignal,
): Promise<LearnedHouse> {
  const { timeSeries, application, now } = dependencies
  const { id } = house
  const before = await modelsOf(application, id)
  const outcomes = await readOutcomes(timeSeries, id, { from: now() - OUTCOME_DAYS * DAY_MS, to: now() })
  const judged = (before?.versions ?? []).map((version) => judge(version, outcomes, now()))
  const noted = (await application.getDocument(THERMAL_NOTES, houseKey(id))) !== undefined
  const newest = judged[0]
  if (!noted && !isFitDue(newest === undefined ? null : fitOf(newest), now(), FIT_DAYS * 24)) {
    return keep(dependencies, id, { triedAt: before?.triedAt ?? at, versions: judged }, 'kept')
  }
  // Forgotten first: what changes while the model is fitted has to be noted anew.
  if (noted) await application.deleteDocument(THERMAL_NOTES, houseKey(id))
  const { samples, heatInput, heatIncludesHotWater, heatSource, water } = await readHouseSamples(timeSeries, house, {
    from: now() - PAST_DAYS * DAY_MS,
    to: now(),
  })
  const { training, reason } = await dependencies.compute.run(
    'fitThermal',
    {
      samples,
      heatInput,
      heatIncludesHotWater,
      zone: SWEDISH_ZONE,
      issued: ofLearnedModels(outcomes).map(({ leadHours, actual, predicted }) => ({
        leadHours,
        error: actual - predicted,
      })),
      rules: house.rules,
    },
    signal,
  )
  if (training === null) {
    return keep(dependencies, id, { triedAt: at, versions: judged }, judged.length === 0 ? 'none' : 'kept', reason)
  }
  const version = versionOf(training, { heatSource, water }, at)
  await timeSeries.write([parametersPoint(id, version, at)])
  const versions = [version, ...judged.filter((one) => one.version !== version.version)].slice(0, VERSIONS_KEPT)
  return keep(dependencies, id, { triedAt: at, versions }, 'fitted')
}

async function keep(
  { application }: LearningDependencies,
  id: string,
  state: Pick<HouseModels, 'triedAt' | 'versions'>,
  outcome: LearnedHouse['outcome'],
  why?: string,
): Promise<LearnedHouse> {
  const choice = chooseVersion(state.versions)
  const reason = state.versions.length === 0 && why !== undefined ? why : choice.reason
  const models: HouseModels = { ...state, inUse: choice.version?.version ?? null, reason }
  await application.putDocument(THERMAL_MODELS, houseKey(id), models)
  return { house: id, outcome, version: models.inUse, reason }
}

export function fitOf({ fittedAt, training }: StoredVersion) {
  const { spanHours, coarse } = training.identification
  return { fittedAt, spanHours, coarse }
}

/** A version keeps the skill of the last week it was in use. */
function judge(version: StoredVersion, outcomes: readonly Outcome[], now: number): StoredVersion {
  const recent = outcomes.filter((one) => one.version === version.version && one.time >= now - JUDGED_DAYS * DAY_MS)
  const score = scoresOf(recent).find(({ leadHours }) => leadHours === 24)
  return score === undefined || score.n < LEAST_JUDGED ? version : { ...version, skill: score.skill }
}

function versionOf(training: Training, heat: Pick<StoredVersion, 'heatSource' | 'water'>, at: number): StoredVersion {
  const { identification, logLikelihood, from, to, trained } = training
  return {
    version: `rc${trained.model.structure.order}-${new Date(at).toISOString().slice(0, 19)}Z`,
    fittedAt: at,
    from,
    to,
    logLikelihood,
    // What is not sure enough to steer by may forecast all the same: its forecasts lean on it as far as it has been right.
    accepted: identification.implausible.length === 0,
    skill: null,
    training,
    ...heat,
  }
}

function parametersPoint(id: string, { version, training }: StoredVersion, at: number): Point {
  const { parameters, accepted, implausible, excitation, readings, whiteness } = training.identification
  const { timeConstantsHours: constants, main } = parameters
  const known = main.flatMap(({ relativeError }) => (relativeError === null ? [] : [relativeError]))
  const slowest = constants.at(-1) ?? null
  const confidence = known.length < main.length || known.length === 0 ? 0 : Math.max(0, 1 - Math.max(...known))
  return {
    measurement: 'learned_parameters',
    tags: { [ENTITY_TAG.house]: id },
    time: at,
    fields: {
      thermal_coefficient: slowest === null ? null : 1 / slowest,
      ua_kw_per_k: parameters.uaKwPerK?.value ?? null,
      heat_capacity_kwh_per_k: parameters.capacityKwhPerK?.value ?? null,
      time_constant_fast_hours: constants[0] ?? null,
      time_constant_slow_hours: slowest,
      solar_aperture_m2: parameters.solarApertureM2?.value ?? null,
      model_order: training.trained.model.structure.order,
      confidence,
      total_samples: readings,
      residual_whiteness: whiteness,
      rmse_24h: training.pastScores.find(({ leadHours }) => leadHours === 24)?.rmse ?? null,
      accepted: accepted ? 1 : 0,
      reason: accepted ? null : ([...implausible, ...excitation.reasons][0] ?? null),
      model_version: version,
    },
  }
}
