/**
 * Watches the fleet's health from outside the loops: it derives health anew from the age of the last readings, so a
 * worker that died or a loop that is stuck by a fault of ours raises an alarm although it says nothing itself.
 */
import { type EntityRef, entityWorkflowId, type Health } from '../domain/entity.ts'
import { deriveHealth } from '../domain/health.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { Logger } from './log.ts'

export interface HealthWatchOptions {
  readonly application: Pick<ApplicationStore, 'listStatus'>
  readonly log: Logger
  readonly now: () => number
}

/** One look at the fleet at a time; remembers what it saw to tell changes. */
export class HealthWatch {
  readonly #options: HealthWatchOptions
  #seen = new Map<string, { health: Health; reasonCode: string | null }>()

  constructor(options: HealthWatchOptions) {
    this.#options = options
  }

  /**
   * Logs `entity.health_changed` for every entity whose health differs from the last look, and the alarms `loop.stalled`
   * and `access.refused` once each time they begin.
   */
  async look(): Promise<void> {
    const { application, log, now } = this.#options
    const rows = await application.listStatus()
    const seen = new Map<string, { health: Health; reasonCode: string | null }>()
    for (const row of rows) {
      const { health, reason, reasonCode } = deriveHealth(row, now())
      const key = entityWorkflowId(row)
      const before = this.#seen.get(key)
      seen.set(key, { health, reasonCode })
      const entity: EntityRef = { kind: row.kind, id: row.id }
      if (before !== undefined && before.health !== health) {
        const fields = { ...entity, from: before.health, to: health, reason, reasonCode }
        if (health === 'ok') log.info('entity.health_changed', fields)
        else log.warn('entity.health_changed', fields)
      }
      if (reasonCode !== before?.reasonCode) {
        if (reasonCode === 'LoopStalled') log.error('loop.stalled', { ...entity, reason })
        if (reasonCode === 'CredentialsRejected') log.error('access.refused', { ...entity, reason })
      }
    }
    this.#seen = seen
  }
}

const LOOK_MS = 15_000

/** Looks every 15 s until the returned function is called. */
export function startHealthWatch(options: HealthWatchOptions): () => void {
  const watch = new HealthWatch(options)
  const look = () =>
    watch.look().catch((error: unknown) => options.log.error('health_watch.failed', { reason: String(error) }))
  const timer = setInterval(() => void look(), LOOK_MS)
  void look()
  return () => clearInterval(timer)
}
