/** The daily sweep: starts purges that are due and have lost their workflow, and calls off those of entities that came back. */
import type { ConfigStore } from '../../config/catalogue.ts'
import type { CredentialStore } from '../../connectors/credentials/index.ts'
import { type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { Logger } from '../../runtime/log.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { toApplicationFailure } from '../failures.ts'
import type { SweepActivities, SweepReport } from '../offboarding-contract.ts'
import { restoreEntity } from './index.ts'
import { listRemovals, type OffboardedFiles } from './removal-record.ts'

/** What the sweep asks of Temporal. */
export interface RemovalWorkflows {
  isRunning(entity: EntityRef): Promise<boolean>
  /** Starts the removal whose grace is over; one that runs is left as it is. */
  resume(entity: EntityRef, by: string): Promise<void>
}

export interface SweepDependencies {
  readonly config: ConfigStore
  readonly application: ApplicationStore
  readonly credentials: Pick<CredentialStore, 'discardStale'>
  readonly removals: RemovalWorkflows
  readonly offboarded: OffboardedFiles
  readonly log: Logger
  readonly now: () => number
}

const BY = 'purge sweep'

export function createSweepActivities(dependencies: SweepDependencies): SweepActivities {
  return {
    async sweepPurges() {
      try {
        return await sweepPurges(dependencies)
      } catch (error) {
        throw toApplicationFailure(error)
      }
    },
  }
}

export async function sweepPurges(dependencies: SweepDependencies): Promise<SweepReport> {
  const { config, application, credentials, removals, offboarded, log, now } = dependencies
  const report = { started: [] as string[], calledOff: [] as string[], pending: 0 }
  for (const { entity, purgeAfter } of await listRemovals(application, offboarded)) {
    // A removal that is not out of its first steps is in the hands of a person.
    if (purgeAfter === null || (await removals.isRunning(entity))) continue
    const id = entityWorkflowId(entity)
    const configured = await config.get(entity)
    if (configured?.unreadable === 'folder') {
      log.warn('purge.put_off', { ...entity, reason: `${configured.file} cannot be looked at` })
      report.pending += 1
    } else if (configured !== undefined) {
      await restoreEntity(dependencies, entity, BY)
      report.calledOff.push(id)
    } else if (purgeAfter > now()) report.pending += 1
    else {
      await removals.resume(entity, BY)
      report.started.push(id)
    }
  }
  const discardedCredentials = await credentials.discardStale(now())
  log.info('purge.swept', { ...report, discardedCredentials })
  return { at: new Date(now()).toISOString(), ...report, discardedCredentials }
}
