/** The settings as the file `settings.json` has them now; an edit takes effect without a restart. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../runtime/log.ts'
import { formatProblems } from './entity-file.ts'
import { errorCode, type FileStamp, JsonInvalid, parseJsonBytes, stampOf } from './files.ts'
import type { ParsedDocument } from './parse.ts'
import { DEFAULT_SETTINGS, parseSettings, type Settings } from './settings.ts'

export interface SettingsSource {
  /**
   * Present settings; one stat when nothing has changed. A file that is missing means the defaults; one that is broken
   * is reported once per version and the last good settings stay in force.
   */
  current(): Promise<Settings>
}

/** @param home the folder that holds `settings.json` */
export function createSettingsSource({ home, log }: { readonly home: string; readonly log: Logger }): SettingsSource {
  const file = join(home, 'settings.json')
  let settings = DEFAULT_SETTINGS
  let seen: FileStamp = { key: 'nothing yet', settled: false }
  const report = (key: string, event: string, fields: Record<string, readonly string[]>) => {
    if (key !== seen.key) log.error(event, { file, ...fields })
  }
  return {
    async current() {
      let stamp: FileStamp = { key: 'missing', settled: false }
      try {
        stamp = await stampOf(file)
        if (seen.settled && stamp.key === seen.key) return settings
        const parsed = judge(await readFile(file))
        if (parsed.config !== null) settings = parsed.config
        else report(stamp.key, 'config.invalid', { problems: formatProblems(parsed.problems) })
        if (parsed.unknownKeys.length > 0) report(stamp.key, 'config.unknown_keys', { keys: parsed.unknownKeys })
      } catch (error) {
        const code = errorCode(error) ?? String(error)
        if (code === 'ENOENT') settings = DEFAULT_SETTINGS
        else {
          stamp = { key: `unreadable:${code}`, settled: false }
          report(stamp.key, 'config.invalid', { problems: [`the file cannot be read (${code})`] })
        }
      }
      seen = stamp
      return settings
    },
  }
}

function judge(bytes: Buffer): ParsedDocument<Settings> {
  try {
    return parseSettings(parseJsonBytes(bytes, 'settings.json'))
  } catch (error) {
    if (!(error instanceof JsonInvalid)) throw error
    return { config: null, problems: [{ path: '', message: error.message }], unknownKeys: [] }
  }
}
