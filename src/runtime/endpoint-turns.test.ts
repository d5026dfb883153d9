/** Several workers at one Modbus gateway that takes a single client. */
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import { createEndpointRegistry } from '../connectors/modbus/endpoints.ts'
import { createModbusClient } from '../connectors/modbus/index.ts'
import { type Peer, startPeer } from '../connectors/modbus/testing/peer.ts'
import type { LeaseStore } from '../store/application/port.ts'
import { createEndpointTurns } from './endpoint-turns.ts'
import { silentLogger } from './log.ts'

const FOUR = { table: 'holding', address: 0, count: 4 } as const

let peer: Peer
beforeEach(async () => {
  peer = await startPeer(0, 1)
})
afterEach(() => peer.close())

/** A process of its own: its clients share nothing with those of another but the store. */
function worker(leases: LeaseStore | undefined, holder: string, patienceMs?: number) {
  const endpoints = createEndpointRegistry()
  const takeTurn =
    leases === undefined
      ? undefined
      : createEndpointTurns({
          leases,
          holder,
          log: silentLogger,
          ...(patienceMs === undefined ? {} : { patienceMs }),
        })
  return (unitId: number) => {
    const client = createModbusClient({ host: peer.host, port: peer.port, unitId, takeTurn, endpoints })
    onTestFinished(() => client.close())
    return client
  }
}

describe('two workers at a gateway that takes one client', () => {
  test('read in turns, without a fault and without a refused connection', async () => {
    const leases = memoryApplicationStore()
    const clients = [worker(leases, 'worker 1')(1), worker(leases, 'worker 2')(2)]
    const reads = clients.flatMap((client) => Array.from({ length: 10 }, () => client))
    const answers = await Promise.all(reads.map((client) => client.read(FOUR)))
    expect(answers).toEqual(reads.map(() => [100, 101, 102, 103]))
    expect(peer.refused).toBe(0)
    for (const client of clients) expect(client.circuit()).toMatchObject({ state: 'closed', failures: 0 })
    expect(new Set(peer.requests.map(({ unitId }) => unitId))).toEqual(new Set([1, 2]))
  })

  test('alternate when each asks again and again', async () => {
    const leases = memoryApplicationStore()
    const clients = [worker(leases, 'worker 1')(1), worker(leases, 'worker 2')(2)]
    await Promise.all(
      clients.map(async (client) => {
        for (let turn = 0; turn < 6; turn += 1) expect(await client.read(FOUR)).toHaveLength(4)
      }),
    )
    expect(peer.requests).toHaveLength(12)
    expect(peer.refused).toBe(0)
    for (const client of clients) expect(client.breaks()).toBe(0)
  })

  test('would take its place from one another without turns', async () => {
    const clients = [worker(undefined, '')(1), worker(undefined, '')(2)]
    await clients[0]?.read(FOUR)
    await expect(clients[1]?.read(FOUR)).rejects.toBeInstanceOf(Unavailable)
    expect(peer.refused).toBeGreaterThan(0)
  })
})

describe('a turn', () => {
  test('ends with the last waiting order: the connection is closed before the next worker is let in', async () => {
    const leases = memoryApplicationStore()
    const client = worker(leases, 'worker 1')(1)
    await Promise.all([client.read(FOUR), client.read(FOUR), client.read(FOUR)])
    await vi.waitFor(async () => {
      const lease = await leases.acquireLease(`modbus 127.0.0.1:${peer.port}`, 'worker 2', 60_000)
      expect(lease).toMatchObject({ epoch: 2 })
    })
    expect(peer.open).toBe(0)
    expect(peer.accepted).toBe(1)
  })

  test('ends after a failure, too', async () => {
    const leases = memoryApplicationStore()
    peer.answer = ({ socket }) => {
      socket.resetAndDestroy()
      return undefined
    }
    await expect(worker(leases, 'worker 1')(1).read(FOUR)).rejects.toBeInstanceOf(Unavailable)
    await vi.waitFor(async () =>
      expect(await leases.acquireLease(`modbus 127.0.0.1:${peer.port}`, 'worker 2', 1)).toBeDefined(),
    )
  })

  test('that does not come is an outage of this endpoint, says why, and is no fault of the device', async () => {
    const leases = memoryApplicationStore()
    await leases.acquireLease(`modbus 127.0.0.1:${peer.port}`, 'worker 2', 60_000)
    const client = worker(leases, 'worker 1', 100)(1)
    const error = await client.read(FOUR).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Unavailable)
    expect(String(error)).toContain(`127.0.0.1:${peer.port} is in use by another worker of BVPro`)
    expect(client.circuit()).toMatchObject({ failures: 0 })
    expect(client.breaks()).toBe(0)
    expect(peer.accepted).toBe(0)
  })

  test('of a worker that died is over when its lease is', async () => {
    const leases = memoryApplicationStore()
    await leases.acquireLease(`modbus 127.0.0.1:${peer.port}`, 'killed', 150)
    expect(await worker(leases, 'worker 1')(1).read(FOUR)).toHaveLength(4)
  })

  test('can be left while waiting for it', async () => {
    const leases = memoryApplicationStore()
    await leases.acquireLease(`modbus 127.0.0.1:${peer.port}`, 'worker 2', 60_000)
    const leaving = new AbortController()
    const read = worker(leases, 'worker 1')(1).read(FOUR, { signal: leaving.signal })
    leaving.abort(new Error('left'))
    await expect(read).rejects.toThrow('left')
  })

  test('that the store cannot take back ends by itself, and the log says so', async () => {
    const recorded = recordingLogger()
    const leases: LeaseStore = {
      ...memoryApplicationStore(),
      releaseLease: async () => {
        throw new StoreUnavailable('the database is away')
      },
    }
    const takeTurn = createEndpointTurns({ leases, holder: 'worker 1', log: recorded.log })
    const turn = await takeTurn('10.0.0.7:502', 3_000, new AbortController().signal)
    await turn.end()
    expect(recorded.events('modbus.turn_not_given_back')).toMatchObject([{ endpoint: '10.0.0.7:502' }])
  })
})
