/** Works out the heat loss coefficient of an entity from measured energy, and takes it into use when it may be. */
import type { ConfigStore } from '../../config/catalogue.ts'
import { HEAT_LOSS_VERSION, type HeatLoss } from '../../domain/energy/heat-loss.ts'
import { decideHeatLoss, type HeatLossDecision } from '../../domain/energy/heat-loss-acceptance.ts'
import { ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { addDays, dayLabel, dayStart } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { RecalibratedEntity } from '../energy-contract.ts'
import { readEnergyHours } from './energy-hours.ts'
import type { EnergyEntity } from './metered-entity.ts'

/** Collection of the application store: the newest run for each entity. */
export const HEAT_LOSS_RUNS = 'heat_loss'

/** Most of a heating season. Longer ago, the house may have been another one. */
const SHORTEST_WINDOW_DAYS = 120

/** What is remembered of a run. */
export interface HeatLossRun {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly found: HeatLoss
  readonly decision: HeatLossDecision
  /** Swedish date the coefficient in force is used from; null when none is. */
  readonly validFrom: string | null
}

export interface RecalibrationDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: Pick<ApplicationStore, 'getDocument' | 'putDocument' | 'listDocuments'>
  readonly config: Pick<ConfigStore, 'patch'>
  readonly compute: Pick<ComputePool, 'run'>
  readonly calibration: () => Promise<CalibrationSettings>
  readonly now: () => number
}

export interface CalibrationSettings {
  readonly enabled: boolean
  readonly k_recalibration_hours: number
  readonly k_calibration_days: number
}

/** Entities whose last run is longer ago than the settings say. */
export async function dueForRecalibration(
  { application, calibration, now }: Pick<RecalibrationDependencies, 'application' | 'calibration' | 'now'>,
  entities: readonly EnergyEntity[],
): Promise<EntityRef[]> {
  const { enabled, k_recalibration_hours: hours } = await calibration()
  if (!enabled) return []
  const runs = await application.listDocuments<HeatLossRun>(HEAT_LOSS_RUNS)
  const lastRun = new Map(runs.map(({ key, value }) => [key, Date.parse(value.at)]))
  return entities
    .filter(({ ref, separates }) => {
      const last = lastRun.get(entityWorkflowId(ref))
      return separates && (last === undefined || now() - last >= hours * 3_600_000)
    })
    .map(({ ref }) => ref)
}

/**
 * A run that found nothing to estimate from counts no more once there is more to look at; the entity is due again.
 */
export async function forgetFruitlessRun(
  application: Pick<ApplicationStore, 'getDocument' | 'deleteDocument'>,
  entity: EntityRef,
): Promise<void> {
  const key = entityWorkflowId(entity)
  const run = await application.getDocument<HeatLossRun>(HEAT_LOSS_RUNS, key)
  if (run?.value.found.kwPerK === null) await application.deleteDocument(HEAT_LOSS_RUNS, key)
}

/** @param at time of the run, epoch milliseconds; the same when it is repeated, so that its history overwrites itself */
export async function recalibrateOne(
  { timeSeries, application, config, compute, calibration, now }: RecalibrationDependencies,
  entity: EnergyEntity,
  at: number,
  signal?: AbortSignal,
): Promise<RecalibratedEntity> {
  const { ref, position, heatLossK } = entity
  const today = dayLabel(now())
  const { k_calibration_days: wanted } = await calibration()
  const range = {
    from: dayStart(addDays(today, -Math.max(SHORTEST_WINDOW_DAYS, wanted))),
    to: dayStart(today),
  }
  const hours = await readEnergyHours(timeSeries, entity, range)
  const metered = hours.slice(
    Math.max(
      0,
      hours.findIndex(({ energyKwh }) => energyKwh !== null),
    ),
  )
  const found = await compute.run('heatLoss', { hours: metered, place: position ?? null }, signal)
  const key = entityWorkflowId(ref)
  const before = (await application.getDocument<HeatLossRun>(HEAT_LOSS_RUNS, key))?.value
  const decision = decideHeatLoss(found, {
    inForceKwPerK: heatLossK,
    lastFoundKwPerK: before?.found.kwPerK ?? null,
  })
  const validFrom = decision.accepted ? today : (before?.validFrom ?? null)
  await timeSeries.write([historyPoint(ref, found, decision, validFrom, at)])
  if (decision.accepted && decision.kwPerK !== null) {
    const heat_loss_k = Math.round(decision.kwPerK * 1e5) / 1e5
    await config.patch(ref, { energy_separation: { heat_loss_k, calibration_date: today } })
  }
  const run: HeatLossRun = { at: new Date(at).toISOString(), found, decision, validFrom }
  await application.putDocument(HEAT_LOSS_RUNS, key, run)
  return {
    entity: ref,
    accepted: decision.accepted,
    kwPerK: found.kwPerK,
    low: found.low,
    high: found.high,
    inForce: decision.kwPerK,
    reason: decision.reason,
  }
}

function historyPoint(
  { kind, id }: EntityRef,
  found: HeatLoss,
  decision: HeatLossDecision,
  validFrom: string | null,
  at: number,
): Point {
  return {
    measurement: 'k_value_history',
    tags: { [ENTITY_TAG[kind]]: id },
    time: at,
    fields: {
      k_value: found.kwPerK,
      k_low: found.low,
      k_high: found.high,
      k_in_force: decision.kwPerK,
      days_used: found.daysUsed,
      total_days: found.daysSeen,
      avg_outdoor_temp: found.meanOutdoor,
      solar_aperture_m2: found.solarApertureM2,
      wind_sensitivity: found.windSensitivity,
      accepted: decision.accepted ? 1 : 0,
      reason: decision.reason,
      valid_from: validFrom,
      method: found.method,
      model_version: HEAT_LOSS_VERSION,
    },
  }
}
