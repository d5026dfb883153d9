/** Two workers on one database: one Arrigo sign-in whose tokens rotate, and one place at a Modbus gateway. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createArrigoClient, createSessionRegistry } from '../../src/connectors/arrigo/index.ts'
import { createEndpointRegistry } from '../../src/connectors/modbus/endpoints.ts'
import { createModbusClient } from '../../src/connectors/modbus/index.ts'
import { startPeer } from '../../src/connectors/modbus/testing/peer.ts'
import { createEndpointTurns } from '../../src/runtime/endpoint-turns.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { createSharedSessions } from '../../src/runtime/shared-sessions.ts'
import { startArrigoTown } from '../../src/simulators/arrigo/town.ts'
import {
  type ApplicationLocation,
  type ApplicationStore,
  openApplicationStore,
} from '../../src/store/application/index.ts'
import { sealingKeyOf } from '../../src/store/application/sealed-value.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { testServer } from '../support/servers.ts'

const log = silentLogger
const postgres = await testServer('postgres')

let server: PostgresServer | undefined
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-workers-'))
  if (postgres !== undefined) server = await startPostgres()
})
afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** SQLite stands for two processes on one machine, which is not how BVPro is run, and must be right all the same. */
const DATABASES: [name: string, open: () => Promise<ApplicationLocation>][] = [
  ['SQLite', async () => ({ sqlitePath: join(folder, 'application.db') })],
  ['PostgreSQL', async () => ({ databaseUrl: server?.databaseUrl ?? '' })],
]

describe.each(DATABASES.filter(([name]) => name === 'SQLite' || postgres !== undefined))('on %s', (_, locate) => {
  let stores: ApplicationStore[]
  beforeEach(async () => {
    const location = await locate()
    stores = await Promise.all([1, 2].map(() => openApplicationStore(location)))
    onTestFinished(async () => {
      for (const store of stores) await store.close()
    })
  })

  test('tokens rotate ten times under two workers: one sign-in, no refused refresh', async () => {
    const town = await startArrigoTown({ log })
    onTestFinished(() => town.close())
    const { username, password } = town
    const workers = stores.map((application, index) => {
      const key = sealingKeyOf('invented secret of the tests')
      const shared = createSharedSessions({ application, key, holder: `worker ${index}`, log })
      const credentials = async () => ({ username, password })
      return createArrigoClient({ host: town.url, credentials, sessions: createSessionRegistry(shared) })
    })
    for (let round = 0; round <= 10; round += 1) {
      await Promise.all(workers.map((client) => client.rootFolder()))
      // A refused refresh would have led to another sign-in.
      expect(town.counts()).toMatchObject({ login: 1, refresh: round })
      town.expireTokens()
    }
  })

  test('a gateway that takes one client is read by both, without a refused connection', async () => {
    const gateway = await startPeer(0, 1)
    onTestFinished(() => gateway.close())
    const clients = stores.map((leases, index) =>
      createModbusClient({
        host: gateway.host,
        port: gateway.port,
        unitId: index + 1,
        takeTurn: createEndpointTurns({ leases, holder: `worker ${index}`, log }),
        endpoints: createEndpointRegistry(),
      }),
    )
    onTestFinished(() => {
      for (const client of clients) client.close()
    })
    await Promise.all(
      clients.map(async (client) => {
        for (let cycle = 0; cycle < 10; cycle += 1) {
          expect(await client.read({ table: 'holding', address: 0, count: 4 })).toEqual([100, 101, 102, 103])
        }
      }),
    )
    expect([gateway.requests.length, gateway.refused]).toEqual([20, 0])
    expect(clients.map((client) => client.circuit().failures)).toEqual([0, 0])
  })
})
