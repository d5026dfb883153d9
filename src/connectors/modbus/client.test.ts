import { getEventListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { BvproError } from '../errors.ts'
import { createModbusClient, type ModbusClient, type ModbusClientOptions } from './client.ts'
import { processEndpoints } from './endpoints.ts'
import { exceptionCodeOf } from './faults.ts'
import { DEFAULT_ZONE_MAP } from './register-map.ts'
import { frameOf, type Peer, plainAnswer, startPeer, wordsAnswer } from './testing/peer.ts'
import { WriteOrder } from './write-order.ts'

const FOUR = { table: 'holding', address: 0, count: 4 } as const
const TWO = { table: 'holding', address: 8, count: 2 } as const

let peer: Peer
let clients: ModbusClient[]

beforeEach(async () => {
  clients = []
  peer = await startPeer()
})
afterEach(async () => {
  for (const client of clients) client.close()
  await vi.waitFor(() => expect(peer.open).toBe(0))
  await peer.close()
  expect(processEndpoints.inUse()).toEqual([])
})

function open(options: Partial<ModbusClientOptions> = {}): ModbusClient {
  const client = createModbusClient({ host: peer.host, port: peer.port, timeoutMs: 2_000, ...options })
  clients.push(client)
  return client
}

/** The error of a promise that must fail. */
async function failure(promise: Promise<unknown>): Promise<BvproError> {
  const outcome = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  )
  if (outcome instanceof BvproError) return outcome
  throw new Error(`expected a typed error, found ${String(outcome)}`)
}

describe('reading', () => {
  test('words of a register table, bits of a bit table', async () => {
    const client = open()
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    peer.answer = (request) => frameOf(request, [1, 1, 0b101])
    expect(await client.read({ table: 'coil', address: 0, count: 3 })).toEqual([1, 0, 1])
  })

  test('an answer that comes byte by byte', async () => {
    peer.answer = (request) => {
      const bytes = plainAnswer(request)
      const send = async () => {
        for (const byte of bytes) {
          request.socket.write(Buffer.from([byte]))
          await delay(1)
        }
      }
      void send()
      return undefined
    }
    expect(await open().read(FOUR)).toEqual([100, 101, 102, 103])
  })

  test('what no device could answer is not sent', async () => {
    expect(await failure(open().read({ ...FOUR, count: 126 }))).toMatchObject({ type: 'BadConfig' })
    expect(peer.accepted).toBe(0)
  })

  test.each([
    [{ unitId: 256 }],
    [{ unitId: -1 }],
    [{ port: 0 }],
    [{ port: 65_536 }],
    [{ host: '' }],
    [{ host: 'a b' }],
    [{ host: 'http://a' }],
  ])('%j is refused', (options) => {
    expect(() => open(options)).toThrow(expect.objectContaining({ type: 'BadConfig' }))
  })
})

