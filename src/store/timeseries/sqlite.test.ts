import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { timeSeriesConformance } from '../../../test/integration/store-conformance.ts'
import { openSqliteTimeSeries } from './sqlite.ts'

let folder: string
let files = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-sqlite-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

timeSeriesConformance('SQLite', {
  open: async () => {
    files += 1
    return openSqliteTimeSeries(join(folder, `series-${files}.db`))
  },
  propertyRuns: 60,
})
