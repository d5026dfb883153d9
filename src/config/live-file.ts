/**
 * One JSON file as it is now: read again when it changes, judged, and the last good content kept while it has a fault.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { formatProblems } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import { errorCode, type FileStamp, JsonInvalid, parseJsonBytes, stampOf } from './files.ts'
import type { ParsedDocument } from './parse.ts'

export interface LiveFile<T> {
  /** Present content; one stat when nothing has changed. A fault is reported once per version of the file. */
  current(): Promise<T>
}

/**
 * @param file path of the file
 * @param parse judges a document
 * @param absent content while the file does not exist
 */
export function createLiveFile<T>(
  file: string,
  parse: (document: unknown) => ParsedDocument<T>,
  absent: T,
  log: Logger,
): LiveFile<T> {
  let content = absent
  let seen: FileStamp = { key: 'nothing yet', settled: false }
  const report = (key: string, event: string, fields: Record<string, readonly string[]>) => {
    if (key !== seen.key) log.error(event, { file, ...fields })
  }
  return {
    async current() {
      let stamp: FileStamp = { key: 'missing', settled: false }
      try {
        stamp = await stampOf(file)
        if (seen.settled && stamp.key === seen.key) return content
        const parsed = judge(await readFile(file), basename(file), parse)
        if (parsed.config !== null) content = parsed.config
        else report(stamp.key, 'config.invalid', { problems: formatProblems(parsed.problems) })
        if (parsed.unknownKeys.length > 0) report(stamp.key, 'config.unknown_keys', { keys: parsed.unknownKeys })
      } catch (error) {
        const code = errorCode(error) ?? String(error)
        if (code === 'ENOENT') content = absent
        else {
          stamp = { key: `unreadable:${code}`, settled: false }
          report(stamp.key, 'config.invalid', { problems: [`the file cannot be read (${code})`] })
        }
      }
      seen = stamp
      return content
    },
  }
}

function judge<T>(bytes: Buffer, name: string, parse: (document: unknown) => ParsedDocument<T>): ParsedDocument<T> {
  try {
    return parse(parseJsonBytes(bytes, name))
  } catch (error) {
    if (!(error instanceof JsonInvalid)) throw error
    return { config: null, problems: [{ path: '', message: error.message }], unknownKeys: [] }
  }
}
