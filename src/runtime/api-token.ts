/** The administrator token of the API: given in the environment, or made once and kept readable by its owner only. */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Environment } from '../config/environment.ts'
import { registerSecret } from './log.ts'
import { StartupFault } from './servers/startup-fault.ts'

export function apiTokenFile(home: string): string {
  return join(home, 'data', 'api-token')
}

export async function ensureApiToken({ home, apiToken }: Pick<Environment, 'home' | 'apiToken'>): Promise<string> {
  const token = apiToken ?? (await keptToken(apiTokenFile(home)))
  registerSecret(token)
  return token
}

async function keptToken(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  try {
    // `wx`: of two processes that start at once one makes the token and the other reads it.
    const handle = await open(file, 'wx', 0o600)
    try {
      const token = randomBytes(32).toString('base64url')
      await handle.writeFile(`${token}\n`)
      await handle.sync()
      return token
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    const token = (await readFile(file, 'utf8')).trim()
    if (token.length < 16)
      throw new StartupFault(`${file} holds no token; delete it and start again to have a new one made`)
    return token
  }
}
