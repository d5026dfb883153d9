/** The steps of off-boarding an entity. Each finds what an attempt before it has done, and does the rest. */
import { Context } from '@temporalio/activity'
import type { ConfigStore, ConfiguredEntity } from '../../config/catalogue.ts'
import { ConfigExists } from '../../config/catalogue.ts'
import { displayNameOf } from '../../config/field.ts'
import { removeIfPresent } from '../../config/files.ts'
import type { CredentialStore } from '../../connectors/credentials/index.ts'
import { EntityNotFound, StoreUnavailable, Unavailable } from '../../connectors/errors.ts'
import type { EntityRef } from '../../domain/entity.ts'
import type { Logger } from '../../runtime/log.ts'
import { recordAudit } from '../../store/application/audit.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { ReadingSpool } from '../../store/spool.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { controlRecordOf } from '../control/turn.ts'
import { toApplicationFailure } from '../failures.ts'
import { startHeartbeat } from '../heartbeat.ts'
import type { OffboardingActivities, ReleaseActivities, ReleaseOutcome } from '../offboarding-contract.ts'
import { deleteEntityDocuments } from './entity-documents.ts'
import {
  configurationFiles,
  deleteRemoval,
  findRemoval,
  type OffboardedFiles,
  type Origin,
  putRemoval,
  type RemovalRecord,
} from './removal-record.ts'

interface CallOptions {
  readonly heartbeat: () => void
  readonly signal: AbortSignal
}

/** What off-boarding asks of Temporal. */
export interface EntityEnd {
  /** Cancels loop and import of an entity and resolves when neither runs any more. */
  end(entity: EntityRef, call: CallOptions): Promise<void>
  /**
   * Has the loop of a house give the heat curve back, starting it when it does not run.
   * @throws the typed error of what is in the way
   */
  release(entity: EntityRef, name: string, call: CallOptions): Promise<ReleaseOutcome>
  wakeReconciler(): Promise<void>
}

export interface OffboardingDependencies {
  readonly config: ConfigStore
  readonly application: ApplicationStore
  readonly timeSeries: Pick<TimeSeriesStore, 'countEntity' | 'deleteEntity'>
  readonly credentials: Pick<CredentialStore, 'namesOf' | 'remove'>
  readonly spool: Pick<ReadingSpool, 'discard'>
  readonly loops: EntityEnd
  readonly offboarded: OffboardedFiles
  /** Whose home a file that was set aside lies in. */
  readonly originOf: (file: string) => Origin
  readonly log: Logger
  readonly now: () => number
}

export function createOffboardingActivities(
  dependencies: OffboardingDependencies,
): OffboardingActivities & ReleaseActivities {
  const { config, application, timeSeries, credentials, spool, loops, offboarded, log, now } = dependencies
  return guarded({
    async openRemoval({ entity, mode, by }) {
      const [row, configured, aside, begun] = await Promise.all([
        application.getStatus(entity),
        config.get(entity),
        config.findAside(entity),
        findRemoval(application, offboarded, entity),
      ])
      const known = row !== undefined || configured !== undefined || aside !== undefined || begun !== undefined
      if (!known && !(await hasTraces(dependencies, entity))) {
        throw new EntityNotFound(`nothing is known of ${entity.kind} ${entity.id}`)
      }
      const origin =
        configured?.origin ??
        row?.origin ??
        begun?.origin ??
        (aside === undefined ? 'real' : dependencies.originOf(aside))
      const name = nameOf(configured) ?? row?.name ?? begun?.name ?? entity.id
      const record: RemovalRecord = {
        entity: { kind: entity.kind, id: entity.id },
        begunAt: now(),
        offboardedAt: null,
        purgeAfter: null,
        ...begun,
        // What is in service has come back since: the end of an earlier removal must not strike it.
        ...(configured === undefined ? {} : { offboardedAt: null, purgeAfter: null }),
        name,
        origin,
        mode,
        by,
      }
      await putRemoval(application, record)
      if (known && row?.offboarding !== true) {
        const since = now()
        await application.putStatus(entity, { offboarding: true, health: 'offboarding', since, name, origin })
      }
      if (begun?.mode !== mode) await audit(dependencies, entity, by, 'removal.begun', `${mode} removal of ${name}`)
      return { name, purgeAfter: record.purgeAfter }
    },

    async recordAbandonedControl({ entity, by }) {
      const detail = 'off-boarding goes on although the heat curve was not given back to the controller'
      await audit(dependencies, entity, by, 'control.abandoned', detail)
      log.warn('control.abandoned', { ...entity, by })
    },

    askForRelease: (entity) =>
      beating(async (call) => {
        // Its profile is gone, and so is what an earlier system may have kept there; our own record would still tell.
        const { phase } = await controlRecordOf(application, entity.id)
        if (phase === 'free' && (await config.get(entity)) === undefined) return 'not_held'
        const name = (await findRemoval(application, offboarded, entity))?.name ?? entity.id
        return loops.release(entity, name, call)
      }),

    stopLoop: (entity) => beating((call) => loops.end(entity, call)),

    async takeOut({ entity, mode, purgeAfter, by }) {
      const begun = await findRemoval(application, offboarded, entity)
      const offboardedAt = begun?.offboardedAt ?? now()
      const name = begun?.name ?? entity.id
      const origin = begun?.origin ?? 'real'
      // Remembered first: a removal that is broken off here is found by the daily sweep.
      await putRemoval(application, {
        entity,
        begunAt: now(),
        ...begun,
        name,
        origin,
        mode,
        by,
        offboardedAt,
        purgeAfter,
      })
      if (purgeAfter !== null) await offboarded[origin]?.add({ entity, name, offboardedAt, purgeAfter })
      const { inService } = await configurationFiles(config, entity)
      // Set aside by a hard removal, too: until its data are being deleted it can be called off.
      if (inService !== undefined) await config.setAside(entity)
      const { removed, leftInEnvironment } = await credentials.remove(entity, origin)
      if (inService !== undefined || removed.length > 0) {
        const what = [...(inService === undefined ? [] : [inService]), ...removed]
        await audit(dependencies, entity, by, 'removal.taken_out', what.join(', '))
        log.info('removal.taken_out', {
          ...entity,
          mode,
          file: inService ?? null,
          credentials: removed,
          leftInEnvironment,
        })
      }
      return { leftInEnvironment }
    },

    deleteStored: (entity) =>
      beating(async (call) => {
        const configured = await config.get(entity)
        if (configured?.unreadable === 'folder') {
          throw new Unavailable(
            `${configured.file} cannot be looked at, so nobody knows whether ${entity.id} is configured again`,
          )
        }
        if (configured !== undefined) return { outcome: 'configured_again' }
        // Somebody may have started a loop or an import by hand since.
        await loops.end(entity, call)
        await spool.discard(entity)
        const { deleted, remaining } = await timeSeries.deleteEntity(entity)
        if (remaining.length > 0) {
          const left = remaining.map(({ measurement, rows }) => `${rows} of ${measurement}`).join(', ')
          throw new StoreUnavailable(`rows of ${entity.kind} ${entity.id} are left after deleting: ${left}`)
        }
        await deleteEntityDocuments(application, entity)
        const series = deleted.map(({ measurement, rows }) => ({ measurement, rows }))
        if (series.length > 0)
          log.info('removal.deleted', { ...entity, rows: series.reduce((sum, { rows }) => sum + rows, 0) })
        return { outcome: 'deleted', series }
      }),

    async concludeRemoval({ entity, by, series }) {
      const begun = await findRemoval(application, offboarded, entity)
      // The record goes last: without it all of this is done.
      if (begun === undefined) return
      const { report } = await configurationFiles(config, entity)
      // First: it is found by the file it stands beside.
      if (report !== undefined) await removeIfPresent(report)
      await config.discardAside(entity)
      await offboarded[begun.origin]?.purged(entity, begun.name, now(), begun.begunAt)
      await application.deleteStatus(entity)
      const rows = series.reduce((sum, one) => sum + one.rows, 0)
      await audit(dependencies, entity, by, 'removal.done', `${rows} rows of ${series.length} measurements deleted`)
      log.info('removal.done', { ...entity, rows })
      await deleteRemoval(application, entity)
    },

    restoreEntity: ({ entity, by }) => restoreEntity(dependencies, entity, by),

    wakeReconciler: () => loops.wakeReconciler(),
  })
}