describe('one connection for an endpoint', () => {
  test('is kept, and shared by all units', async () => {
    const [one, two] = [open({ unitId: 1 }), open({ unitId: 2 })]
    expect(one.name).toBe(`127.0.0.1:${peer.port} unit 1`)
    await one.read(FOUR)
    await two.read(FOUR)
    await one.read(FOUR)
    expect(peer.accepted).toBe(1)
    expect(peer.requests.map(({ unitId }) => unitId)).toEqual([1, 2, 1])
  })

  test('requests never overtake each other, nor are two ever under way', async () => {
    let underWay = 0
    let most = 0
    peer.answer = (request) => {
      underWay += 1
      most = Math.max(most, underWay)
      setTimeout(() => {
        underWay -= 1
        request.socket.write(plainAnswer(request))
      }, 3)
      return undefined
    }
    const [one, two] = [open({ unitId: 1 }), open({ unitId: 2 })]
    const addresses = Array.from({ length: 12 }, (_, index) => index)
    const answers = await Promise.all(
      addresses.map((address) => (address % 2 === 0 ? one : two).read({ table: 'holding', address, count: 1 })),
    )
    expect(answers.map(([word]) => word)).toEqual(addresses.map((address) => 100 + address))
    expect(peer.requests.map(({ pdu }) => pdu.readUInt16BE(1))).toEqual(addresses)
    expect(most).toBe(1)
    const ids = peer.requests.map(({ transactionId }) => transactionId)
    expect(new Set(ids).size).toBe(12)
    expect(ids).not.toContain(0)
  })

  test('closes when nobody uses it for a while, and opens again', async () => {
    const client = open({ idleMs: 30 })
    await client.read(FOUR)
    await vi.waitFor(() => expect(peer.open).toBe(0))
    await client.read(FOUR)
    expect(peer.accepted).toBe(2)
  })

  test('lives until its last client is closed', async () => {
    const [one, two] = [open(), open()]
    await one.read(FOUR)
    one.close()
    one.close()
    await two.read(FOUR)
    expect(peer.accepted).toBe(1)
    two.close()
    await vi.waitFor(() => expect(peer.open).toBe(0))
    expect(await failure(two.read(FOUR))).toMatchObject({ type: 'Unavailable', message: /has been closed/ })
  })

  test('host names in any case are one endpoint', async () => {
    const [one, two] = [open({ host: 'LOCALHOST' }), open({ host: 'localhost' })]
    await one.read(FOUR)
    await two.read(FOUR)
    expect(peer.accepted).toBe(1)
  })

  test('a device that closes after every answer costs a connection each time, and no error', async () => {
    peer.answer = (request) => {
      request.socket.end(plainAnswer(request))
      return undefined
    }
    const client = open()
    for (let round = 0; round < 5; round += 1) expect(await client.read(FOUR)).toHaveLength(4)
    expect(peer.accepted).toBeGreaterThan(2)
  })

  test('a kept connection that the device has given up is replaced at once', async () => {
    const client = open()
    await client.read(FOUR)
    peer.answer = (request) => {
      if (request.connection > 1) return plainAnswer(request)
      request.socket.resetAndDestroy()
      return undefined
    }
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(peer.accepted).toBe(2)
    expect(client.circuit()).toMatchObject({ failures: 0 })
  })

  test('a new connection that is reset is an error, not a reason for another one', async () => {
    peer.answer = (request) => {
      request.socket.resetAndDestroy()
      return undefined
    }
    expect(await failure(open().read(FOUR))).toMatchObject({ type: 'Unavailable' })
    expect(peer.accepted).toBe(1)
  })
})

