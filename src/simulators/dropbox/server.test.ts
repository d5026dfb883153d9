/** The simulated server spoken to by Dropbox's own SDK: what that takes for Dropbox, ours may take for Dropbox too. */
import { Dropbox, DropboxAuth, type DropboxResponseError } from 'dropbox'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { contentHash } from './files.ts'
import { type RunningDropbox, startDropbox } from './server.ts'

let server: RunningDropbox
let sdk: Dropbox

beforeEach(async () => {
  server = await startDropbox({ pageEntries: 2 })
  sdk = new Dropbox({ auth: auth({ refreshToken: server.tokens.issueRefresh() }), fetch: toServer })
})
afterEach(() => server.close())

function auth(given: { refreshToken?: string }) {
  return new DropboxAuth({ clientId: server.app.appKey, fetch: toServer, ...given })
}

/** The SDK has its hosts built in, and wants answers as an old version of node-fetch gives them. */
async function toServer(url: string, init: RequestInit) {
  const response = await fetch(url.replace(/^https:\/\/\w+\.dropboxapi\.com/, server.url), init)
  return Object.assign(response, { buffer: async () => Buffer.from(await response.arrayBuffer()) })
}

async function statusOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 200,
    (error: DropboxResponseError<unknown>) => error.status,
  )
}

test('files are written, listed on several pages, read, moved and deleted', async () => {
  for (const name of ['a', 'b', 'c', 'å']) {
    await sdk.filesUpload({ path: `/data/${name}.txt`, contents: `${name}\n` })
  }
  const first = (await sdk.filesListFolder({ path: '/data' })).result
  expect([first.entries.length, first.has_more]).toEqual([2, true])
  const second = (await sdk.filesListFolderContinue({ cursor: first.cursor })).result
  expect([...first.entries, ...second.entries].map(({ name }) => name)).toEqual(['a.txt', 'b.txt', 'c.txt', 'å.txt'])
  expect(second.has_more).toBe(false)

  const read = (await sdk.filesDownload({ path: '/DATA/Å.txt' })).result as unknown as { fileBinary: Buffer }
  expect(read.fileBinary.toString()).toBe('å\n')
  expect(read).toMatchObject({ content_hash: contentHash(Buffer.from('å\n')), size: 3 })

  const move = { from_path: '/data/a.txt', to_path: '/data/processed/a.txt' }
  await sdk.filesMoveV2(move)
  await sdk.filesUpload({ path: '/data/a.txt', contents: 'again\n' })
  expect(await statusOf(sdk.filesMoveV2(move))).toBe(409)
  const moved = (await sdk.filesMoveV2({ ...move, autorename: true })).result
  expect(moved.metadata.name).toBe('a (1).txt')
  await sdk.filesDeleteV2({ path: '/data/b.txt' })
  expect(server.folder.paths).toEqual([
    '/data/c.txt',
    '/data/processed/a (1).txt',
    '/data/processed/a.txt',
    '/data/å.txt',
  ])
})

test('what is not there, and what cannot be asked for, are different errors', async () => {
  expect(await statusOf(sdk.filesListFolder({ path: '/nothing' }))).toBe(409)
  expect(await statusOf(sdk.filesDownload({ path: '/nothing' }))).toBe(409)
  expect(await statusOf(sdk.filesListFolder({ path: '/' }))).toBe(400)
})

describe('access', () => {
  test('a code is good once, and for whoever began the login', async () => {
    const mine = auth({})
    const url = await mine.getAuthenticationUrl('', '', 'code', 'offline', ['files.content.read'], 'none', true)
    const { result } = await mine.getAccessTokenFromCode('', server.tokens.allow(String(url)))
    expect(result).toMatchObject({ refresh_token: expect.any(String), expires_in: 14_400 })
    const code = server.tokens.allow(String(url))
    const form = { grant_type: 'authorization_code', client_id: server.app.appKey, code }
    expect((await ask({ ...form, code_verifier: 'of somebody else' })).status).toBe(400)
    expect((await ask({ ...form, code_verifier: mine.getCodeVerifier() })).status).toBe(400)
  })

  test('an access token ends and is renewed; one that was taken away is not', async () => {
    await sdk.filesUpload({ path: '/data/a.txt', contents: 'a' })
    server.tokens.expireAccess()
    expect(await statusOf(sdk.filesListFolder({ path: '/data' }))).toBe(401)
    server.tokens.revokeAll()
    const other = new Dropbox({ auth: auth({ refreshToken: 'refresh.gone' }), fetch: toServer })
    expect(await statusOf(other.filesListFolder({ path: '/data' }))).toBe(400)
  })
})

test('trouble happens as often as it is switched on', async () => {
  server.folder.put('/data/a.txt', 'a\n')
  server.faults = { rateLimited: 1, retryAfterSeconds: 7 }
  const refused = await sdk.filesListFolder({ path: '/data' }).catch((error: DropboxResponseError<unknown>) => error)
  expect(refused).toMatchObject({ status: 429 })
  expect(await statusOf(sdk.filesListFolder({ path: '/data' }))).toBe(200)
  server.faults = { down: 503 }
  expect(await statusOf(sdk.filesListFolder({ path: '/data' }))).toBe(503)
})

function ask(form: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
}
