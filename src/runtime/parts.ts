/** The parts of a running process, stopped in the reverse order of their start. */
import type { Logger } from './log.ts'

export interface Part {
  readonly name: string
  stop(): Promise<void>
}

export class RunningParts {
  readonly #parts: Part[] = []
  readonly #log: Logger
  #stopping: Promise<void> | undefined

  constructor(log: Logger) {
    this.#log = log
  }

  add(name: string, stop: () => Promise<void>): void {
    this.#parts.push({ name, stop })
  }

  get stopping(): boolean {
    return this.#stopping !== undefined
  }

  /** One part that cannot be stopped does not keep the others running. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll()
    return this.#stopping
  }

  async #stopAll(): Promise<void> {
    for (const { name, stop } of this.#parts.reverse()) {
      try {
        await stop()
        this.#log.info('part.stopped', { part: name })
      } catch (error) {
        this.#log.error('part.not_stopped', { part: name, reason: String(error) })
      }
    }
  }
}

/**
 * Resolves when the process is asked to end. A second request while it is ending calls `hurry`, for people who press
 * Ctrl-C twice.
 */
export function untilAskedToStop(hurry: () => void): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) hurry()
        asked = true
        resolve(signal)
      })
    }
  })
}
