import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../runtime/log.ts'
import { type RunningDropbox, startDropbox } from '../../simulators/dropbox/server.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createDropboxExchange } from './dropbox.ts'
import type { DropboxTokens } from './dropbox-access.ts'
import type { EnergyExchange, ExchangedFile } from './exchange.ts'

const NOW = Date.parse('2026-01-10T08:00:00Z')
const NONE: DropboxTokens = { appKey: undefined, appSecret: undefined, refreshToken: undefined, accessToken: undefined }

let clock: number
let server: RunningDropbox
let tokens: DropboxTokens
let exchange: EnergyExchange
let lines: Record<string, unknown>[]

beforeEach(async () => {
  clock = NOW
  server = await startDropbox({ now: () => clock })
  tokens = { ...NONE, appKey: server.app.appKey, refreshToken: server.tokens.issueRefresh() }
  lines = []
  resetCircuitBreakers()
  exchange = createDropboxExchange({
    apiUrl: server.url,
    contentUrl: server.url,
    requestFile: '/data/BVPro_DH.csv',
    tokens: async () => tokens,
    log: createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) }),
    now: () => clock,
  })
})
afterEach(() => server.close())

async function theFile(): Promise<ExchangedFile> {
  const [file] = await exchange.list()
  if (file === undefined) throw new Error('one file was delivered')
  return file
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString()
}

const tokenRequests = () => server.asked.filter((path) => path === '/oauth2/token').length

describe('files', () => {
  test('a folder nobody has made holds none', async () => {
    expect(await exchange.list()).toEqual([])
  })

  test('data files are listed by name from every page, whatever else lies there', async () => {
    await server.close()
    server = await startDropbox({ pageEntries: 2, now: () => clock })
    const access = server.tokens.issueAccess()
    exchange = createDropboxExchange({
      apiUrl: server.url,
      contentUrl: server.url,
      requestFile: '/data/BVPro_DH.csv',
      tokens: async () => ({ ...NONE, accessToken: access }),
      log: createLogger('error', { write: () => {} }),
    })
    for (const name of ['e.txt', 'c.txt', 'BVPro_DH.csv', 'a.txt', 'd.TXT', 'b.txt', 'processed/old.txt']) {
      server.folder.put(`/data/${name}`, `${name}\n`)
    }
    expect((await exchange.list()).map(({ name }) => name)).toEqual(['a.txt', 'b.txt', 'c.txt', 'd.TXT', 'e.txt'])
    server.faults = { listingReset: 1 }
    expect(await exchange.list()).toHaveLength(5)
    expect(server.asked.filter((path) => path.endsWith('list_folder')).length).toBe(3)
  })

  test('a file is read as it is, also with a name beyond ASCII', async () => {
    server.folder.put('/data/energy Växjö.txt', 'förbrukning\n')
    const file = await theFile()
    expect(file).toMatchObject({ name: 'energy Växjö.txt', bytes: 13 })
    expect(await textOf(exchange.open(file))).toBe('förbrukning\n')
  })

  test('an imported file is kept under a name of its own, and archiving it again is fine', async () => {
    server.folder.put('/data/energy.txt', 'first\n')
    const first = await theFile()
    await exchange.archive(first)
    await exchange.archive(first)
    server.folder.put('/data/energy.txt', 'corrected\n')
    await exchange.archive(await theFile())
    expect(server.folder.paths).toEqual(['/data/processed/energy (1).txt', '/data/processed/energy.txt'])
    expect(server.folder.text('/data/processed/energy.txt')).toBe('first\n')
    expect(server.folder.text('/data/processed/energy (1).txt')).toBe('corrected\n')
  })

  test('a quarantined file leaves a report and its refused rows, and the request is replaced', async () => {
    const file = { name: 'energy.txt', bytes: 1, revision: 'r1' }
    await exchange.quarantine(file, { report: 'line 2: no time\n', rows: 'timestamp;kwh\n;2\n' })
    await exchange.writeRequest('meter_id')
    await exchange.writeRequest('meter_id;from_datetime;house_name')
    expect(server.folder.paths).toEqual([
      '/data/BVPro_DH.csv',
      '/data/failed/energy.r1.report.txt',
      '/data/failed/energy.r1.rows.txt',
    ])
    expect(server.folder.text('/data/BVPro_DH.csv')).toBe('meter_id;from_datetime;house_name')
  })

  test('a file that is gone is told apart from one that cannot be had now', async () => {
    server.folder.put('/data/energy.txt', 'first\n')
    const file = await theFile()
    server.folder.remove('/data/energy.txt')
    await expect(textOf(exchange.open(file))).rejects.toMatchObject({ type: 'EntityNotFound' })
    await exchange.archive(file)
  })
})

