/**
 * Sends lines to InfluxDB in shared batches. Nothing is dropped in silence: every call is answered when its last line
 * was accepted, or told why not, after a bounded number of attempts.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../../connectors/errors.ts'
import { askedToWait, isPassing, isRefusedContent, isTooLarge } from './failure.ts'

export interface LineWriterOptions {
  /** One request; rejects with the client library's errors. */
  readonly send: (lines: readonly string[]) => Promise<void>
  /** Makes the error callers get. */
  readonly failure: (error: unknown) => Error
}

interface Call {
  readonly lines: readonly string[]
  next: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Slice {
  readonly call: Call
  readonly lines: readonly string[]
}

/** Polls of the same moment share a request. */
const LINGER_MS = 20

/** InfluxDB's own advice for the size of a batch. */
const BATCH_LINES = 5000

/** Lines of one call in one request, so that an import lets polls through. */
const CALL_SHARE = 2500

/** Beyond this a caller is refused at once: memory is not where an outage is sat out. */
const MAX_WAITING_LINES = 500_000

/** Pauses between attempts. */
const RETRY_MS = [100, 500, 2000]

const MAX_ASKED_WAIT_MS = 5000

export class LineWriter {
  readonly #options: LineWriterOptions
  #queue: Call[] = []
  #running: Promise<void> | undefined
  /**
   * After an outage was seen requests get one attempt each, until one passes: a queue must not wait its time out one by
   * one.
   */
  #down = false

  constructor(options: LineWriterOptions) {
    this.#options = options
  }

  write(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return Promise.resolve()
    const waiting = this.#queue.reduce((sum, call) => sum + call.lines.length - call.next, 0)
    if (this.#queue.length > 0 && waiting + lines.length > MAX_WAITING_LINES) {
      return Promise.reject(new StoreUnavailable(`more than ${MAX_WAITING_LINES} points wait for InfluxDB already`))
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ lines, next: 0, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when nothing waits any more, however it ended. */
  async drain(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    await sleep(LINGER_MS)
    while (this.#queue.length > 0) {
      await this.#sendSlices(this.#takeSlices())
      this.#queue = this.#queue.filter(({ next, lines }) => next < lines.length)
    }
    this.#running = undefined
  }

  #takeSlices(): Slice[] {
    const slices: Slice[] = []
    let room = BATCH_LINES
    for (const call of this.#queue) {
      if (room <= 0) break
      const lines = call.lines.slice(call.next, call.next + Math.min(CALL_SHARE, room))
      room -= lines.length
      slices.push({ call, lines })
    }
    return slices
  }

  async #sendSlices(slices: readonly Slice[]): Promise<void> {
    try {
      await this.#sendPatiently(slices.flatMap(({ lines }) => lines))
      for (const slice of slices) advance(slice)
    } catch (error) {
      if (isRefusedContent(error) && slices.length > 1) {
        // InfluxDB has stored what it could; sending again finds out whose lines it could not.
        for (const slice of slices) await this.#sendSlices([slice])
        return
      }
      for (const { call } of slices) this.#refuse(call, error)
    }
  }

  #refuse(call: Call, error: unknown): void {
    call.next = call.lines.length
    call.reject(this.#options.failure(error))
  }

  async #sendPatiently(lines: readonly string[]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#options.send(lines)
        this.#down = false
        return
      } catch (error) {
        if (isTooLarge(error) && lines.length > 1) {
          const middle = Math.ceil(lines.length / 2)
          await this.#sendPatiently(lines.slice(0, middle))
          return this.#sendPatiently(lines.slice(middle))
        }
        const pause = RETRY_MS[attempt]
        if (!isPassing(error)) throw error
        if (pause === undefined || this.#down) {
          this.#down = true
          throw error
        }
        await sleep(Math.min(Math.max(pause, askedToWait(error)), MAX_ASKED_WAIT_MS))
      }
    }
  }
}

function advance({ call, lines }: Slice): void {
  call.next += lines.length
  if (call.next >= call.lines.length) call.resolve()
}
