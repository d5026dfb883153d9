/** Sockets: taken ports are explained, closing is prompt. */
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { serveApi } from './serve.ts'

const app = new Hono().get('/', (context) => context.text('here'))

test('it says where it listens and answers there', async () => {
  const server = await serveApi(app, { host: '127.0.0.1', port: 0 })
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(await (await fetch(server.url)).text()).toBe('here')
  await server.close()
})

test('listening everywhere, it names an address that can be opened', async () => {
  const server = await serveApi(app, { host: '0.0.0.0', port: 0 })
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  await server.close()
})

test('a port in use is explained with its number and the setting that changes it', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  try {
    await expect(serveApi(app, { host: '127.0.0.1', port })).rejects.toThrow(
      new RegExp(`Port ${port} .* already in use.*BVPRO_PORT`),
    )
  } finally {
    other.close()
  }
})

test('closing ends a connection that was kept alive, and may be asked for twice', async () => {
  const server = await serveApi(app, { host: '127.0.0.1', port: 0 })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n')
  await answered
  await Promise.all([server.close(), server.close()])
  await ended
  await expect(fetch(server.url)).rejects.toThrow()
})
