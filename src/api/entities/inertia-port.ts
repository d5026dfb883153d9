/** What the API asks of the workflow that runs an inertia test. */
import type { InertiaWish } from '../../domain/inertia/wish.ts'

export type InertiaAnswer =
  | { readonly state: 'accepted' }
  /** A rule forbids it, such as that there is nothing to approve. */
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'not_running' }

/** Rejects with `Unavailable` when Temporal cannot be reached. */
export interface InertiaOperations {
  /** @returns false when a test of the house runs already */
  propose(id: string, wish: InertiaWish, request: { readonly testId: string; readonly by: string }): Promise<boolean>
  approve(id: string, by: string): Promise<InertiaAnswer>
  abort(id: string, by: string): Promise<InertiaAnswer>
  isRunning(id: string): Promise<boolean>
}

/** Id of the workflow that runs the inertia test of a house. */
export function inertiaWorkflowId(id: string): string {
  return `inertia:${id}`
}
