import { afterEach, expect, test } from 'vitest'
import { freePort } from '../runtime/servers/ports.ts'
import { httpRequest, resetCircuitBreakers } from './http.ts'

afterEach(resetCircuitBreakers)

const ask = (url: string) => httpRequest({ url, timeoutMs: 2_000 })

test('a port that no web server may use is said to be one', async () => {
  await expect(ask('http://127.0.0.1:6000/path?token=abc')).rejects.toThrow(
    '127.0.0.1:6000 cannot be reached: its port is reserved for something else than HTTP',
  )
})

test('a port where nobody listens is told by the code of the system', async () => {
  const port = await freePort()
  await expect(ask(`http://127.0.0.1:${port}/`)).rejects.toThrow(`127.0.0.1:${port} cannot be reached: ECONNREFUSED`)
})
