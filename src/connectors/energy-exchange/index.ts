/** Which exchange of meter files is in force: Dropbox where its tokens are given and no folder is, else a folder. */
import { join } from 'node:path'
import type { Environment } from '../../config/environment.ts'
import type { Logger } from '../../runtime/log.ts'
import { WatchedFile } from '../credentials/watched-file.ts'
import { createDropboxExchange } from './dropbox.ts'
import type { DropboxTokens } from './dropbox-access.ts'
import type { EnergyExchange } from './exchange.ts'
import { createFolderExchange } from './folder.ts'

export type { EnergyExchange, ExchangedFile, QuarantineReport } from './exchange.ts'

export interface ExchangeOptions {
  readonly environment: Pick<Environment, 'home' | 'environmentFile' | 'energyInbox' | 'dropbox'>
  readonly log: Logger
  /** Captured now; the file wins over it, so that a new token counts without a restart. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Decided once: an installation that moves from a folder to Dropbox is started anew. */
export function createEnergyExchange({ environment, log, env = process.env }: ExchangeOptions): EnergyExchange {
  const { home, environmentFile, energyInbox, dropbox } = environment
  const hasTokens = dropbox.refreshToken !== undefined || dropbox.accessToken !== undefined
  if (energyInbox !== undefined || !hasTokens) {
    return createFolderExchange({ directory: energyInbox ?? join(home, 'data', 'energy-inbox') })
  }
  const { apiUrl, contentUrl, requestFile } = dropbox
  const file = new WatchedFile(environmentFile, log)
  const captured = { ...env }
  const tokens = () => presentTokens(file, captured)
  return createDropboxExchange({ apiUrl, contentUrl, requestFile, tokens, log })
}

async function presentTokens(
  file: WatchedFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<DropboxTokens> {
  const variables = await file.variables()
  const given = (name: string) => variables[name]?.trim() || env[name]?.trim() || undefined
  return {
    appKey: given('DROPBOX_APP_KEY'),
    appSecret: given('DROPBOX_APP_SECRET'),
    refreshToken: given('DROPBOX_REFRESH_TOKEN'),
    accessToken: given('DROPBOX_ACCESS_TOKEN'),
  }
}
