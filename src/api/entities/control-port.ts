/** What the API asks of the loops of houses: control, room target and mode. */
import type { ControlOutcome } from '../../activities/control-contract.ts'
import type { ControlMode } from '../../domain/entity.ts'

export type ControlWish =
  | { readonly kind: 'take'; readonly force: boolean }
  | { readonly kind: 'release' }
  | { readonly kind: 'setpoint'; readonly temperature: number }
  | { readonly kind: 'mode'; readonly mode: ControlMode; readonly force: boolean }

export type ControlAnswer =
  | { readonly state: 'done'; readonly outcome: ControlOutcome }
  | { readonly state: 'refused'; readonly reason: string }
  /** Not within the time a caller waits; it may still come. */
  | { readonly state: 'pending' }

export interface ControlOperations {
  /**
   * Asks the loop of a house and waits some seconds for what comes of it.
   * @throws EntityNotFound when no loop runs, Unavailable when Temporal cannot be reached, and the typed error of what
   * is in the way at the house
   */
  ask(
    id: string,
    wish: ControlWish,
    request: { readonly requestId: string; readonly by: string; readonly expiresAt: number },
  ): Promise<ControlAnswer>
  mayOptimise(id: string): Promise<{ readonly allowed: boolean; readonly reason: string }>
}
