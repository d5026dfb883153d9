/** The steps that the daily pipeline and the hourly look into the inbox have in common, and what is told of them. */
import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common'
import {
  executeChild,
  isCancellation,
  log,
  ParentClosePolicy,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow'
import type { DueEntities, EnergyActivities, SeparatedEntity } from '../activities/energy-contract.ts'
import type { EnergyImportActivities } from '../activities/energy-import-contract.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import type { EnergyProgress } from './energy-messages.ts'
import { inParallel } from './in-parallel.ts'
import { SEARCH_ATTRIBUTES } from './messages.ts'
import { siblingQueue } from './queues.ts'
import type { recalibrateHeatLoss } from './recalibrate-heat-loss.ts'
import type { separateEntity } from './separate-entity.ts'

const SEPARATIONS_AT_ONCE = 8
const FAILURES_TOLD = 20

export class EnergyPipeline {
  #outcome: Pick<EnergyProgress, 'state' | 'error'> = { state: 'running', error: null }
  #step = 'looking for meter files'
  #files = { imported: 0, failed: 0, hoursAdded: 0, hoursCorrected: 0, rowsRefused: 0 }
  #separated = { entities: 0, days: 0, notSeparable: 0 }
  #recalibrated = { accepted: 0, kept: 0 }
  readonly #failures: { what: string; message: string }[] = []

  describe(): EnergyProgress {
    return {
      ...this.#outcome,
      step: this.#step,
      files: { ...this.#files },
      separated: { ...this.#separated },
      recalibrated: { ...this.#recalibrated },
      failures: this.#failures.slice(0, FAILURES_TOLD),
    }
  }

  /** Runs the steps, and keeps for the query how they ended. */
  async run(steps: () => Promise<void>): Promise<EnergyProgress> {
    try {
      await steps()
    } catch (error) {
      this.#outcome = isCancellation(error)
        ? { state: 'cancelled', error: null }
        : { state: 'failed', error: { code: typeOf(error), message: messageOf(error) } }
      throw error
    }
    this.#outcome = { state: 'done', error: null }
    this.#step = 'done'
    return this.describe()
  }

  /** Imports what waits, file by file; a file that cannot be imported keeps no other one waiting. */
  async importFiles(): Promise<void> {
    const { listEnergyFiles, importEnergyFile } = importActivities()
    this.#step = 'looking for meter files'
    for (const file of await listEnergyFiles()) {
      this.#step = `importing ${file.name}`
      await this.#isolated(file.name, async () => {
        const { added, corrected, refused } = await importEnergyFile(file)
        this.#files.imported += 1
        this.#files.hoursAdded += added
        this.#files.hoursCorrected += corrected
        this.#files.rowsRefused += refused
      }).then((done) => {
        if (!done) this.#files.failed += 1
      })
    }
  }

  get hoursChanged(): number {
    return this.#files.hoursAdded + this.#files.hoursCorrected
  }

  async writeRequest(): Promise<void> {
    this.#step = 'writing the request'
    await this.#isolated('request', async () => {
      await importActivities().writeEnergyRequest()
    })
  }

  /** One child for every entity with a day to separate. */
  async separateDue(): Promise<void> {
    const { entitiesToSeparate } = energyActivities()
    this.#step = 'separating'
    let after: string | null = null
    do {
      const due: DueEntities = await entitiesToSeparate(after)
      await inParallel(due.entities, SEPARATIONS_AT_ONCE, (entity) => this.#separate(entity))
      after = due.next
    } while (after !== null)
  }

  async #separate(entity: EntityRef): Promise<void> {
    const name = entityWorkflowId(entity)
    await this.#isolated(name, async () => {
      const { days, separable } = await separateInChild(entity)
      this.#separated.entities += 1
      this.#separated.days += days.length
      if (!separable) this.#separated.notSeparable += 1
    })
  }

  async recalibrateDue(): Promise<void> {
    this.#step = 'recalibrating'
    await this.#isolated('recalibration', async () => {
      const { done, failures } = await executeChild<typeof recalibrateHeatLoss>('recalibrateHeatLoss', {
        workflowId: 'recalibrate:due',
        args: [{}],
      })
      this.#recalibrated.accepted += done.filter(({ accepted }) => accepted).length
      this.#recalibrated.kept += done.filter(({ accepted }) => !accepted).length
      this.#failures.push(...failures)
    })
  }

  async forecast(): Promise<void> {
    this.#step = 'forecasting'
    await this.#isolated('forecast', async () => {
      await energyActivities().forecastEnergy()
    })
  }

  /** @returns whether the work was done; what went wrong is told, and the pipeline goes on */
  async #isolated(what: string, work: () => Promise<void>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (isCancellation(error)) throw error
      // Somebody else is at it; what it leaves is found by the next look.
      if (error instanceof WorkflowExecutionAlreadyStartedError) return true
      const message = messageOf(error)
      log.warn('energy.step_failed', { what, reason: message })
      this.#failures.push({ what, message })
      return false
    }
  }
}

function separateInChild(entity: EntityRef): Promise<SeparatedEntity> {
  return executeChild<typeof separateEntity>('separateEntity', {
    workflowId: `separate:${entityWorkflowId(entity)}`,
    args: [{ entity }],
    // Called off with the pipeline; what it has written stays right.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    typedSearchAttributes: [
      { key: SEARCH_ATTRIBUTES.kind, value: entity.kind },
      { key: SEARCH_ATTRIBUTES.entity, value: entity.id },
    ],
  })
}

const RETRIES = {
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '5 seconds', maximumInterval: '2 minutes', maximumAttempts: 6 },
} as const

function importActivities() {
  return proxyActivities<EnergyImportActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'energy'),
    startToCloseTimeout: '2 hours',
    ...RETRIES,
  })
}

function energyActivities() {
  return proxyActivities<EnergyActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'energy'),
    startToCloseTimeout: '30 minutes',
    ...RETRIES,
  })
}

/** The sentence of whatever lies at the bottom of a failure. */
export function messageOf(error: unknown): string {
  const cause = causeOf(error)
  return cause instanceof Error ? cause.message : String(cause)
}

function typeOf(error: unknown): string {
  const cause = causeOf(error)
  return cause instanceof ApplicationFailure ? (cause.type ?? 'Unknown') : 'Unavailable'
}

function causeOf(error: unknown): unknown {
  const wrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure
  return wrapped && error.cause !== undefined ? causeOf(error.cause) : error
}
