/** The settings and the variable list of an installation as their files have them now; an edit needs no restart. */
import { join } from 'node:path'
import type { Logger } from '../runtime/log.ts'
import { createLiveFile, type LiveFile } from './live-file.ts'
import { DEFAULT_SETTINGS, parseSettings, type Settings } from './settings.ts'
import { parseVariables, type VariablesConfig } from './variables.ts'

export interface FolderOptions {
  /** The folder that holds `settings.json` and `variables_config.json`. */
  readonly home: string
  readonly log: Logger
}

/** `settings.json`; the defaults without a file, the last good content while the file has a fault. */
export function createSettingsSource({ home, log }: FolderOptions): LiveFile<Settings> {
  return createLiveFile(join(home, 'settings.json'), parseSettings, DEFAULT_SETTINGS, log)
}

/** `variables_config.json`; empty without a file, the last good content while the file has a fault. */
export function createVariablesSource({ home, log }: FolderOptions): LiveFile<VariablesConfig> {
  return createLiveFile(join(home, 'variables_config.json'), parseVariables, {}, log)
}
