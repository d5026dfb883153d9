/**
 * The log file of `bvpro up`. A line is in the file when `write` returns, so that a kill loses none. A disk that takes
 * nothing does not end the process: lines wait in memory for a while. A file that has grown large is set aside.
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DestinationStream } from 'pino'
import { StartupFault } from './servers/startup-fault.ts'

export interface LogFileOptions {
  /** A file of this size is renamed to `<file>.1`, replacing an older one, and a new one begun. */
  readonly limitBytes?: number
  /** Lines that may wait while the disk takes none; beyond this the newest are lost. */
  readonly waitingBytes?: number
  readonly now?: () => number
}

/** Some weeks of a few houses, some days of a thousand. */
const LIMIT_BYTES = 50_000_000
const WAITING_BYTES = 1_000_000

/** A disk that refuses is asked again with the first line after this pause. */
const RETRY_MS = 1_000

export class LogFile implements DestinationStream {
  readonly #path: string
  #limit: number
  readonly #waitingLimit: number
  readonly #now: () => number
  #descriptor: number
  #size: number
  /** Lines the disk has not taken; empty in ordinary times. */
  #waiting: string[] = []
  #waitingBytes = 0
  #lostLines = 0
  #retryAt = 0

  /** Opens or creates the file and its folder. @throws StartupFault when it cannot be written */
  constructor(path: string, options: LogFileOptions = {}) {
    this.#path = path
    this.#limit = options.limitBytes ?? LIMIT_BYTES
    this.#waitingLimit = options.waitingBytes ?? WAITING_BYTES
    this.#now = options.now ?? Date.now
    try {
      mkdirSync(dirname(path), { recursive: true })
      this.#descriptor = openSync(path, 'a')
      this.#size = fstatSync(this.#descriptor).size
    } catch (error) {
      throw new StartupFault(
        `The log file ${path} cannot be written (${codeOf(error)}). Correct the owner and permissions of the file and its folder.`,
        { cause: error },
      )
    }
  }

  /** @param line one line with its end */
  write(line: string): void {
    if (this.#waiting.length === 0) this.#writeOrKeep(line)
    else {
      this.#keep(line)
      if (this.#now() >= this.#retryAt) this.#writeWaiting()
    }
  }

  #writeOrKeep(line: string): void {
    try {
      this.#append(line)
    } catch {
      // Told in the log itself, with the number of lines that were lost, as soon as it takes lines again.
      this.#keep(line)
      this.#retryAt = this.#now() + RETRY_MS
    }
  }

  #writeWaiting(): void {
    const gap = this.#lostLines === 0 ? '' : this.#event('log.lines_lost', { lines: this.#lostLines })
    try {
      this.#append(this.#waiting.join('') + gap)
      this.#waiting = []
      this.#waitingBytes = 0
      this.#lostLines = 0
    } catch {
      this.#retryAt = this.#now() + RETRY_MS
    }
  }

  #keep(line: string): void {
    if (this.#waitingBytes + line.length > this.#waitingLimit) {
      this.#lostLines += 1
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += line.length
  }

  /** All of the text or nothing: half a line would spoil the next one too. */
  #append(text: string): void {
    const bytes = Buffer.from(text)
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written)
    } catch (error) {
      // Another process may write to the same file: its lines are not ours to cut.
      if (written > 0 && fstatSync(this.#descriptor).size === this.#size + written) {
        ftruncateSync(this.#descriptor, this.#size)
      }
      throw error
    }
    this.#size += written
    if (this.#size >= this.#limit) this.#setAside()
  }

  #setAside(): void {
    try {
      renameSync(this.#path, `${this.#path}.1`)
      const descriptor = openSync(this.#path, 'a')
      closeSync(this.#descriptor)
      this.#descriptor = descriptor
      this.#size = 0
    } catch (error) {
      // Goes on in the same file, and tries again when that has doubled.
      this.#limit = 2 * this.#size
      this.write(this.#event('log.not_set_aside', { reason: codeOf(error) }))
    }
  }

  #event(event: string, fields: Record<string, string | number>): string {
    return `${JSON.stringify({ level: 'error', time: new Date(this.#now()).toISOString(), event, ...fields })}\n`
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
