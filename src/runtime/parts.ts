/** The parts of a running process, stopped in the reverse order of their start. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './log.ts'

interface Part {
  readonly name: string
  readonly stop: () => Promise<void>
}

/** What a part may still take once somebody is in a hurry. */
const HURRIED_MS = 700

/** Why a start ends without a fault: somebody asked the process to stop. */
export class StartBrokenOff extends Error {
  override readonly name = 'StartBrokenOff'
  constructor() {
    super('stopped on request')
  }
}

export class RunningParts {
  readonly #parts: Part[] = []
  readonly #log: Logger
  readonly #hurried: Promise<void>
  readonly #breakOff = new AbortController()
  #beginHurry: () => void = () => undefined
  #stopping: Promise<void> | undefined

  constructor(log: Logger) {
    this.#log = log
    this.#hurried = new Promise((resolve) => {
      this.#beginHurry = resolve
    })
  }

  /** A part that is ready only after the stop began is stopped at once: nothing may be left running. */
  add(name: string, stop: () => Promise<void>): void {
    const part = { name, stop }
    if (this.#stopping === undefined) this.#parts.push(part)
    else this.#stopping = this.#stopping.then(() => this.#stopOne(part))
  }

  /** Aborted when nothing more is to be started; whatever takes long to come up looks at it. */
  get signal(): AbortSignal {
    return this.#breakOff.signal
  }

  /**
   * Breaks off what is coming up and waits for it, so that no part is stopped under the feet of one being started:
   * until it has settled, `limitMs` have passed, or somebody is in a hurry.
   */
  async breakOff(comingUp: Promise<unknown>, limitMs: number): Promise<void> {
    this.#breakOff.abort(new StartBrokenOff())
    const settled = comingUp.then(
      () => undefined,
      (error: unknown) => {
        if (!(error instanceof StartBrokenOff)) this.#log.warn('start.failed', { reason: String(error) })
      },
    )
    const limit = new AbortController()
    await Promise.race([
      settled,
      delay(limitMs, undefined, { signal: limit.signal }).catch(() => undefined),
      this.#hurried.then(() => delay(HURRIED_MS)),
    ])
    limit.abort()
  }

  /** Resolves when all parts have ended, or, in a hurry, have been told to. */
  stop(): Promise<void> {
    this.#breakOff.abort(new StartBrokenOff())
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  /** From now on no part is waited for longer than a moment; each is still told to stop. */
  hurry(): void {
    this.#beginHurry()
  }

  async #stopAll(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) await this.#stopOne(part)
  }

  /** One part that cannot be stopped does not keep the others running. */
  async #stopOne({ name, stop }: Part): Promise<void> {
    try {
      const outcome = await Promise.race([
        stop().then(() => 'stopped'),
        this.#hurried.then(() => delay(HURRIED_MS, 'left')),
      ])
      this.#log.info(outcome === 'stopped' ? 'part.stopped' : 'part.left', { part: name })
    } catch (error) {
      this.#log.error('part.not_stopped', { part: name, reason: String(error) })
    }
  }
}

/** One Ctrl-C may arrive twice, from the terminal and passed on by npm; nobody presses it twice as fast as this. */
const SAME_REQUEST_MS = 250

/**
 * Resolves when the process is asked to end. Further requests while it is ending call `hurry`, for people who press
 * Ctrl-C twice.
 */
export function untilAskedToStop(hurry: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let askedAt: number | null = null
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        askedAt ??= performance.now()
        if (performance.now() - askedAt > SAME_REQUEST_MS) hurry()
        resolve(signal)
      })
    }
  })
}