describe('a file that changes', () => {
  test('between listing and reading is not read as what it was listed for', async () => {
    server.folder.put('/data/energy.txt', 'first\n')
    const file = await theFile()
    server.faults = { replacedBeforeDownload: 1 }
    await expect(textOf(exchange.open(file))).rejects.toMatchObject({ type: 'Unavailable' })
    expect(await textOf(exchange.open(await theFile()))).toBe('delivered anew\n')
  })

  test('while it is imported is not put away', async () => {
    server.folder.put('/data/energy.txt', 'first\n')
    const file = await theFile()
    server.folder.put('/data/energy.txt', 'corrected\n')
    await exchange.archive(file)
    expect(server.folder.paths).toEqual(['/data/energy.txt'])
  })

  test('in the very moment it is put away comes back', async () => {
    server.folder.put('/data/energy.txt', 'first\n')
    const file = await theFile()
    server.faults = { replacedBeforeMove: 1 }
    await exchange.archive(file)
    expect(server.folder.paths).toEqual(['/data/energy.txt'])
    expect(server.folder.text('/data/energy.txt')).toBe('delivered anew\n')
  })

  test('breaks off: the part that came is not taken for the whole', async () => {
    server.folder.put('/data/energy.txt', 'a;1\n'.repeat(50_000))
    const file = await theFile()
    server.faults = { downloadBreaksOff: 1 }
    await expect(textOf(exchange.open(file))).rejects.toMatchObject({ type: 'Unavailable' })
    expect((await textOf(exchange.open(file))).length).toBe(200_000)
  })
})

describe('outages', () => {
  test('429 says how long to wait', async () => {
    server.faults = { rateLimited: true, retryAfterSeconds: 120 }
    await expect(exchange.list()).rejects.toMatchObject({ type: 'RateLimited', retryAfterMs: 120_000 })
    await expect(exchange.writeRequest('x')).rejects.toMatchObject({ type: 'RateLimited' })
  })

  test.each([500, 503] as const)('%d is an outage, of files and of tokens', async (down) => {
    server.faults = { down }
    await expect(exchange.list()).rejects.toMatchObject({ type: 'Unavailable' })
    server.faults = {}
    server.folder.put('/data/energy.txt', 'first\n')
    const file = await theFile()
    server.faults = { down }
    await expect(textOf(exchange.open(file))).rejects.toMatchObject({ type: 'Unavailable' })
    await expect(exchange.archive(file)).rejects.toMatchObject({ type: 'Unavailable' })
  })

  test('a host that failed eight times in a row is left alone', async () => {
    server.faults = { down: true }
    for (let attempt = 0; attempt < 12; attempt++) {
      await expect(exchange.list()).rejects.toMatchObject({ type: 'Unavailable' })
    }
    expect(server.asked).toHaveLength(8)
  })
})

describe('access', () => {
  test('one access token does for many calls, and a new one is fetched before it ends', async () => {
    await Promise.all([exchange.list(), exchange.list(), exchange.list()])
    expect(tokenRequests()).toBe(1)
    clock += 4 * 3_600_000 - 200_000
    await exchange.list()
    expect(tokenRequests()).toBe(2)
  })

  test('a token that ended early is renewed, and the call repeated', async () => {
    await exchange.list()
    server.tokens.expireAccess()
    expect(await exchange.list()).toEqual([])
    expect(tokenRequests()).toBe(2)
  })

  test('a revoked refresh token is an alarm once, and Dropbox is not asked again', async () => {
    server.tokens.revokeAll()
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(exchange.list()).rejects.toMatchObject({
        type: 'CredentialsRejected',
        message: 'Dropbox does not accept the refresh token (invalid_grant); run "bvpro dropbox login"',
      })
    }
    expect(server.asked).toEqual(['/oauth2/token'])
    expect(lines).toEqual([expect.objectContaining({ event: 'energy.access_refused', level: 'error' })])
  })

  test('revoked while the access token still seemed good, it ends after one renewal', async () => {
    await exchange.list()
    server.tokens.revokeAll()
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
    expect(tokenRequests()).toBe(2)
    expect(lines).toHaveLength(1)
  })

  test('a new token counts at once', async () => {
    server.tokens.revokeAll()
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
    tokens = { ...tokens, refreshToken: server.tokens.issueRefresh() }
    expect(await exchange.list()).toEqual([])
  })

  test('an outage of the token server is no refusal', async () => {
    server.faults = { down: 503 }
    await expect(exchange.list()).rejects.toMatchObject({ type: 'Unavailable' })
    server.faults = {}
    expect(await exchange.list()).toEqual([])
  })

  test('the plain access token of an older installation works until it is refused', async () => {
    tokens = { ...NONE, accessToken: server.tokens.issueAccess() }
    expect(await exchange.list()).toEqual([])
    server.tokens.revokeAll()
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
    const asked = server.asked.length
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsRejected' })
    expect(server.asked).toHaveLength(asked)
  })

  test('a scope that is missing is named', async () => {
    server.faults = { missingScope: true }
    await expect(exchange.writeRequest('x')).rejects.toMatchObject({
      type: 'CredentialsRejected',
      message: expect.stringContaining('files.content.write'),
    })
  })

  test('without a token nothing is asked', async () => {
    tokens = NONE
    await expect(exchange.list()).rejects.toMatchObject({ type: 'CredentialsMissing' })
    expect(server.asked).toEqual([])
  })

  test('no token stands in an address, a message or the log', async () => {
    const { refreshToken = '' } = tokens
    await exchange.list()
    server.tokens.revokeAll()
    const told = await exchange.list().catch((error: Error) => `${error.message} ${error.stack}`)
    expect(`${told} ${JSON.stringify(lines)} ${server.asked.join(' ')}`).not.toContain(refreshToken)
  })
})