describe('trouble on the wire', () => {
  test('a closed port', async () => {
    const gone = await startPeer()
    await gone.close()
    const error = await failure(open({ port: gone.port }).read(FOUR))
    expect(error).toMatchObject({ type: 'Unavailable', retryable: true })
    expect(error.message).toBe(
      `127.0.0.1:${gone.port} unit 1, holding registers 0 to 3: cannot be reached: ECONNREFUSED`,
    )
  })

  test('a name that does not exist', async () => {
    const error = await failure(open({ host: 'no-such-device.invalid' }).read(FOUR))
    expect(error).toMatchObject({ type: 'Unavailable', message: /cannot be reached: E|no connection within/ })
  })

  test('a peer that accepts and never answers ends with the time limit, once', async () => {
    peer.answer = () => undefined
    const startedAt = performance.now()
    const error = await failure(open({ timeoutMs: 150 }).read(FOUR))
    expect(error.message).toBe(`127.0.0.1:${peer.port} unit 1, holding registers 0 to 3: no answer within 0.15 s`)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
    expect(peer.requests).toHaveLength(1)
    await vi.waitFor(() => expect(peer.open).toBe(0))
  })

  test('an answer after the time limit reaches nobody', async () => {
    peer.answer = (request) => {
      if (request.connection > 1) return plainAnswer(request)
      setTimeout(() => request.socket.write(wordsAnswer(request, [9, 9, 9, 9])), 150)
      return undefined
    }
    await failure(open({ timeoutMs: 100 }).read(FOUR))
    expect(await open().read(FOUR)).toEqual([100, 101, 102, 103])
  })

  test('a gateway that hands the late answer to the next connection: it is left out', async () => {
    let late: Buffer | undefined
    peer.answer = (request) => {
      if (late !== undefined) return Buffer.concat([late, plainAnswer(request)])
      late = wordsAnswer(request, [9, 9, 9, 9])
      return undefined
    }
    const patient = open()
    await failure(open({ timeoutMs: 100 }).read(FOUR))
    expect(await patient.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(await patient.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(peer.accepted).toBe(2)
  })

  test('an answer that comes twice is taken once', async () => {
    peer.answer = (request) => Buffer.concat([plainAnswer(request), plainAnswer(request)])
    const client = open()
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(await client.read(TWO)).toEqual([108, 109])
    expect(peer.accepted).toBe(1)
  })

  test('a reset in the middle of a frame', async () => {
    const client = open()
    await client.read(FOUR)
    peer.answer = (request) => {
      request.socket.write(plainAnswer(request).subarray(0, 10))
      setTimeout(() => request.socket.resetAndDestroy(), 20)
      return undefined
    }
    const error = await failure(client.read(FOUR))
    expect(error).toMatchObject({ type: 'Unavailable', message: /: the connection broke: ECONNRESET$/ })
    expect(peer.requests).toHaveLength(2)
    peer.answer = plainAnswer
    expect(await client.read(FOUR)).toHaveLength(4)
  })

  test('a connection closed in the middle of a frame', async () => {
    peer.answer = (request) => {
      request.socket.end(plainAnswer(request).subarray(0, 10))
      return undefined
    }
    expect(await failure(open().read(FOUR))).toMatchObject({ message: /the other side closed the connection$/ })
  })

  test('a malformed answer is BadData, ends the connection, and the next one is believed again', async () => {
    peer.answer = (request) => (request.connection > 1 ? plainAnswer(request) : frameOf(request, [0x80, 0x0b]))
    const client = open({ unitId: 2 })
    const error = await failure(client.read(FOUR))
    expect(error).toMatchObject({ type: 'BadData', cause: { fault: 'function' } })
    expect(error.message).toBe(
      `127.0.0.1:${peer.port} unit 2, holding registers 0 to 3: malformed answer, function byte 80 instead of 03`,
    )
    await vi.waitFor(() => expect(peer.open).toBe(0))
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
  })

  test('whatever bytes come back, a request ends in time with a typed error, and the next one is right', async () => {
    const [impatient, patient] = [open({ timeoutMs: 40, circuit: { threshold: 1_000 } }), open()]
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 400 }),
      // Begins like an answer, so that more than the header is looked at.
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map((pdu) => Uint8Array.from([0, pdu.length + 1, 1, ...pdu])),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (noise) => {
        peer.answer = ({ transactionId }) =>
          Buffer.concat([Buffer.from([transactionId >> 8, transactionId & 0xff, 0, 0]), noise])
        await failure(impatient.read({ ...FOUR, address: 7 }))
        peer.answer = plainAnswer
        expect(await patient.read(FOUR)).toEqual([100, 101, 102, 103])
      }),
      { numRuns: 40 },
    )
  })

  test('garbage between two requests costs the connection, not the next request', async () => {
    const client = open()
    await client.read(FOUR)
    peer.requests[0]?.socket.write(Buffer.alloc(20, 0xff))
    await vi.waitFor(() => expect(peer.open).toBe(0))
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(client.circuit()).toMatchObject({ failures: 0 })
  })

  test('garbage right behind a good answer does not spoil it', async () => {
    peer.answer = (request) =>
      request.connection > 1 ? plainAnswer(request) : Buffer.concat([plainAnswer(request), Buffer.alloc(20, 0xff)])
    const client = open()
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(peer.accepted).toBe(2)
  })

  test.each([
    [0x01, 'BadConfig', false],
    [0x02, 'BadConfig', false],
    [0x03, 'BadConfig', false],
    [0x04, 'Unavailable', true],
    [0x05, 'Pending', true],
    [0x06, 'RateLimited', true],
    [0x0a, 'Unavailable', true],
    [0x0b, 'Unavailable', true],
    [0x2a, 'BadData', false],
  ])('exception %i is %s, and the endpoint is well', async (code, type, retryable) => {
    peer.answer = (request) => frameOf(request, [0x83, code])
    const client = open({ circuit: { threshold: 1 } })
    const error = await failure(client.read(TWO))
    expect(error).toMatchObject({ type, retryable })
    expect(error.message).toContain(`127.0.0.1:${peer.port} unit 1, holding registers 8 to 9: `)
    expect(error.message).toContain(`exception ${code.toString(16).toUpperCase().padStart(2, '0')}`)
    expect(exceptionCodeOf(error)).toBe(code)
    await failure(client.read(TWO))
    expect(peer.accepted).toBe(1)
    expect(client.circuit()).toEqual({ state: 'closed', failures: 0, retryInMs: 0 })
  })

  test('a busy device says how long to wait', async () => {
    peer.answer = (request) => frameOf(request, [0x83, 6])
    expect((await failure(open().read(TWO))).retryAfterMs).toBe(1_000)
  })
})

