/** Activities that work on stored meter hours: the split, the heat loss coefficient, the forecast. */
import { Context } from '@temporalio/activity'
import type { Catalogue, ConfiguredEntity } from '../../config/catalogue.ts'
import { BadConfig } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { entityWorkflowId } from '../../domain/entity.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { Logger } from '../../runtime/log.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { beating } from '../beating.ts'
import type { DueEntities, EnergyActivities } from '../energy-contract.ts'
import { type ForecastDependencies, issueForecast } from './forecast.ts'
import { type EnergyEntity, energyEntity } from './metered-entity.ts'
import { dueForRecalibration, type RecalibrationDependencies, recalibrateOne } from './recalibrate.ts'
import { dueEntities, type SeparationDependencies, separateOne } from './separate.ts'

export interface EnergyDependencies extends SeparationDependencies, RecalibrationDependencies, ForecastDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write' | 'replaceRange' | 'latest'>
  readonly application: ApplicationStore
  readonly compute: ComputePool
  readonly energyEntities: () => Promise<readonly EnergyEntity[]>
  /** One of them, without looking at all the others; undefined for one without a valid configuration, and for a zone. */
  readonly energyEntity: (entity: EntityRef) => Promise<EnergyEntity | undefined>
  readonly log: Logger
}

/** Entities told in one answer: an answer stays small, and a pipeline of many is renewed in time. */
const ENTITIES_AT_ONCE = 500

export function createEnergyActivities(dependencies: EnergyDependencies): EnergyActivities {
  const { energyEntities, log } = dependencies
  const find = async (entity: EntityRef) => {
    const known = await dependencies.energyEntity(entity)
    if (known === undefined) throw new BadConfig(`${entity.kind} ${entity.id} is not configured, or has a fault`)
    return known
  }
  return {
    entitiesToSeparate: (after) =>
      beating(async () => {
        const separated = (await energyEntities()).filter(({ separates }) => separates)
        return pageOf(await dueEntities(dependencies, separated), after)
      }),

    separateEnergy: ({ entity, days = [], dryRun = false }) =>
      beating(async ({ signal }) => {
        const separated = await separateOne(dependencies, await find(entity), days, dryRun, signal)
        log.info('energy.separated', {
          ...entity,
          days: separated.days.length,
          method: separated.method,
          reason: separated.reason,
          dryRun,
        })
        return separated
      }),

    entitiesToRecalibrate: (after) =>
      beating(async () => pageOf(await dueForRecalibration(dependencies, await energyEntities()), after)),

    recalibrateEntity: (entity) =>
      beating(async ({ signal }) => {
        const at = Context.current().info.scheduledTimestampMs
        const { entity: _, ...outcome } = await recalibrateOne(dependencies, await find(entity), at, signal)
        log.info('energy.recalibrated', { ...entity, ...outcome })
        return { entity, ...outcome }
      }),

    forecastEnergy: () =>
      beating(async ({ signal }) => {
        let issued = 0
        for (const entity of await energyEntities()) {
          signal.throwIfAborted()
          if (entity.separates && (await issueForecast(dependencies, entity))) issued += 1
        }
        log.info('energy.forecast_issued', { entities: issued })
        return { issued }
      }),
  }
}

/** The entities behind the one an earlier answer ended with, in the order of their ids. */
function pageOf(entities: readonly EntityRef[], after: string | null): DueEntities {
  const ordered = entities
    .map((entity) => ({ entity, id: entityWorkflowId(entity) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .filter(({ id }) => after === null || id > after)
  const page = ordered.slice(0, ENTITIES_AT_ONCE)
  return {
    entities: page.map(({ entity }) => entity),
    next: ordered.length > page.length ? (page.at(-1)?.id ?? null) : null,
  }
}

export interface MeterNumbers {
  /** Meters that the environment names; undefined when it names none. */
  meterIds(entity: EntityRef): Promise<readonly string[] | undefined>
}

/** Houses and buildings with a valid configuration, with their meters. */
export async function listEnergyEntities(
  { entities }: Catalogue,
  numbersOf: (origin: 'real' | 'demo') => MeterNumbers,
  defaultPosition: Coordinates | undefined,
): Promise<EnergyEntity[]> {
  const found = await Promise.all(entities.map((entity) => asEnergyEntity(entity, numbersOf, defaultPosition)))
  return found.filter((entity) => entity !== undefined)
}

/** Undefined for an entity without a valid configuration, and for zones, which have no meters. */
export async function asEnergyEntity(
  entity: ConfiguredEntity,
  numbersOf: (origin: 'real' | 'demo') => MeterNumbers,
  defaultPosition: Coordinates | undefined,
): Promise<EnergyEntity | undefined> {
  const { ref, origin } = entity
  if (ref.kind === 'zone') return undefined
  return energyEntity(entity, await numbersOf(origin).meterIds(ref), defaultPosition)
}
