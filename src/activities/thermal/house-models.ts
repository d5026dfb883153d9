/** The learned models of a house in the application store: the last versions, which one is in use, and why. */
import { ISSUED_LEADS, type Training } from '../../domain/learning/train.ts'
import { mayOptimise, type Readiness } from '../../domain/thermal/may-optimise.ts'
import { type LeadScore, scoreByLead } from '../../domain/thermal/scores.ts'
import type { ModelVersion } from '../../domain/thermal/versions.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { HouseSamples } from './house-samples.ts'
import { houseKey } from './thermal-house.ts'

export const THERMAL_MODELS = 'thermal_model'
/** Houses whose past has changed since their model was fitted. */
export const THERMAL_NOTES = 'thermal_due'

/** Kept to go back to. */
export const VERSIONS_KEPT = 5

export interface StoredVersion extends ModelVersion {
  readonly training: Training
  readonly heatSource: HouseSamples['heatSource']
  readonly water: HouseSamples['water']
}

export interface HouseModels {
  /** Time of the last fit that was tried, epoch milliseconds. */
  readonly triedAt: number
  /** Version in use; null when none may be. */
  readonly inUse: string | null
  /** Why that one, or why there is none: one sentence. */
  readonly reason: string
  /** Newest first. */
  readonly versions: readonly StoredVersion[]
}

type Documents = Pick<ApplicationStore, 'getDocument'>

export async function modelsOf(application: Documents, id: string): Promise<HouseModels | undefined> {
  return (await application.getDocument<HouseModels>(THERMAL_MODELS, houseKey(id)))?.value
}

export function versionInUse(models: HouseModels | undefined): StoredVersion | undefined {
  return models?.versions.find(({ version }) => version === models.inUse)
}

/** An outcome of an issued forecast, as `forecast_accuracy` has it; K and °C. */
export interface Outcome {
  readonly leadHours: number
  readonly time: number
  readonly predicted: number
  readonly actual: number
  readonly persistence: number
  readonly covered: boolean
  readonly version: string | null
}

/** Stands for a version where the rules of thumb issued the forecast. */
export const RULES_OF_THUMB = 'rules'

/** Outcomes by which learned models are judged. */
export function ofLearnedModels(outcomes: readonly Outcome[]): Outcome[] {
  return outcomes.filter(({ version }) => version !== RULES_OF_THUMB)
}

/** How issued forecasts went. */
export type IssuedScore = Omit<LeadScore, 'pinball'>

/** Scores of issued forecasts by lead. */
export function scoresOf(outcomes: readonly Outcome[]): IssuedScore[] {
  // Of a band only whether the outcome was inside it is stored, so it has no pinball loss.
  const scored = outcomes.map(({ leadHours, predicted, actual, persistence, covered }) => ({
    leadHours,
    mean: predicted,
    q10: covered ? Math.min(actual, predicted) : actual + 1,
    q90: covered ? Math.max(actual, predicted) : actual + 2,
    persistence,
    actual,
  }))
  return scoreByLead(scored, ISSUED_LEADS).map(({ pinball: _, ...score }) => score)
}

export function readinessOf(models: HouseModels | undefined, issued: readonly IssuedScore[]): Readiness {
  const version = versionInUse(models)
  return mayOptimise({
    issued,
    past: version?.training.pastScores ?? [],
    model:
      version === undefined
        ? null
        : {
            accepted: version.training.identification.accepted,
            reasons: [
              ...version.training.identification.implausible,
              ...version.training.identification.excitation.reasons,
            ],
          },
  })
}