describe('a dead endpoint', () => {
  test('is left alone after three failures, for all its units, and says until when', async () => {
    peer.answer = () => undefined
    const options = { timeoutMs: 50, circuit: { initialMs: 60_000 } }
    const [one, two] = [open(options), open({ ...options, unitId: 2 })]
    for (const client of [one, two, one]) await failure(client.read(FOUR))
    const error = await failure(two.read(FOUR))
    expect(error).toMatchObject({
      type: 'Unavailable',
      message: /3 failures in a row, the next attempt is due in \d+ s/,
    })
    expect(error.retryAfterMs).toBeGreaterThan(10_000)
    expect(one.circuit().state).toBe('open')
    expect(peer.requests).toHaveLength(3)
  })

  test('those who waited for it fail at once, not one time limit after the other', async () => {
    peer.answer = () => undefined
    const client = open({ timeoutMs: 100, circuit: { initialMs: 60_000 } })
    const startedAt = performance.now()
    const errors = await Promise.all(Array.from({ length: 40 }, () => failure(client.read(FOUR))))
    expect(errors.every(({ type }) => type === 'Unavailable')).toBe(true)
    expect(performance.now() - startedAt).toBeLessThan(3_500)
    expect(peer.requests).toHaveLength(3)
  })

  test('is tested with one request after the pause, and is well again when it answers', async () => {
    const { port } = peer
    await peer.close()
    let time = 0
    const client = open({ circuit: { threshold: 2, initialMs: 150, random: () => 1, now: () => time } })
    await failure(client.read(FOUR))
    await failure(client.read(FOUR))
    expect(client.circuit().state).toBe('open')
    peer = await startPeer(port)
    await failure(client.read(FOUR))
    expect(peer.accepted).toBe(0)
    time += 150
    expect(client.circuit().state).toBe('half-open')
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(client.circuit()).toEqual({ state: 'closed', failures: 0, retryInMs: 0 })
  })

  test('is tried again by a client that polls faster than the pause, and still left alone by the others', async () => {
    const { port } = peer
    await peer.close()
    let time = 0
    const circuit = { threshold: 1, initialMs: 20_000, random: () => 1, now: () => time }
    const [slow, fast] = [open({ circuit }), open({ unitId: 2, longestPauseMs: 1_000 })]
    await failure(slow.read(FOUR))
    peer = await startPeer(port)
    time += 1_000
    expect((await failure(slow.read(FOUR))).retryAfterMs).toBe(19_000)
    expect(await fast.read(FOUR)).toEqual([100, 101, 102, 103])
    expect(await slow.read(FOUR)).toEqual([100, 101, 102, 103])
  })

  test('a failed test makes the next pause longer', async () => {
    peer.answer = () => undefined
    let time = 0
    const client = open({
      timeoutMs: 30,
      circuit: { threshold: 1, initialMs: 100, random: () => 1, now: () => time },
    })
    await failure(client.read(FOUR))
    time += 100
    await failure(client.read(FOUR))
    expect(client.circuit()).toEqual({ state: 'open', failures: 2, retryInMs: 200 })
    expect(peer.requests).toHaveLength(2)
  })

  test('one silent unit does not close the way to its neighbours', async () => {
    peer.answer = (request) => (request.unitId === 2 ? undefined : plainAnswer(request))
    const [alive, silent] = [open({ unitId: 1 }), open({ unitId: 2, timeoutMs: 40 })]
    for (let round = 0; round < 6; round += 1) {
      await failure(silent.read(FOUR))
      expect(await alive.read(FOUR)).toHaveLength(4)
    }
  })
})

