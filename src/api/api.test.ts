/** What every request passes through: the token, problem documents, limits, headers, the log. */
import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../runtime/log.ts'
import { createApi } from './api.ts'
import { serveApi } from './serve.ts'
import { fakeDependencies, TEST_TOKEN } from './testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from './testing/request.ts'

function setUp() {
  const fakes = fakeDependencies()
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  })
  const app = createApi({ ...fakes.dependencies, log: createLogger('debug', destination) })
  return { ...fakes, app, ask: asker(app), lines }
}

async function problem(response: Response) {
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
  const document = await jsonOf<ProblemAnswer>(response)
  expect(document).toMatchObject({
    type: expect.stringMatching(/^urn:bvpro:problem:/),
    title: expect.any(String),
    status: response.status,
    detail: expect.any(String),
  })
  return document
}

describe('the token', () => {
  test.each([
    ['none', undefined],
    ['a wrong one', 'Bearer wrong'],
    ['the right one with more behind it', `Bearer ${TEST_TOKEN}x`],
    ['an empty one', 'Bearer '],
    ['another scheme', `Basic ${TEST_TOKEN}`],
  ])('%s gets 401 with a challenge', async (_, authorization) => {
    const { app } = setUp()
    const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization }
    const response = await app.request('/api/v1/entities', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer /)
    await problem(response)
  })

  test('the right one is let in, whatever the case of the scheme', async () => {
    const { app } = setUp()
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      const response = await app.request('/api/v1/entities', { headers: { Authorization: `${scheme} ${TEST_TOKEN}` } })
      expect(response.status).toBe(200)
    }
  })

  test('an empty configured token lets nobody in', async () => {
    const app = createApi({ ...fakeDependencies().dependencies, apiToken: '' })
    for (const Authorization of ['Bearer ', 'Bearer x', '']) {
      expect((await app.request('/api/v1/entities', { headers: { Authorization } })).status).toBe(401)
    }
  })

  test('unknown paths under /api/v1 do not show themselves without it', async () => {
    expect((await setUp().app.request('/api/v1/nothing')).status).toBe(401)
  })
})

describe('problems', () => {
  test('an unknown route is a 404 problem', async () => {
    const { ask } = setUp()
    const response = await ask('/api/v1/nothing')
    expect(response.status).toBe(404)
    expect((await problem(response)).detail).toContain('/api/v1/nothing')
  })

  test('a known route with another method is 405 and names what is allowed', async () => {
    const { ask } = setUp()
    const response = await ask('/api/v1/entities', { method: 'DELETE' })
    expect(response.status).toBe(405)
    expect(response.headers.get('Allow')).toBe('HEAD, GET')
    await problem(response)
  })

  test('a query that is not valid is 422 and says where', async () => {
    const { ask } = setUp()
    const response = await ask('/api/v1/entities?kind=castle')
    expect(response.status).toBe(422)
    expect((await problem(response)).errors).toEqual([{ path: 'kind', message: expect.any(String) }])
  })

  test('JSON that cannot be read is 400', async () => {
    const { ask, addHouse } = setUp()
    const { id } = addHouse()
    const response = await ask(`/api/v1/entities/house/${id}/config`, {
      method: 'PATCH',
      body: '{"comfort":',
      headers: { 'Content-Type': 'application/json' },
    })
    expect(response.status).toBe(400)
    await problem(response)
  })

  test.each(['text/plain', 'application/xml', undefined])('content of type %s is 415', async (type) => {
    const { ask, addHouse } = setUp()
    const { id } = addHouse()
    const response = await ask(`/api/v1/entities/house/${id}/config`, {
      method: 'PATCH',
      body: new TextEncoder().encode('{}'),
      headers: type === undefined ? {} : { 'Content-Type': type },
    })
    expect(response.status).toBe(415)
    await problem(response)
  })

  test('a fault of ours is a 500 with a reference and nothing else; the log has the rest', async () => {
    const { ask, application, lines } = setUp()
    application.fault = new TypeError('row 7 of /srv/bvpro.db is upside down')
    const response = await ask('/api/v1/entities')
    expect(response.status).toBe(500)
    const document = await problem(response)
    expect(JSON.stringify(document)).not.toMatch(/row 7|srv|at /)
    const line = lines.find(({ event }) => event === 'api.error')
    expect(line).toMatchObject({
      reference: document.reference,
      message: application.fault.message,
      path: '/api/v1/entities',
    })
    expect(line?.stack).toContain('TypeError')
  })
})

describe('over a socket', () => {
  test('a body over 1 MiB is 413, announced or streamed', async () => {
    const { app, addHouse } = setUp()
    const { id } = addHouse()
    const server = await serveApi(app, { host: '127.0.0.1', port: 0 })
    try {
      const url = `${server.url}/api/v1/entities/house/${id}/config`
      const init = {
        method: 'PATCH',
        headers: { Authorization: `Bearer ${TEST_TOKEN}`, 'Content-Type': 'application/json' },
      }
      const tooLong = JSON.stringify({ friendly_name: 'x'.repeat(1024 * 1024) })
      expect((await fetch(url, { ...init, body: tooLong })).status).toBe(413)
      const stream = new Blob([tooLong]).stream()
      const streamed: RequestInit & { duplex: 'half' } = { ...init, body: stream, duplex: 'half' }
      expect((await fetch(url, streamed)).status).toBe(413)
    } finally {
      await server.close()
    }
  })
})

test('every answer carries the security headers and no answer allows inline scripts', async () => {
  const { ask } = setUp()
  for (const path of ['/', '/api/v1/entities', '/api/docs', '/nowhere']) {
    const { headers } = await ask(path)
    const policy = headers.get('Content-Security-Policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toContain('unsafe')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('Cache-Control')).toBe('no-store')
  }
})

test('each request is logged at debug without its query', async () => {
  const { ask, lines } = setUp()
  await ask('/api/v1/entities?kind=house')
  expect(lines.filter(({ event }) => event === 'api.request')).toEqual([
    expect.objectContaining({ level: 'debug', method: 'GET', path: '/api/v1/entities', status: 200 }),
  ])
})
