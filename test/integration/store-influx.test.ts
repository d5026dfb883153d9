import { afterAll, beforeAll, describe } from 'vitest'
import { openInfluxTimeSeries } from '../../src/store/timeseries/influx.ts'
import { type InfluxServer, startInfluxd } from '../support/influx.ts'
import { testServer } from '../support/servers.ts'
import { timeSeriesConformance } from './store-conformance.ts'

describe.skipIf((await testServer('influxd')) === undefined)('InfluxDB', () => {
  let server: InfluxServer
  let buckets = 0
  beforeAll(async () => {
    server = await startInfluxd()
  })
  afterAll(async () => {
    await server?.stop()
  })

  timeSeriesConformance('InfluxDB', {
    open: async () => {
      buckets += 1
      return openInfluxTimeSeries({ ...server, bucket: await server.createBucket(`bucket-${buckets}`) })
    },
    propertyRuns: 12,
  })
})
