import { afterAll, beforeAll, describe } from 'vitest'
import { openApplicationStore } from '../../src/store/application/index.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { testServer } from '../support/servers.ts'
import { sealedCredentialsConformance } from './sealed-credentials-conformance.ts'

describe.skipIf((await testServer('postgres')) === undefined)('PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(async () => {
    await server?.stop()
  })

  sealedCredentialsConformance('PostgreSQL', {
    newDatabase: async () => {
      const databaseUrl = await server.createDatabase('bvpro_credentials')
      return (now) => openApplicationStore({ databaseUrl }, now)
    },
  })
})
