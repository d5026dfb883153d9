import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadEnvironment } from '../../config/environment.ts'
import { silentLogger } from '../../runtime/log.ts'
import { type RunningDropbox, startDropbox } from '../../simulators/dropbox/server.ts'
import { createEnergyExchange } from './index.ts'

let home: string
let server: RunningDropbox

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bvpro-exchange-'))
  server = await startDropbox()
})
afterEach(async () => {
  await server.close()
  await rm(home, { recursive: true })
})

function exchangeFor(env: Record<string, string>) {
  const all = { DROPBOX_API_URL: server.url, DROPBOX_CONTENT_URL: server.url, ...env }
  return createEnergyExchange({ environment: loadEnvironment({ env: all, home }), log: silentLogger, env: all })
}

const REFRESH = { DROPBOX_APP_KEY: 'inventedappkey', DROPBOX_REFRESH_TOKEN: 'refresh.invented' }

test.each([
  [{}, 'data/energy-inbox'],
  [{ ENERGY_INBOX: 'meters' }, 'meters'],
  [{ ...REFRESH, ENERGY_INBOX: 'meters' }, 'meters'],
])('with %j meter files come from the folder', (env, folder) => {
  expect(exchangeFor(env).place).toBe(join(home, folder))
})

test.each([[REFRESH], [{ DROPBOX_ACCESS_TOKEN: 'sl.invented' }]])('with %j they come from Dropbox', (env) => {
  const { place, deliver } = exchangeFor(env)
  expect([place, deliver]).toEqual(['Dropbox', undefined])
})

test('a token written into .env counts without a restart', async () => {
  const exchange = exchangeFor(REFRESH)
  await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
  await writeFile(join(home, '.env'), `DROPBOX_REFRESH_TOKEN=${server.tokens.issueRefresh()}\n`)
  expect(await exchange.list()).toEqual([])
})
