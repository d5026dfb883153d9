/**
 * The right to write to one house, for one process at a time. The control record is only ever written under it: a
 * process that stood still and lost its turn finds its record refused before it writes to the controller.
 */
import { Unavailable } from '../../connectors/errors.ts'
import { type ControlRecord, FREE } from '../../domain/safety/house-control.ts'
import { awaitLease } from '../../store/application/await-lease.ts'
import type { ApplicationStore, Lease, LeaseStore } from '../../store/application/port.ts'

/** Collection of the control records; the key is the house id. */
export const CONTROL_RECORDS = 'house-control'

/** After the death of a holder others wait this long. */
const TURN_MS = 30_000
const RENEW_MS = 8_000

export type ControlStore = LeaseStore & Pick<ApplicationStore, 'getDocument'>

export interface Turn {
  readonly record: ControlRecord
  /** Rises with every turn: what a message or a log line belongs to. */
  readonly epoch: number
  /** Stores the record, after which it is the present one. @throws Unavailable when the turn was lost */
  save(record: ControlRecord): Promise<void>
  /** @throws Unavailable when another process has the turn by now */
  assertOwn(): Promise<void>
  /** Aborted when that is found out in the middle of a write. */
  readonly lost: AbortSignal
}

export async function controlRecordOf(
  store: Pick<ApplicationStore, 'getDocument'>,
  id: string,
): Promise<ControlRecord> {
  const found = await store.getDocument<ControlRecord>(CONTROL_RECORDS, id)
  return found === undefined ? FREE : { ...FREE, ...found.value }
}

export interface TurnWish {
  readonly id: string
  /** Which process asks, for messages. */
  readonly holder: string
  /** 0: not at all. */
  readonly patienceMs: number
  readonly signal?: AbortSignal | undefined
}

/** Name of the lease under which a house is written to. */
export function houseWriteLease(id: string): string {
  return `house-write:${id}`
}

/**
 * Runs `work` in a turn of its own.
 * @throws Unavailable when the turn was not to be had in time, and whatever `work` throws
 */
export async function withTurn<T>(
  store: ControlStore,
  { id, holder, patienceMs, signal }: TurnWish,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  const name = houseWriteLease(id)
  let lease: Lease = await awaitLease(store, {
    name,
    holder,
    lastsMs: TURN_MS,
    patienceMs,
    subject: `the heat curve of ${id}`,
    signal,
  })
  const lost = new AbortController()
  const renew = async () => {
    const renewed = await store.renewLease(lease, TURN_MS)
    if (renewed === undefined) {
      const reason = new Unavailable(`another process has taken over writing to ${id}`)
      lost.abort(reason)
      throw reason
    }
    lease = renewed
  }
  // The store may be away for a moment; what counts is met by the next save, without which nothing is written.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS)
  try {
    let record = await controlRecordOf(store, id)
    return await work({
      get record() {
        return record
      },
      epoch: lease.epoch,
      async save(next) {
        if (!(await store.putDocumentUnder(lease, CONTROL_RECORDS, id, next))) {
          throw new Unavailable(`another process has taken over writing to ${id}`)
        }
        record = next
      },
      assertOwn: renew,
      lost: lost.signal,
    })
  } finally {
    clearInterval(timer)
    // Left to end by itself when the store is away.
    await store.releaseLease(lease).catch(() => undefined)
  }
}
