/**
 * Group commit: calls that come within a few milliseconds share one transaction, and with it one sync of the disk. A
 * call is answered only when its last point is durable. A failure is met call by call, so that nobody loses points to
 * another.
 */
import type { CheckedPoint } from './point.ts'

export interface GroupCommitOptions {
  /** Stores all points durably or none, and throws. Runs synchronously. */
  readonly commit: (points: readonly CheckedPoint[]) => void
  /** Makes the error callers get. */
  readonly failure: (error: unknown) => Error
  /** True when another process holds the lock: then all wait and are tried again together. */
  readonly isBusy: (error: unknown) => boolean
  /** How long a call waits for the lock before it is refused. */
  readonly patienceMs: number
  /** Between two attempts to get the lock. */
  readonly retryMs: number
}

interface Pending {
  readonly points: readonly CheckedPoint[]
  next: number
  /** When the lock was first found taken since points of this call were last stored, milliseconds. */
  waitingSince: number | undefined
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Slice {
  readonly call: Pending
  readonly points: readonly CheckedPoint[]
}

/** Long enough that a fleet's polls of the same second meet, short enough that nobody notices. */
const LINGER_MS = 4

/** Points of one call that others wait beside: an import of a year lets the polls through. */
const CALL_SHARE = 500

/** Points in one transaction: some 20 ms in which the process does nothing else. */
const TRANSACTION_POINTS = 2000

export class GroupCommit {
  readonly #options: GroupCommitOptions
  #queue: Pending[] = []
  #scheduled = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  write(points: readonly CheckedPoint[]): Promise<void> {
    if (points.length === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#queue.push({ points, next: 0, waitingSince: undefined, resolve, reject })
      this.#schedule((run) => setTimeout(run, LINGER_MS))
    })
  }

  /**
   * Stores everything that waits, now. Failures go to the callers, not to whoever drains, but for one: when another
   * process holds the lock its error is thrown, and what waits goes on waiting.
   */
  drain(): void {
    while (this.#queue.length > 0) {
      const lock = this.#commitOnce()
      if (lock !== undefined) throw lock.error
    }
  }

  /** Refuses everything that waits. */
  refuseAll(error: unknown): void {
    for (const call of this.#queue.splice(0)) this.#refuse(call, error)
  }

  #schedule(later: (run: () => void) => void): void {
    if (this.#scheduled) return
    this.#scheduled = true
    later(() => {
      this.#scheduled = false
      const lock = this.#commitOnce()
      if (this.#queue.length === 0) return
      this.#schedule((run) => (lock === undefined ? setImmediate(run) : setTimeout(run, this.#options.retryMs)))
    })
  }

  /** @returns the error when another process holds the lock */
  #commitOnce(): { readonly error: unknown } | undefined {
    const slices = this.#takeSlices()
    if (slices.length === 0) return undefined
    let lock: { readonly error: unknown } | undefined
    try {
      this.#options.commit(slices.flatMap(({ points }) => points))
      for (const slice of slices) this.#advance(slice)
    } catch (error) {
      if (this.#options.isBusy(error)) {
        lock = { error }
        this.#wait(error)
      } else if (slices.length === 1) {
        for (const { call } of slices) this.#refuse(call, error)
      } else {
        this.#commitOneByOne(slices)
      }
    }
    this.#queue = this.#queue.filter(({ next, points }) => next < points.length)
    return lock
  }

  /** Everything in the queue waits for the same lock; who has waited long enough is refused. */
  #wait(error: unknown): void {
    const now = performance.now()
    for (const call of this.#queue) {
      call.waitingSince ??= now
      if (now - call.waitingSince >= this.#options.patienceMs) this.#refuse(call, error)
    }
  }

  #commitOneByOne(slices: readonly Slice[]): void {
    for (const slice of slices) {
      try {
        this.#options.commit(slice.points)
        this.#advance(slice)
      } catch (error) {
        this.#refuse(slice.call, error)
      }
    }
  }

  #takeSlices(): Slice[] {
    const slices: Slice[] = []
    const share = Math.max(CALL_SHARE, Math.floor(TRANSACTION_POINTS / Math.max(this.#queue.length, 1)))
    let room = TRANSACTION_POINTS
    for (const call of this.#queue) {
      if (room <= 0) break
      const points = call.points.slice(call.next, call.next + Math.min(share, room))
      room -= points.length
      slices.push({ call, points })
    }
    return slices
  }

  #advance({ call, points }: Slice): void {
    call.next += points.length
    call.waitingSince = undefined
    if (call.next >= call.points.length) call.resolve()
  }

  #refuse(call: Pending, error: unknown): void {
    call.next = call.points.length
    call.reject(this.#options.failure(error))
  }
}
