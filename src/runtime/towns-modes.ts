/**
 * Each house of the town shows a mode. Brings every one into its own, once in its life and by the same request people
 * make: what somebody chose before or chooses later stays.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { openRequest, requestOf } from '../activities/control/requests.ts'
import { describeError } from '../activities/failures.ts'
import type { ControlOperations } from '../api/entities/control-port.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import { type ControlMode, type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import { newestAudit } from '../store/application/audit.ts'
import type { ApplicationStore, EntityStatus } from '../store/application/port.ts'
import type { Logger } from './log.ts'

/** Houses that have been brought into their mode, or were left to people. */
const TOWNS_MODES = 'towns-modes'
const ASKED_BY = 'simulated town'
const LOOK_EVERY_MS = 2_000
const EXPIRES_MS = 60_000
/** What has begun in time may take some minutes more. */
const GIVEN_UP_MS = 6 * 60_000

export interface TownsModesParts {
  readonly application: ApplicationStore
  readonly config: Pick<ConfigStore, 'get'>
  readonly control: ControlOperations
  /** By id of the house. */
  readonly wanted: ReadonlyMap<string, ControlMode>
  readonly log: Logger
  readonly lookEveryMs?: number
}

export interface TownsModes {
  /** Houses that are not there yet, and why: a sentence each. */
  waiting(): ReadonlyMap<string, { readonly mode: ControlMode; readonly reason: string }>
  /** Resolves when every house is settled; tells of nothing that went wrong, which is tried again. */
  readonly settled: Promise<void>
  /** What is being asked for is not waited for. */
  stop(): void
}

/** Goes on in the background until every house is settled; a start after a crash goes on where it was. */
export function bringIntoModes(parts: TownsModesParts): TownsModes {
  const { wanted, log, lookEveryMs = LOOK_EVERY_MS } = parts
  const waiting = new Map<string, { mode: ControlMode; reason: string }>()
  const stopping = new AbortController()
  const bring = async (id: string, mode: ControlMode) => {
    const ask = createAsking(parts, id, mode)
    for (;;) {
      const reason = await stepTowards(parts, id, mode, ask).catch((error: unknown) => describeError(error).reason)
      stopping.signal.throwIfAborted()
      if (reason === null) break
      if (waiting.get(id)?.reason !== reason) log.info('town.mode_waits', { kind: 'house', id, mode, reason })
      waiting.set(id, { mode, reason })
      await delay(lookEveryMs, undefined, { signal: stopping.signal })
    }
    waiting.delete(id)
  }
  const settled = Promise.all([...wanted].map(([id, mode]) => bring(id, mode))).then(
    () => undefined,
    (error: unknown) => {
      if (!stopping.signal.aborted) throw error
    },
  )
  return {
    waiting: () => waiting,
    settled,
    stop: () => stopping.abort(),
  }
}

/** A line for each house: its mode, since when, and the one it is to get. */
export function describeModes(
  houses: readonly Pick<EntityStatus, 'id' | 'mode' | 'modeSince'>[],
  waiting: ReturnType<TownsModes['waiting']>,
): string[] {
  return houses.map(({ id, mode, modeSince }) => {
    const since = modeSince === null ? '' : ` since ${new Date(modeSince).toISOString().slice(0, 19)}Z`
    const awaited = waiting.get(id)
    return `${id}: ${mode}${since}${awaited === undefined ? '' : `; ${awaited.mode} soon (${awaited.reason})`}`
  })
}

/** @returns what it waits for; null when the house is settled */
async function stepTowards(
  { application, config, control, log }: TownsModesParts,
  id: string,
  mode: ControlMode,
  ask: () => Promise<string | undefined>,
): Promise<string | null> {
  const house: EntityRef = { kind: 'house', id }
  const key = entityWorkflowId(house)
  if ((await application.getDocument(TOWNS_MODES, key)) !== undefined) return null
  const settle = async (outcome: string) => {
    await application.putDocument(TOWNS_MODES, key, { mode, outcome })
    log.info('town.mode_settled', { kind: 'house', id, mode, outcome })
    return null
  }
  // Nothing is kept of a house that was removed.
  if ((await config.get(house)) === undefined) return null
  const row = await application.getStatus(house)
  if (row === undefined || row.lastGoodAt === null) return 'it was not read yet'
  if (row.offboarding) return 'it is being removed'
  // The same mode without an entry is a request of ours that a crash has cut short: it is made again.
  const chosen = row.mode !== 'monitor' && row.mode !== mode
  if (chosen || (await modeWasSet(application, house))) return settle(`it is in mode ${row.mode}`)
  if (mode === 'optimise') {
    const { allowed, reason } = await control.mayOptimise(id)
    if (!allowed) return reason
  }
  return (await ask()) ?? settle('asked for')
}

async function modeWasSet(application: ApplicationStore, { kind, id }: EntityRef): Promise<boolean> {
  const entries = await newestAudit(application, Number.POSITIVE_INFINITY)
  return entries.some(({ action, entity }) => action === 'mode.set' && entity.kind === kind && entity.id === id)
}

/** Asks for the mode; who asks again while an earlier request is under way asks after that one. */
function createAsking({ application, control }: TownsModesParts, id: string, mode: ControlMode) {
  let underWay: { readonly requestId: string; readonly askedAt: number } | undefined
  /** @returns why it did not come about; undefined when it did */
  return async (): Promise<string | undefined> => {
    const known = underWay === undefined ? undefined : await requestOf(application, underWay.requestId)
    if (known !== undefined && known.state !== 'pending') {
      underWay = undefined
      return known.state === 'done' ? undefined : (known.reason ?? known.state)
    }
    if (underWay !== undefined && Date.now() < underWay.askedAt + GIVEN_UP_MS) return 'the house takes its time'
    const requestId = randomUUID()
    const askedAt = Date.now()
    const request = { by: ASKED_BY, expiresAt: askedAt + EXPIRES_MS }
    await openRequest(application, requestId, { house: id, kind: 'mode', askedAt, ...request })
    const answer = await control.ask(id, { kind: 'mode', mode, force: false }, { requestId, ...request })
    underWay = answer.state === 'pending' ? { requestId, askedAt } : undefined
    if (answer.state === 'refused') return answer.reason
    return answer.state === 'done' ? undefined : 'the house takes its time'
  }
}
