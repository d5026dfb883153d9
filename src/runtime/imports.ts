/** Imports of history and the filling of gaps, as clients start and see them. */
import { randomUUID } from 'node:crypto'
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionStatusName,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import { type GapOperations, gapsWorkflowId } from '../api/gap-routes.ts'
import { type ImportOperations, importWorkflowId } from '../api/import-routes.ts'
import { Unavailable } from '../connectors/errors.ts'
import type { fillGaps } from '../workflows/fill-gaps.ts'
import { type FillGapsProgress, fillGapsProgress, importProgress } from '../workflows/history-messages.ts'
import type { ImportHistoryInput, importHistory } from '../workflows/import-history.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts'
import { workflowQueue } from '../workflows/queues.ts'

export function createImportOperations(client: Client, queuePrefix: string): ImportOperations {
  return {
    async startImport(entity, wish) {
      if (entity.kind === 'zone') throw new RangeError('a zone has no history to import')
      const input: ImportHistoryInput = { kind: entity.kind, id: entity.id, ...wish }
      try {
        await client.workflow.start<typeof importHistory>('importHistory', {
          taskQueue: workflowQueue(queuePrefix),
          workflowId: importWorkflowId(entity),
          workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
          args: [input],
          typedSearchAttributes: new TypedSearchAttributes([
            { key: SEARCH_ATTRIBUTES.kind, value: entity.kind },
            { key: SEARCH_ATTRIBUTES.entity, value: entity.id },
          ]),
        })
        return 'started'
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'running'
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },

    async importProgress(entity) {
      try {
        return await client.workflow.getHandle(importWorkflowId(entity)).query(importProgress)
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined
        throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
      }
    },
  }
}

/** Runs of `fillGaps` that somebody has asked for; the scheduled ones have ids of their own. */
export function createGapOperations(client: Client, queuePrefix: string): GapOperations {
  return {
    async startFill(wish) {
      const reference = randomUUID().slice(0, 8)
      try {
        await client.workflow.start<typeof fillGaps>('fillGaps', {
          taskQueue: workflowQueue(queuePrefix),
          workflowId: gapsWorkflowId(reference),
          args: [wish],
        })
        return reference
      } catch (error) {
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      }
    },

    async fillProgress(reference) {
      const handle = client.workflow.getHandle(gapsWorkflowId(reference))
      try {
        const [progress, { status }] = await Promise.all([handle.query(fillGapsProgress), handle.describe()])
        return progress.state === 'running' ? { ...progress, ...endedOutside(status.name) } : progress
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined
        throw new Unavailable('the Temporal server cannot be reached, or no worker answers', { cause: error })
      }
    },
  }
}

/** A run that was terminated cannot say so itself. */
function endedOutside(status: WorkflowExecutionStatusName): Partial<FillGapsProgress> {
  if (status !== 'TERMINATED' && status !== 'TIMED_OUT') return {}
  return { state: 'failed', error: { code: 'Terminated', message: 'the workflow was ended from outside' } }
}
