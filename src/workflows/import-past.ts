/** Imports the past of an entity as part of another workflow, which the import outlives. */
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  CancellationScope,
  ChildWorkflowFailure,
  executeChild,
  isCancellation,
  ParentClosePolicy,
} from '@temporalio/workflow'
import type { EntityWithHistory } from '../activities/history-contract.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import type { importHistory } from './import-history.ts'
import { SEARCH_ATTRIBUTES } from './messages.ts'

export type PastImport =
  | { readonly state: 'done'; readonly rows: number }
  /** Somebody else's import of the same entity runs. */
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly reason: string }

/** Cancelling the caller cancels the import; everything else that ends the caller does not. */
export async function importPast({ kind, id }: EntityWithHistory, days: number): Promise<PastImport> {
  try {
    const { rows } = await executeChild<typeof importHistory>('importHistory', {
      workflowId: `import:${entityWorkflowId({ kind, id })}`,
      args: [{ kind, id, days }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      typedSearchAttributes: [
        { key: SEARCH_ATTRIBUTES.kind, value: kind },
        { key: SEARCH_ATTRIBUTES.entity, value: id },
      ],
    })
    return { state: 'done', rows }
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return { state: 'running' }
    // An import that somebody cancels by itself has failed, as far as its parent is concerned.
    if (!(error instanceof ChildWorkflowFailure) || CancellationScope.current().consideredCancelled) throw error
    const { cause } = error
    if (cause instanceof ApplicationFailure) return { state: 'failed', reason: cause.message }
    return { state: 'failed', reason: isCancellation(error) ? 'it was cancelled' : 'it was ended' }
  }
}
