/** Imports of history and the filling of gaps, as clients start and see them. */
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { TypedSearchAttributes } from '@temporalio/common'
import { type ImportOperations, importWorkflowId } from '../api/import-routes.ts'
import { Unavailable } from '../connectors/errors.ts'
import { SWEDISH_ZONE } from '../domain/time/day.ts'
import type { fillGaps } from '../workflows/fill-gaps.ts'
import { importProgress } from '../workflows/history-messages.ts'
import type { ImportHistoryInput, importHistory } from '../workflows/import-history.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/messages.ts'
import { workflowQueue } from '../workflows/queues.ts'

const FILL_GAPS = 'fillGaps'
/** Twice a day, before the working day and at noon. */
const FILL_TIMES = [
  { hour: 7, minute: 30 },
  { hour: 12, minute: 0 },
]
/** Holes are found in the data, not by the clock: after downtime one run is enough. */
const FILL_CATCH_UP = '12 hours'

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

/** Makes the schedule that fills gaps; one that exists stays as an operator has left it. */
export async function ensureFillGapsSchedule(client: Client, queuePrefix: string): Promise<void> {
  try {
    await client.schedule.create({
      scheduleId: FILL_GAPS,
      spec: { calendars: FILL_TIMES, timezone: SWEDISH_ZONE },
      policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: FILL_CATCH_UP },
      action: {
        type: 'startWorkflow',
        workflowType: FILL_GAPS,
        workflowId: FILL_GAPS,
        taskQueue: workflowQueue(queuePrefix),
        args: [{}] satisfies Parameters<typeof fillGaps>,
      },
    })
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error
  }
}
