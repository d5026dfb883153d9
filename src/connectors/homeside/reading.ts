/**
 * Reading with patience: the portal answers at once with what it has, and asks the controller for the rest. How long
 * to ask again, and for what, is decided here.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BvproError, Pending, Unavailable } from '../errors.ts'
import { SessionExpired } from './session-expired.ts'
import { indexByShortName, type Variable, type VariableIndex } from './variables.ts'

/** Wall clock and waiting, replaceable in tests. */
export interface Clock {
  /** Milliseconds of a clock that never jumps. */
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
}

/** A variable somebody waits for; those of one device fall silent together. */
export interface Wanted {
  readonly shortName: string
  readonly device?: string
}

export interface Patience {
  readonly clock: Clock
  /** Between two questions, milliseconds. */
  readonly pollMs: number
  /** All waiting of one call together, request time included, milliseconds. */
  readonly budgetMs: number
}

/**
 * The waiting time of one call; it starts with the first answer that makes us wait, and a new sign-in does not reset
 * it.
 */
export interface WaitingTime {
  readonly patience: Patience
  elapsedMs(): number
  remainingMs(): number
}

/** A waiting time whose clock starts at the first question about it. */
export function startWaitingTime(patience: Patience): WaitingTime {
  let startedAt: number | undefined
  const elapsedMs = () => {
    startedAt ??= patience.clock.now()
    return patience.clock.now() - startedAt
  }
  return { patience, elapsedMs, remainingMs: () => patience.budgetMs - elapsedMs() }
}

export interface ReadUntilDelivered {
  readonly read: (signal: AbortSignal | undefined) => Promise<Variable[]>
  readonly wanted: readonly Wanted[]
  readonly waiting: WaitingTime
  /**
   * Short names this house did not deliver within a full wait; kept by the caller from one call to the next, updated
   * here. A house without a heat meter must not cost a minute at every reading.
   */
  readonly silent: Set<string>
  /**
   * True while a new sign-in may still be tried: then a session that gives nothing at all is not waited for to the end.
   */
  readonly mayRenew: boolean
  readonly heartbeat?: (() => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Part of the budget for variables that were silent before, per attempt, while the house has not answered for the rest
 * either.
 */
const SHARE_FOR_SILENT = 1 / 4
/** Part of the budget after which a session without any wanted value counts as dead; the rest is for the new one. */
const SHARE_BEFORE_RENEWAL = 1 / 2

/**
 * Reads, and reads again while more than half of the entries are pending at first and wanted values that this house can
 * deliver are missing, within the waiting time. Whatever is there in the end is returned.
 * @throws SessionExpired when no wanted variable has a value, and whatever the first read throws
 */
export async function readUntilDelivered(options: ReadUntilDelivered): Promise<Variable[]> {
  const { wanted, waiting, silent, signal } = options
  const { clock, pollMs } = waiting.patience
  let variables = await options.read(signal)
  let open = undelivered(variables, wanted)
  if (open.length > 0 && mostlyPending(variables)) {
    const startedAt = waiting.elapsedMs()
    // A wait that leaves no time to ask again is not begun.
    while (open.length > 0 && waiting.elapsedMs() + pollMs < waitUntil(options, startedAt, open, variables)) {
      options.heartbeat?.()
      await clock.sleep(pollMs, signal)
      const next = await readWithin(options, waiting.remainingMs())
      if (next === undefined) break
      variables = next
      open = undelivered(variables, wanted)
    }
    if (waiting.remainingMs() <= pollMs) for (const { shortName } of open) silent.add(shortName)
  }
  const index = indexByShortName(variables)
  for (const { shortName } of wanted) if (hasValue(index, shortName)) silent.delete(shortName)
  if (!wanted.some(({ shortName }) => hasValue(index, shortName))) throw nothingDelivered(variables)
  return variables
}

/** More than half of all entries have been asked for and not answered yet. */
export function mostlyPending(variables: readonly Variable[]): boolean {
  const pending = variables.filter(({ type, value }) => type === 'Pending' || value === null)
  return pending.length > variables.length / 2
}

/** Wanted variables that the house lists, has no value for, and whose device has not been found unreachable. */
function undelivered(variables: readonly Variable[], wanted: readonly Wanted[]): Wanted[] {
  const index = indexByShortName(variables)
  const unreachable = wanted.filter(({ shortName }) => index.get(shortName)?.type === 'ErrorUnreachable')
  const deadDevices = new Set(unreachable.flatMap(({ device }) => device ?? []))
  return wanted.filter(({ shortName, device }) => {
    const variable = index.get(shortName)
    if (variable === undefined || variable.value !== null || variable.type === 'ErrorUnreachable') return false
    return device === undefined || !deadDevices.has(device)
  })
}

/** Up to which waiting time the values still open are worth waiting for, in milliseconds since the waiting began. */
function waitUntil(
  { wanted, waiting, silent, mayRenew }: ReadUntilDelivered,
  startedAt: number,
  open: readonly Wanted[],
  variables: readonly Variable[],
): number {
  const { budgetMs } = waiting.patience
  if (open.every(({ shortName }) => silent.has(shortName))) {
    return mostlyPending(variables) ? Math.min(startedAt + SHARE_FOR_SILENT * budgetMs, budgetMs) : startedAt
  }
  const index = indexByShortName(variables)
  const nothingYet = !wanted.some(({ shortName }) => hasValue(index, shortName))
  return nothingYet && mayRenew ? SHARE_BEFORE_RENEWAL * budgetMs : budgetMs
}

/**
 * A read that ends with the waiting time; undefined when it did, or when the portal failed meanwhile: what it has told
 * before is still true. The end of the time is no outage, so it must not look like one to the circuit breaker.
 */
async function readWithin(options: ReadUntilDelivered, remainingMs: number): Promise<Variable[] | undefined> {
  const end = AbortSignal.timeout(Math.max(1, Math.ceil(remainingMs)))
  try {
    return await options.read(options.signal === undefined ? end : AbortSignal.any([options.signal, end]))
  } catch (error) {
    if (options.signal?.aborted || error instanceof SessionExpired) throw error
    if (end.aborted || (error instanceof BvproError && error.retryable)) return undefined
    throw error
  }
}

function hasValue(index: VariableIndex, shortName: string): boolean {
  return (index.get(shortName)?.value ?? null) !== null
}

function nothingDelivered(variables: readonly Variable[]): SessionExpired {
  const otherwise = mostlyPending(variables)
    ? new Pending('HomeSide has asked the house controller and has no values yet')
    : new Unavailable('HomeSide has no value of any known variable of the house')
  return new SessionExpired('no wanted variable has a value', otherwise)
}
