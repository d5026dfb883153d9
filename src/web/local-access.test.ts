/** Who may see the pages while there is no sign-in: a browser on this machine, and nobody else. */
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createApi } from '../api/api.ts'
import { serveApi } from '../api/serve.ts'
import { fakeDependencies } from '../api/testing/fakes.ts'
import { connection } from '../api/testing/request.ts'

const PAGES = ['/', '/fragments/overview']

async function statuses(headers: Record<string, string>, remoteAddress?: string): Promise<number[]> {
  const app = createApi(fakeDependencies().dependencies)
  return Promise.all(
    PAGES.map(async (path) => (await app.request(path, { headers }, connection(remoteAddress))).status),
  )
}

describe('let in', () => {
  test.each(['localhost', 'localhost:8080', 'LOCALHOST:8080', '127.0.0.1', '127.0.0.1:8080', '[::1]', '[::1]:8080'])(
    'a browser on this machine that asks %s',
    async (Host) => {
      expect(await statuses({ Host })).toEqual([200, 200])
    },
  )

  test.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('a socket from %s', async (address) => {
    expect(await statuses({ Host: 'localhost:8080' }, address)).toEqual([200, 200])
  })
})

describe('kept out', () => {
  test.each(['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '10.0.0.1', '1270.0.0.1', ''])(
    'a socket from %j, though it asks for localhost',
    async (address) => {
      expect(await statuses({ Host: 'localhost:8080' }, address)).toEqual([403, 403])
    },
  )

  test.each([
    'bvpro.example',
    'bvpro.example:8080',
    'localhost.bvpro.example',
    '127.0.0.1.bvpro.example',
    'localhost:8080.bvpro.example',
    'user@localhost',
    '0.0.0.0:8080',
    '192.0.2.7',
  ])('a browser on this machine that was led here as %s', async (Host) => {
    expect(await statuses({ Host })).toEqual([403, 403])
  })

  test('a request without a Host', async () => {
    expect(await statuses({})).toEqual([403, 403])
  })

  test.each([
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'for=127.0.0.1'],
    ['X-Forwarded-Host', 'localhost'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Real-IP', '127.0.0.1'],
    ['Via', '1.1 proxy'],
  ])('what a proxy on this machine passed on with %s', async (name, value) => {
    expect(await statuses({ Host: 'localhost:8080', [name]: value })).toEqual([403, 403])
  })

  test('a request of which nothing is known', async () => {
    const app = createApi(fakeDependencies().dependencies)
    expect((await app.request('/', { headers: { Host: 'localhost' } })).status).toBe(403)
  })
})

test('over a real socket the same holds: localhost is let in, another name is not', async () => {
  const server = await serveApi(createApi(fakeDependencies().dependencies), { host: '127.0.0.1', port: 0 })
  const status = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request(server.url, { headers: { Host: host } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asked.on('error', reject).end()
    })
  try {
    expect(await status('localhost')).toBe(200)
    expect(await status('bvpro.example')).toBe(403)
  } finally {
    await server.close()
  }
})

test('who is kept out learns why and how to get in, and nothing about the houses', async () => {
  const { dependencies, addHouse } = fakeDependencies()
  addHouse({ name: 'Villa Ek' })
  const response = await createApi(dependencies).request(
    '/',
    { headers: { Host: 'bvpro.example', 'Accept-Language': 'sv' } },
    connection('192.0.2.7'),
  )
  const html = await response.text()
  expect(html).toContain('Inloggning finns inte än')
  expect(html).toContain('ssh -L 8080:localhost:8080')
  expect(html).not.toContain('Villa Ek')
})
