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
  /** True when trying again at once is pointless, such as a lock that was waited for already. */
  readonly hopeless: (error: unknown) => boolean
}

interface Pending {
  readonly points: readonly CheckedPoint[]
  next: number
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
      this.#queue.push({ points, next: 0, resolve, reject })
      this.#schedule((run) => setTimeout(run, LINGER_MS))
    })
  }

  /** Stores everything that waits, now. Failures go to the callers, not to whoever drains. */
  drain(): void {
    while (this.#queue.length > 0) this.#commitOnce()
  }

  #schedule(later: (run: () => void) => void): void {
    if (this.#scheduled) return
    this.#scheduled = true
    later(() => {
      this.#scheduled = false
      this.#commitOnce()
      if (this.#queue.length > 0) this.#schedule((run) => setImmediate(run))
    })
  }

  #commitOnce(): void {
    const slices = this.#takeSlices()
    if (slices.length === 0) return
    try {
      this.#options.commit(slices.flatMap(({ points }) => points))
      for (const slice of slices) this.#advance(slice)
    } catch (error) {
      if (slices.length === 1 || this.#options.hopeless(error)) {
        for (const slice of slices) this.#refuse(slice, error)
      } else {
        this.#commitOneByOne(slices)
      }
    }
    this.#queue = this.#queue.filter(({ next, points }) => next < points.length)
  }

  #commitOneByOne(slices: readonly Slice[]): void {
    for (const slice of slices) {
      try {
        this.#options.commit(slice.points)
        this.#advance(slice)
      } catch (error) {
        this.#refuse(slice, error)
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
    if (call.next >= call.points.length) call.resolve()
  }

  #refuse({ call }: Slice, error: unknown): void {
    call.next = call.points.length
    call.reject(this.#options.failure(error))
  }
}
