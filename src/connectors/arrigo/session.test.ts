import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../runtime/log.ts'
import { BadConfig, CredentialsMissing, CredentialsRejected, RateLimited, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { type ArrigoClientOptions, createArrigoClient, createSessionRegistry } from './index.ts'
import { fixture, page, type Received, reset, type ScriptedServer, startServer, USER } from './testing/server.ts'

let server: ScriptedServer
let time = 0
let sessions = createSessionRegistry()
const clock = { now: () => time, sleep: async () => {} }

beforeEach(async () => {
  server = await startServer()
  server.answers.CurrentAnalogs = page('analogs', [])
  sessions = createSessionRegistry()
  time = 0
})
afterEach(async () => {
  await server.close()
  resetCircuitBreakers()
})

function client(options: Partial<ArrigoClientOptions> = {}) {
  return createArrigoClient({ host: server.url, credentials: async () => USER, clock, sessions, ...options })
}
const calls = () => server.received.map(({ path }) => path)
const last = (): Received => server.received.at(-1) ?? fail()
const fail = (): never => {
  throw new Error('nothing was received')
}

describe('signing in', () => {
  test('sends the form the server knows, credentials as typed, blanks and all', async () => {
    await client().analogs()
    const form = fixture<Record<string, unknown>>('login-request.json')
    expect(server.received[0]?.body).toEqual({ ...form, ...USER })
    expect(server.received[0]?.contentType).toBe('application/json')
    expect(last().authorization).toBe('Bearer invented-auth-token-1')
  })

  test('names the account when one is configured', async () => {
    await client({ account: 'DemoLocal' }).analogs()
    expect(server.received[0]?.body.account).toBe('DemoLocal')
  })

  test.each(['login.json', 'login-short.json'])('understands %s', async (name) => {
    const body = fixture<{ authToken: string }>(name)
    server.valid.add(body.authToken)
    server.next('login', { body })
    await client().analogs()
    expect(last().authorization).toBe(`Bearer ${body.authToken}`)
  })

  test('ten buildings of one user share one sign-in', async () => {
    await Promise.all(Array.from({ length: 10 }, () => client().analogs()))
    expect(server.count('login')).toBe(1)
    expect(server.count('graphql')).toBe(10)
  })

  test('another user, password or account has a session of its own', async () => {
    await client().analogs()
    await client({ credentials: async () => ({ ...USER, username: 'another' }) }).analogs()
    await client({ credentials: async () => ({ ...USER, password: 'corrected' }) }).analogs()
    await client({ account: 'Second' }).analogs()
    expect(server.count('login')).toBe(4)
  })

  test('one who leaves does not end the sign-in of the others', async () => {
    const leaving = new AbortController()
    const left = client().analogs({ signal: leaving.signal })
    const stayed = client().analogs()
    leaving.abort(new Error('left'))
    await expect(left).rejects.toThrow('left')
    await expect(stayed).resolves.toMatchObject({ rows: [] })
    expect(server.count('login')).toBe(1)
  })

  test.each([
    [401, CredentialsRejected],
    [403, CredentialsRejected],
    [409, CredentialsRejected],
    [400, BadConfig],
    [404, BadConfig],
    [302, Unavailable],
    [500, Unavailable],
    [429, RateLimited],
  ])('HTTP %i is the right error, without a secret in it', async (status, type) => {
    server.answers.login = { status, body: `<html>${USER.password}</html>` }
    const error = await client()
      .analogs()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(type)
    expect(String(error)).not.toContain(USER.password)
    expect(server.count('graphql')).toBe(0)
  })

  test.each(['<html>Maintenance</html>', '{}', '[]', ''])('200 without a token is an outage: %s', async (body) => {
    server.answers.login = { body }
    await expect(client().analogs()).rejects.toThrow(Unavailable)
  })

  test('the rejected envelope of the fixture', async () => {
    server.answers.login = fixture<{ status: number }>('login-rejected.json')
    await expect(client().analogs()).rejects.toThrow(CredentialsRejected)
  })

  test('credentials that are not there are not sent', async () => {
    await expect(client({ credentials: async () => ({ username: 'x', password: '' }) }).analogs()).rejects.toThrow(
      CredentialsMissing,
    )
    expect(server.received).toEqual([])
  })
})

describe('a refused password', () => {
  beforeEach(() => {
    server.answers.login = { status: 401 }
  })

  test('is not hammered, however many buildings ask', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(client().analogs()).rejects.toThrow(CredentialsRejected)
      time += 2_000
    }
    expect(server.count('login')).toBe(1)
  })

  test('is tried again after a minute, then ever more rarely, at least each quarter of an hour', async () => {
    const attempts: number[] = []
    for (time = 0; time < 3 * 3_600_000; time += 30_000) {
      const before = server.count('login')
      await client()
        .analogs()
        .catch(() => {})
      if (server.count('login') > before) attempts.push(time / 60_000)
    }
    expect(attempts.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 30])
  })

  test('a corrected one is tried at once, and so is the same after forget', async () => {
    const building = client()
    await expect(building.analogs()).rejects.toThrow(CredentialsRejected)
    await expect(client({ credentials: async () => ({ ...USER, password: 'corrected' }) }).analogs()).rejects.toThrow(
      CredentialsRejected,
    )
    building.forget()
    await expect(building.analogs()).rejects.toThrow(CredentialsRejected)
    expect(server.count('login')).toBe(3)
  })
})

