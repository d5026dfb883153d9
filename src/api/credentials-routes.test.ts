import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { createCredentialStore, type OpenCredentialStore } from '../connectors/credentials/index.ts'
import { redactSecrets } from '../runtime/log.ts'
import { createApi } from './api.ts'
import { fakeDependencies } from './testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from './testing/request.ts'

const HOUSE = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
const HOUSE_PATH = '/api/v1/entities/house/HEM_FJV_Villa_901/credentials'
const ACCOUNT = { username: 'FC2000000001', password: 'planted-word-of-the-api #1' }

let fakes: ReturnType<typeof fakeDependencies>
let ask: ReturnType<typeof asker>
let credentials: OpenCredentialStore
let recorded: ReturnType<typeof recordingLogger>
let environmentFile: string
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-credentials-api-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  environmentFile = join(folder, '.env')
  recorded = recordingLogger()
  fakes = fakeDependencies()
  credentials = createCredentialStore({
    real: { environmentFile, lockFile: join(folder, 'lock') },
    env: {},
    configured: async () => (await fakes.config.list()).entities,
    log: recorded.log,
  })
  ask = asker(createApi({ ...fakes.dependencies, credentials, log: recorded.log }))
})

const send = (method: string, path: string, body: unknown) =>
  ask(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })

describe('POST /api/v1/credentials', () => {
  test('keeps them and answers a reference alone', async () => {
    const response = await send('POST', '/api/v1/credentials', ACCOUNT)
    expect(response.status).toBe(201)
    const { reference, ...rest } = await jsonOf<{ reference: string }>(response)
    expect(rest).toEqual({})
    expect(await credentials.kept(reference)).toEqual(ACCOUNT)
    expect(redactSecrets(`it is ${ACCOUNT.password}`)).toBe('it is [redacted]')
  })

  test.each([
    [{}, /username/],
    [{ username: 'u' }, /password/],
    [{ username: 'u', password: 7 }, /password/],
    [{ username: 'u', password: '' }, /password/],
    [{ ...ACCOUNT, houseId: 'H1' }, /houseId/],
    [{ ...ACCOUNT, password: 'planted\nline' }, /^the password holds a line break/],
    [{ ...ACCOUNT, username: '  ' }, /^the user name is empty/],
  ])('%j is refused, and no value is repeated', async (body, detail) => {
    const response = await send('POST', '/api/v1/credentials', body)
    expect(response.status).toBe(422)
    const text = await response.text()
    expect((JSON.parse(text) as ProblemAnswer).detail).toMatch(detail)
    expect(text).not.toContain('planted')
    await expect(readFile(environmentFile)).rejects.toThrow('ENOENT')
  })

  test('needs the token', async () => {
    const response = await ask('/api/v1/credentials', { method: 'POST', headers: { Authorization: 'Bearer wrong' } })
    expect(response.status).toBe(401)
  })
})

describe('PUT /api/v1/entities/{kind}/{id}/credentials', () => {
  test('puts them in force and has the loop told at once', async () => {
    fakes.addHouse()
    const response = await send('PUT', HOUSE_PATH, ACCOUNT)
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(await credentials.lookUp(HOUSE)).toEqual(ACCOUNT)
    expect(fakes.operations.messages).toEqual(['reconcile'])
    expect((await send('PUT', HOUSE_PATH, { password: 'another' })).status).toBe(204)
    expect(await credentials.lookUp(HOUSE)).toEqual({ username: ACCOUNT.username, password: 'another' })
    expect(recorded.events('credentials.changed')).toHaveLength(2)
    expect(recorded.text()).not.toContain('planted')
  })

  test('is done even when nobody can be told', async () => {
    fakes.addHouse()
    fakes.operations.fault = new Error('Temporal is away')
    expect((await send('PUT', HOUSE_PATH, ACCOUNT)).status).toBe(204)
    expect(await credentials.lookUp(HOUSE)).toEqual(ACCOUNT)
  })

  test('a password alone is refused where no user name is known', async () => {
    fakes.addHouse()
    const response = await send('PUT', HOUSE_PATH, { password: 'planted' })
    expect(response.status).toBe(422)
    expect(await jsonOf(response)).toMatchObject({ detail: expect.stringContaining('no user name is known') })
    expect(fakes.operations.messages).toEqual([])
  })

  test('there are none of what is not there, of a zone, and of what was removed', async () => {
    expect((await send('PUT', HOUSE_PATH, ACCOUNT)).status).toBe(404)
    fakes.addZone()
    expect((await send('PUT', '/api/v1/entities/zone/living-room/credentials', ACCOUNT)).status).toBe(409)
    fakes.addHouse()
    await fakes.config.setAside(HOUSE)
    expect((await send('PUT', HOUSE_PATH, ACCOUNT)).status).toBe(409)
    expect(await credentials.lookUp(HOUSE)).toBeUndefined()
  })

  test('those that several buildings share are changed in .env', async () => {
    fakes.config.put({ kind: 'building', id: 'B1' }, { connection: { host: 'x', credential_ref: 'KVARNEN_BMS' } })
    const response = await send('PUT', '/api/v1/entities/building/B1/credentials', ACCOUNT)
    expect(response.status).toBe(409)
    expect(await jsonOf(response)).toMatchObject({ detail: expect.stringContaining('KVARNEN_BMS_PASSWORD') })
  })
})

describe('POST /api/v1/credentials/reseal', () => {
  test('answers how many; without a key it says what is missing', async () => {
    const sealed = createApi({
      ...fakes.dependencies,
      credentials: { ...credentials, reseal: async () => ({ resealed: 3 }) },
    })
    const response = await asker(sealed)('/api/v1/credentials/reseal', { method: 'POST' })
    expect([response.status, await jsonOf(response)]).toEqual([200, { resealed: 3 }])
    const without = await ask('/api/v1/credentials/reseal', { method: 'POST' })
    expect(without.status).toBe(422)
    expect(await jsonOf(without)).toMatchObject({ detail: expect.stringContaining('BVPRO_SECRETS_KEY is not set') })
  })
})
