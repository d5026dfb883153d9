/**
 * Reads what cards show beside the status row in the background and keeps it for a while: a page never waits for it, and
 * many readers cost no more than one.
 */
import pLimit from 'p-limit'
import type { ApiDependencies } from '../api/dependencies.ts'
import { reasonOf } from '../api/problem.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'

const FORGOTTEN_MS = 60 * 60_000

interface Remembered<T> {
  readonly value: T
  readonly readAt: number
}

/**
 * What is known of an entity already; starts reading what is not, or is old.
 * @param read rejects when it cannot be read; `fallback` is shown then, until the next attempt
 * @param what name of it in the log event `web.not_read`
 */
export function createBackgroundReader<T>(
  { now, log }: Pick<ApiDependencies, 'now' | 'log'>,
  what: string,
  options: { readonly freshMs: number; readonly fallback: T; readonly read: (entity: EntityRef) => Promise<T> },
): (entity: EntityRef) => T {
  const { freshMs, fallback, read } = options
  const remembered = new Map<string, Remembered<T>>()
  const underWay = new Set<string>()
  // One at a time: these are ornaments and must not delay anybody's reading.
  const inTurn = pLimit(1)

  async function refresh(key: string, entity: EntityRef): Promise<void> {
    let value = fallback
    try {
      value = await read(entity)
    } catch (error) {
      log.warn('web.not_read', { what, kind: entity.kind, id: entity.id, reason: reasonOf(error) })
    }
    remembered.set(key, { value, readAt: now() })
    underWay.delete(key)
    for (const [other, { readAt }] of remembered) {
      if (now() - readAt > FORGOTTEN_MS) remembered.delete(other)
    }
  }

  return ({ kind, id }) => {
    const key = entityWorkflowId({ kind, id })
    const known = remembered.get(key)
    if ((known === undefined || now() - known.readAt > freshMs) && !underWay.has(key)) {
      underWay.add(key)
      void inTurn(() => refresh(key, { kind, id }))
    }
    return known === undefined ? fallback : known.value
  }
}
