import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../src/connectors/errors.ts'
import { openApplicationStore } from '../../src/store/application/index.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { testServer } from '../support/servers.ts'
import { applicationConformance } from './application-conformance.ts'

describe.skipIf((await testServer('postgres')) === undefined)('PostgreSQL', () => {
  let server: PostgresServer
  let databases = 0
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.stop()
  })

  applicationConformance('PostgreSQL', {
    newDatabase: async () => {
      databases += 1
      const databaseUrl = await server.createDatabase(`bvpro_${databases}`)
      return (now) => openApplicationStore({ databaseUrl }, now)
    },
  })

  test('a server that goes away makes the store unavailable, not the process fall', async () => {
    const doomed = await startPostgres()
    const store = await openApplicationStore({ databaseUrl: doomed.databaseUrl })
    await store.check()
    await doomed.stop()
    await expect(store.check()).rejects.toBeInstanceOf(StoreUnavailable)
    await store.close()
  })
})