/**
 * Calls a removal off: configuration back, no longer being off-boarded. Credentials that were deleted stay deleted.
 * @returns whether the entity is configured now
 */
export async function restoreEntity(
  dependencies: Pick<OffboardingDependencies, 'config' | 'application' | 'offboarded' | 'log' | 'now'>,
  entity: EntityRef,
  by: string,
): Promise<{ restored: boolean }> {
  const { config, application, offboarded, log, now } = dependencies
  const begun = await findRemoval(application, offboarded, entity)
  if ((await config.get(entity)) === undefined && (await config.findAside(entity)) !== undefined) {
    try {
      await config.bringBack(entity)
    } catch (error) {
      // Somebody was quicker.
      if (!(error instanceof ConfigExists)) throw error
    }
  }
  const restored = (await config.get(entity)) !== undefined
  const row = await application.getStatus(entity)
  if (row?.offboarding === true) {
    // Its silence was wanted: health begins anew.
    await application.putStatus(entity, {
      offboarding: false,
      configHash: null,
      registeredAt: now(),
      lastPollAt: null,
      lastGoodAt: null,
      failingSince: null,
      failures: 0,
      reason: null,
      reasonCode: null,
      health: 'starting',
      since: now(),
    })
  }
  for (const file of Object.values(offboarded)) await file.cancel(entity)
  if (begun !== undefined) {
    await audit(dependencies, entity, by, 'removal.called_off', restored ? 'in service again' : 'nothing was set aside')
    log.info('removal.called_off', { ...entity, restored })
  }
  await deleteRemoval(application, entity)
  return { restored }
}

async function hasTraces({ timeSeries, credentials }: OffboardingDependencies, entity: EntityRef): Promise<boolean> {
  const [series, names] = await Promise.all([timeSeries.countEntity(entity), credentials.namesOf(entity)])
  return series.length + names.length > 0
}

function nameOf(configured: ConfiguredEntity | undefined): string | undefined {
  return configured?.config == null ? undefined : displayNameOf(configured.config)
}

function audit(
  { application, now }: Pick<OffboardingDependencies, 'application' | 'now'>,
  { kind, id }: EntityRef,
  by: string,
  action: string,
  detail: string,
): Promise<void> {
  return recordAudit(application, { by, action, entity: { kind, id }, detail }, now())
}

/** Beats while the work waits for something else. */
async function beating<T>(work: (call: CallOptions) => Promise<T>): Promise<T> {
  const heartbeat = startHeartbeat<never>()
  try {
    return await work({ heartbeat: () => heartbeat.beat(), signal: Context.current().cancellationSignal })
  } finally {
    heartbeat.stop()
  }
}

/** Everything thrown becomes a typed failure without secrets. */
function guarded<T extends object>(activities: T): T {
  const wrap =
    (activity: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      try {
        return await activity(...args)
      } catch (error) {
        throw toApplicationFailure(error)
      }
    }
  return Object.fromEntries(Object.entries(activities).map(([name, activity]) => [name, wrap(activity)])) as T
}
