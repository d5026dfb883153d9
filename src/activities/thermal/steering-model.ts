/** A house's learned model as control decides by it: its parameters, and where the house is now. */
import { estimateState } from '../../domain/control/estimate.ts'
import type { Readiness } from '../../domain/thermal/may-optimise.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { ModelNow } from '../control/decision-inputs.ts'
import { modelsOf, ofLearnedModels, readinessOf, scoresOf, versionInUse } from './house-models.ts'
import { recentSeries } from './issue-forecast.ts'
import { readOutcomes } from './outcomes.ts'
import type { ThermalHouse } from './thermal-house.ts'

const DAY_MS = 86_400_000
/** Live forecasts that count for what a house is worth. */
export const SCORED_DAYS = 28

interface ModelSources {
  readonly timeSeries: Pick<TimeSeriesStore, 'read'>
  readonly application: Pick<ApplicationStore, 'getDocument'>
}

/**
 * The model in use with the state estimated from the readings of the last days; null without one that may steer, or
 * where the readings do not tell the state.
 * @param now epoch milliseconds
 */
export async function modelNow(sources: ModelSources, house: ThermalHouse, now: number): Promise<ModelNow | null> {
  const version = versionInUse(await modelsOf(sources.application, house.id))
  if (version === undefined) return null
  const { training, water } = version
  const { trained, identification, pastScores, errorByLead } = training
  if (!identification.accepted || trained.heatInput !== 'supply') return null
  const series = await recentSeries(sources, house, version, now)
  const { structure, values, reference } = trained.model
  const estimated =
    series === null
      ? null
      : estimateState(trained.model, { ...series, hasIrradiance: structure.solar, hasWind: structure.wind })
  if (estimated === null) return null
  const dayAhead = pastScores.find(({ leadHours }) => leadHours === 24)
  const model = {
    structure,
    values,
    reference,
    ...estimated,
    water,
    errorByLead,
    rmse24h: dayAhead?.modelRmse ?? null,
    persistence24h: dayAhead?.persistenceRmse ?? null,
    uaKwPerK: house.heatLossK,
  }
  return { model, version: version.version }
}

/** Whether a house may be optimised, by the forecasts of the last weeks. @param now epoch milliseconds */
export async function readinessNow(
  { timeSeries, application }: ModelSources,
  id: string,
  now: number,
): Promise<Readiness> {
  const outcomes = await readOutcomes(timeSeries, id, { from: now - SCORED_DAYS * DAY_MS, to: now })
  return readinessOf(await modelsOf(application, id), scoresOf(ofLearnedModels(outcomes)))
}