describe('calling off', () => {
  const order = WriteOrder.of(DEFAULT_ZONE_MAP, 'setpoint', 21)

  test('before it starts', async () => {
    await expect(open().read(FOUR, { signal: AbortSignal.abort(new Error('never mind')) })).rejects.toThrow(
      'never mind',
    )
    expect(peer.accepted).toBe(0)
  })

  test('a request in the queue is never sent', async () => {
    const client = open()
    const stop = new AbortController()
    const first = client.read(FOUR)
    const second = client.read(TWO, { signal: stop.signal })
    const third = client.read(TWO)
    stop.abort(new Error('never mind'))
    await expect(second).rejects.toThrow('never mind')
    expect(await first).toHaveLength(4)
    expect(await third).toEqual([108, 109])
    expect(peer.requests).toHaveLength(2)
  })

  test('a request under way ends the connection; it is no failure of the endpoint', async () => {
    peer.answer = (request) => (request.connection > 1 ? plainAnswer(request) : undefined)
    const client = open({ circuit: { threshold: 1 } })
    const stop = new AbortController()
    const asked = client.read(FOUR, { signal: stop.signal })
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1))
    stop.abort(new Error('never mind'))
    await expect(asked).rejects.toThrow('never mind')
    expect(client.circuit()).toMatchObject({ state: 'closed', failures: 0 })
    expect(await client.read(FOUR)).toEqual([100, 101, 102, 103])
  })

  test('a write that has been sent is waited for', async () => {
    peer.answer = (request) => {
      setTimeout(() => request.socket.write(plainAnswer(request)), 60)
      return undefined
    }
    const stop = new AbortController()
    const written = open().write(order, { signal: stop.signal })
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1))
    stop.abort(new Error('too late'))
    await expect(written).resolves.toBeUndefined()
  })

  test('closing a client ends its requests and leaves the others alone', async () => {
    peer.answer = (request) => (request.unitId === 1 ? undefined : plainAnswer(request))
    const [leaving, staying] = [open({ unitId: 1 }), open({ unitId: 2 })]
    const underWay = failure(leaving.read(FOUR))
    const queued = failure(leaving.write(order))
    const other = staying.read(FOUR)
    await vi.waitFor(() => expect(peer.requests).toHaveLength(1))
    leaving.close()
    expect(await underWay).toMatchObject({ type: 'Unavailable', message: /unit 1: the client has been closed/ })
    expect(await queued).toMatchObject({ type: 'Unavailable' })
    expect(await other).toHaveLength(4)
    expect(peer.requests.some(({ pdu }) => pdu.readUInt8(0) === 6)).toBe(false)
  })

  test('a long-lived signal keeps no listener of what is over', async () => {
    const { signal } = new AbortController()
    const client = open()
    for (let round = 0; round < 20; round += 1) await client.read(FOUR, { signal })
    await client.write(order, { signal })
    peer.answer = (request) => frameOf(request, [0x83, 4])
    await failure(client.read(FOUR, { signal }))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })
})
