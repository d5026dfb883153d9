/** An `.env` file that may change at any time. What was last read well stays in force while it cannot be read. */
import { readFile } from 'node:fs/promises'
import { parseEnvironmentFile } from '../../config/environment-file.ts'
import { errorCode, type FileStamp, stampOf } from '../../config/files.ts'
import type { Logger } from '../../runtime/log.ts'

export class WatchedFile {
  readonly #path: string
  readonly #log: Logger
  #stamp: FileStamp = { key: 'nothing yet', settled: false }
  #variables: Readonly<Record<string, string>> = {}
  #reading: Promise<Readonly<Record<string, string>>> | undefined
  #next: Promise<Readonly<Record<string, string>>> | undefined

  constructor(path: string, log: Logger) {
    this.#path = path
    this.#log = log
  }

  /** What the file holds now. */
  variables(): Promise<Readonly<Record<string, string>>> {
    // A reading that has begun already may have missed what was written since.
    if (this.#reading !== undefined) {
      this.#next ??= this.#reading.then(() => {
        this.#next = undefined
        return this.variables()
      })
      return this.#next
    }
    this.#reading = this.#refresh().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #refresh(): Promise<Readonly<Record<string, string>>> {
    let stamp: FileStamp = { key: 'missing', settled: false }
    try {
      stamp = await stampOf(this.#path)
      if (this.#stamp.settled && this.#stamp.key === stamp.key) return this.#variables
      const { variables, cut } = parseEnvironmentFile(await readFile(this.#path, 'utf8'))
      this.#variables = variables
      if (cut.length > 0 && this.#stamp.key !== stamp.key) {
        const hint = 'the value ends at "#"; put it between single quotation marks'
        this.#log.warn('environment_file.value_cut', { file: this.#path, variables: cut, hint })
      }
    } catch (error) {
      const code = errorCode(error) ?? 'not readable'
      if (code === 'ENOENT') this.#variables = {}
      else {
        stamp = { key: `unreadable:${code}`, settled: false }
        if (this.#stamp.key !== stamp.key) {
          this.#log.error('environment_file.unreadable', { file: this.#path, code, effect: 'last good values stay' })
        }
      }
    }
    this.#stamp = stamp
    return this.#variables
  }
}