describe('the life of a token', () => {
  test.each([
    [10_800, 10_800 - 300],
    [600, 480],
    [60, 48],
    [undefined, 10_800 - 300],
  ])('with %s s it is used for %i s, then refreshed', async (expiresIn, usable) => {
    server.expiresIn = expiresIn
    const building = client()
    await building.analogs()
    time = usable * 1000 - 1
    await building.analogs()
    expect(calls()).toEqual(['login', 'graphql', 'graphql'])
    time += 1
    await building.analogs()
    expect(calls().slice(3)).toEqual(['login/refresh', 'graphql'])
    expect(last().authorization).toBe('Bearer invented-auth-token-2')
  })

  test('a refresh carries the old token, and both tokens rotate', async () => {
    server.expiresIn = 100
    const building = client()
    for (let round = 1; round <= 3; round += 1) {
      await building.analogs()
      time += 100_000
    }
    expect(
      server.received.filter(({ path }) => path === 'login/refresh').map((r) => [r.authorization, r.body]),
    ).toEqual([
      ['Bearer invented-auth-token-1', { refreshToken: 'invented-refresh-token-1' }],
      ['Bearer invented-auth-token-2', { refreshToken: 'invented-refresh-token-2' }],
    ])
    expect(server.count('login')).toBe(1)
  })

  test('the fixture of a refresh is understood', async () => {
    const body = fixture<{ authToken: string }>('refresh.json')
    server.valid.add(body.authToken)
    server.next('login/refresh', { body })
    server.expiresIn = 10
    const building = client()
    await building.analogs()
    time += 10_000
    await building.analogs()
    expect(last().authorization).toBe(`Bearer ${body.authToken}`)
  })

  test.each([400, 401])('a refused refresh (HTTP %i) leads to the password', async (status) => {
    server.expiresIn = 10
    const building = client()
    await building.analogs()
    time += 10_000
    server.next('login/refresh', { status })
    await building.analogs()
    expect(calls().slice(2)).toEqual(['login/refresh', 'login', 'graphql'])
  })

  test('a refresh whose answer is lost is not repeated with a token that may be spent', async () => {
    server.expiresIn = 10
    const building = client()
    await building.analogs()
    time += 10_000
    server.next('login/refresh', reset)
    await expect(building.analogs()).rejects.toThrow(Unavailable)
    await building.analogs()
    expect(calls().slice(2)).toEqual(['login/refresh', 'login', 'graphql'])
  })

  test('ten buildings share one refresh', async () => {
    server.expiresIn = 10
    const buildings = Array.from({ length: 10 }, () => client())
    await Promise.all(buildings.map((building) => building.analogs()))
    time += 10_000
    await Promise.all(buildings.map((building) => building.analogs()))
    expect([server.count('login'), server.count('login/refresh')]).toEqual([1, 1])
  })
})

describe('a refused token', () => {
  test.each([
    ['with token-expired', fixture<{ status: number; headers: Record<string, string> }>('expired-token.json')],
    ['without', { status: 401 }],
  ])('%s: refreshed once, the call repeated once', async (_name, envelope) => {
    const building = client()
    await building.analogs()
    server.next('CurrentAnalogs', { status: envelope.status })
    await building.analogs()
    expect(calls().slice(2)).toEqual(['graphql', 'login/refresh', 'graphql'])
  })

  test('ten calls that meet it share one renewal', async () => {
    const building = client()
    await building.analogs()
    server.valid.clear()
    await Promise.all(Array.from({ length: 10 }, () => building.analogs()))
    expect([server.count('login'), server.count('login/refresh')]).toEqual([1, 1])
  })

  test('a complaint within GraphQL counts as well', async () => {
    const building = client()
    await building.analogs()
    server.next('CurrentAnalogs', {
      body: { errors: [{ message: 'The token is not valid.', extensions: { code: 'INVALID_AUTH_TOKEN' } }] },
    })
    await building.analogs()
    expect(calls().slice(2)).toEqual(['graphql', 'login/refresh', 'graphql'])
  })

  test('refused again although new: an outage, and the next call comes by password', async () => {
    const building = client()
    await building.analogs()
    server.next('CurrentAnalogs', { status: 401 }, { status: 401 })
    await expect(building.analogs()).rejects.toThrow(Unavailable)
    expect(calls().slice(2)).toEqual(['graphql', 'login/refresh', 'graphql'])
    await building.analogs()
    expect(calls().slice(5)).toEqual(['login', 'graphql'])
  })

  test('refused credentials on the way are told as such', async () => {
    const building = client()
    await building.analogs()
    server.valid.clear()
    server.answers = { ...server.answers, login: { status: 401 }, 'login/refresh': { status: 401 } }
    await expect(building.analogs()).rejects.toThrow(CredentialsRejected)
  })
})

test('neither password nor tokens appear in the log', async () => {
  const lines: string[] = []
  server.expiresIn = 10
  const building = client({ log: createLogger('debug', { write: (line) => lines.push(line) }) })
  await building.analogs()
  time += 10_000
  await building.analogs()
  const text = lines.join('')
  expect(text).toContain('arrigo.session_renewed')
  for (const secret of [USER.password, 'invented-auth-token', 'invented-refresh-token'])
    expect(text).not.toContain(secret)
})
