import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../runtime/servers/ports.ts'
import { runChecks } from './checks/all.ts'
import type { CheckOutcome } from './checks/check.ts'
import { checkDependencies, checkNode } from './checks/installation.ts'
import { main } from './main.ts'

describe('bvpro doctor', () => {
  let home: string
  let env: Record<string, string>
  let servers: Server[]

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'bvpro-doctor-'))
    servers = []
    env = {
      BVPRO_HOME: home,
      BVPRO_CACHE: join(home, 'cache'),
      BVPRO_PORT: String(await freePort()),
      BVPRO_TEMPORAL_PORT: String(await freePort()),
      BVPRO_TEMPORAL_UI_PORT: String(await freePort()),
    }
  })

  afterEach(async () => {
    for (const server of servers) await new Promise((resolve) => server.close(resolve))
    rmSync(home, { recursive: true, force: true })
  })

  async function check(name: string, more: Record<string, string> = {}): Promise<CheckOutcome | undefined> {
    return (await runChecks({ ...env, ...more })).find((outcome) => outcome.name.startsWith(name))
  }

  async function listen(): Promise<number> {
    const server = createServer((socket) => socket.destroy())
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return address.port
  }

  test('an empty installation is in order', async () => {
    const outcomes = await runChecks(env)
    expect(outcomes.filter(({ status }) => status === 'failed')).toEqual([])
    expect(outcomes.find(({ name }) => name === 'data folder')?.status).toBe('ok')
  })

  test('finds faults of settings.json, and a house whose tariff is not in it', async () => {
    mkdirSync(join(home, 'profiles'))
    writeFileSync(join(home, 'profiles', 'H1.json'), '{"customer_id": "H1", "cost": {"tariff": "winter"}}')
    expect((await check('house H1'))?.found).toBe(
      'cost.tariff: settings.json has no tariff "winter"; its flat price counts',
    )
    writeFileSync(join(home, 'settings.json'), '{"tariffs": {"winter": {"energy": []}}}')
    expect((await check('settings.json'))?.found).toContain('tariffs.winter.energy: expected a list that is not empty')
    writeFileSync(join(home, 'settings.json'), '{"tariffs": {"winter": {"energy": [{"price_per_kwh": 1}]}}}')
    expect((await check('configuration'))?.status).toBe('ok')
  })

  test('prints JSON and ends with 1 when something is missing', async () => {
    let out = ''
    const code = await main(['doctor', '--json'], {
      env: { ...env, BVPRO_PORT: 'x' },
      colour: false,
      now: Date.now,
      print: (text) => {
        out += text
      },
      printError: () => undefined,
    })
    expect(code).toBe(1)
    const answer = JSON.parse(out) as { ok: boolean; checks: CheckOutcome[] }
    expect(answer.ok).toBe(false)
    expect(answer.checks.find(({ name }) => name === 'environment')).toMatchObject({
      status: 'failed',
      found: expect.stringContaining('BVPRO_PORT'),
    })
  })

  test('Node older than package.json demands is a failure', () => {
    expect(checkNode('20.18.3', '>=20.19').status).toBe('failed')
    expect(checkNode('20.19.0', '>=20.19').status).toBe('ok')
    expect(checkNode('22.0.0', '>=20.19').status).toBe('ok')
  })

  test('a dependency that is missing or of another version is named', () => {
    const install = (name: string, version: string) => {
      mkdirSync(join(home, 'node_modules', name), { recursive: true })
      writeFileSync(join(home, 'node_modules', name, 'package.json'), JSON.stringify({ version }))
    }
    writeFileSync(
      join(home, 'package.json'),
      JSON.stringify({ dependencies: { right: '1.0.0', old: '2.0.0', gone: '1.0.0' } }),
    )
    install('right', '1.0.0')
    install('old', '1.9.0')
    const { status, found } = checkDependencies(home)
    expect(status).toBe('failed')
    expect(found).toContain('old is 1.9.0, not 2.0.0')
    expect(found).toContain('gone: ')
    expect(found).not.toContain('right')
  })

  test('a port somebody else listens on is a failure that names the variable', async () => {
    const port = await listen()
    expect(await check(`port ${port}`, { BVPRO_PORT: String(port) })).toMatchObject({
      status: 'failed',
      advice: expect.stringContaining('BVPRO_PORT'),
    })
  })

  test('data files are opened and checked', async () => {
    mkdirSync(join(home, 'data'))
    const database = new Database(join(home, 'data', 'good.db'))
    database.exec('CREATE TABLE readings (time INTEGER)')
    database.close()
    writeFileSync(join(home, 'data', 'notes.db'), 'this is no database at all')
    expect(await check('data/good.db')).toMatchObject({ status: 'ok', found: expect.stringContaining('intact') })
    expect(await check('data/notes.db')).toMatchObject({ status: 'failed', found: 'not an SQLite database' })
  })

  test('a broken configuration file is a failure that names the file', async () => {
    mkdirSync(join(home, 'profiles'))
    writeFileSync(join(home, 'profiles', 'HEM_FJV_Villa_901.json'), '{"name": ')
    expect(await check('house HEM_FJV_Villa_901')).toMatchObject({
      status: 'failed',
      advice: expect.stringContaining('HEM_FJV_Villa_901.json'),
    })
  })

  test('worker processes that cannot share sessions are a warning that names the variable', async () => {
    const nobody = await freePort()
    const production = { DATABASE_URL: `postgres://bvpro@127.0.0.1:${nobody}/bvpro` }
    expect(await check('shared sessions')).toMatchObject({ status: 'skipped' })
    expect(await check('shared sessions', production)).toMatchObject({
      status: 'warning',
      advice: expect.stringContaining('BVPRO_SECRETS_KEY'),
    })
    expect(
      await check('shared sessions', { ...production, BVPRO_SECRETS_KEY: 'invented secret of the tests' }),
    ).toMatchObject({ status: 'ok' })
  })

  test('a configured server that does not answer is a failure, one that is not configured is not', async () => {
    const nobody = await freePort()
    expect(await check('InfluxDB')).toMatchObject({ status: 'skipped' })
    expect(await check('PostgreSQL')).toMatchObject({ status: 'skipped' })
    const INFLUX = { INFLUX_URL: `http://127.0.0.1:${nobody}`, INFLUX_TOKEN: 'token-of-tests' }
    expect(await check('InfluxDB', INFLUX)).toMatchObject({ status: 'failed' })
    const postgres = await check('PostgreSQL', {
      DATABASE_URL: `postgres://bvpro:password-of-tests@127.0.0.1:${nobody}/bvpro`,
    })
    expect(postgres).toMatchObject({ status: 'failed' })
    expect(JSON.stringify(postgres)).not.toContain('password-of-tests')
    expect(await check('Temporal server', { TEMPORAL_ADDRESS: `127.0.0.1:${nobody}` })).toMatchObject({
      status: 'failed',
    })
  })
})
