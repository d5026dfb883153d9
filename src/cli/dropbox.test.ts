import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RunningDropbox, startDropbox } from '../simulators/dropbox/server.ts'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

let home: string
let server: RunningDropbox

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bvpro-dropbox-'))
  server = await startDropbox()
})
afterEach(async () => {
  await server.close()
  await rm(home, { recursive: true })
})

/** Runs `bvpro` where nobody can be asked. */
async function bvpro(args: readonly string[], env: Record<string, string> = {}) {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    env: { BVPRO_HOME: home, DROPBOX_API_URL: server.url, DROPBOX_CONTENT_URL: server.url, ...env },
    colour: false,
    now: Date.now,
    print: (text) => {
      out += `${text}\n`
    },
    printError: (text) => {
      err += `${text}\n`
    },
  }
  return { code: await main(args, terminal), out, err }
}

const LOGIN = ['dropbox', 'login']
const begin = (...args: string[]) => bvpro([...LOGIN, '--app-key', server.app.appKey, ...args])
const urlIn = (out: string) => /https:\S+/.exec(out)?.[0] ?? ''
const variables = async () => parse(await readFile(join(home, '.env')))

test('a login without a terminal has two steps, and leaves the token in .env alone', async () => {
  await writeFile(join(home, '.env'), 'DROPBOX_APP_SECRET=of-another-app\nSMTP_SERVER=mail.example.com\n')
  server.folder.put('/data/energy_20260110.txt', 'a;b\n')
  const begun = await begin()
  expect(begun.code).toBe(0)
  const file = join(home, 'data', 'dropbox-login.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(join(home, '.env'), 'utf8')).not.toContain('REFRESH_TOKEN')

  const { code, out, err } = await bvpro([...LOGIN, '--code', server.tokens.allow(urlIn(begun.out))])
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain('1 meter files wait there')
  const { DROPBOX_REFRESH_TOKEN: token = '', ...rest } = await variables()
  expect(rest).toEqual({ DROPBOX_APP_KEY: server.app.appKey, SMTP_SERVER: 'mail.example.com' })
  expect(`${begun.out}${out}`).not.toContain(token)
  await expect(stat(file)).rejects.toThrow('ENOENT')
})

test('the kept token is one that gives access', async () => {
  const { out } = await begin('--json')
  const { authorizeUrl } = JSON.parse(out)
  const done = await bvpro([...LOGIN, '--code', server.tokens.allow(authorizeUrl), '--json'])
  expect(JSON.parse(done.out)).toEqual({ environmentFile: join(home, '.env'), waiting: 0, inForce: true })
  const { DROPBOX_REFRESH_TOKEN = '', DROPBOX_APP_KEY = '' } = await variables()
  const form = { grant_type: 'refresh_token', refresh_token: DROPBOX_REFRESH_TOKEN, client_id: DROPBOX_APP_KEY }
  const { status } = await fetch(`${server.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
  expect(status).toBe(200)
})

test('a folder in force is told', async () => {
  const { out } = await begin()
  const done = await bvpro([...LOGIN, '--code', server.tokens.allow(urlIn(out))], { ENERGY_INBOX: 'meters' })
  expect(done.out).toContain('ENERGY_INBOX is set and counts more')
})

describe('nothing is kept', () => {
  test.each([['of somebody else'], ['']])('of the code "%s"', async (code) => {
    await begin()
    const done = await bvpro([...LOGIN, '--code', code])
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining('does not accept the code (invalid_grant)') })
    await expect(variables()).rejects.toThrow('ENOENT')
  })

  test('of a code that belongs to another login', async () => {
    const code = server.tokens.allow(urlIn((await begin()).out))
    await begin()
    expect(await bvpro([...LOGIN, '--code', code])).toMatchObject({ code: 1 })
    await expect(variables()).rejects.toThrow('ENOENT')
  })

  test('when the app lacks a permission', async () => {
    const code = server.tokens.allow(urlIn((await begin()).out))
    server.faults = { missingScope: true }
    const done = await bvpro([...LOGIN, '--code', code])
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining('files.content.write') })
    await expect(variables()).rejects.toThrow('ENOENT')
  })

  test('when Dropbox is away', async () => {
    const code = server.tokens.allow(urlIn((await begin()).out))
    server.faults = { down: 503 }
    expect(await bvpro([...LOGIN, '--code', code])).toMatchObject({ code: 1, err: expect.stringContaining('HTTP 503') })
    await expect(variables()).rejects.toThrow('ENOENT')
  })
})

test('without a key, and without a login that was begun, it says what is missing', async () => {
  expect(await bvpro(LOGIN)).toMatchObject({ code: 2, err: expect.stringContaining('--app-key or DROPBOX_APP_KEY') })
  expect(await bvpro([...LOGIN, '--code', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('first') })
  expect(server.asked).toEqual([])
})
