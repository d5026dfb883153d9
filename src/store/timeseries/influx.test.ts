/**
 * How the InfluxDB adapter meets a server that is slow, ill or wrong; a real one is in
 * `test/integration/store-influx.test.ts`.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { BadData, StoreUnavailable } from '../../connectors/errors.ts'
import { openInfluxTimeSeries } from './influx.ts'
import type { Point, TimeSeriesStore } from './port.ts'

interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Record<string, string>
  /** Leave the request unanswered. */
  readonly silent?: boolean
}

const STORED: Answer = { status: 204 }
const TOKEN = 'very-secret-token'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A store over a server that answers writes as `answer` says and keeps the lines of those it accepted. */
async function storeOver(answer: (lines: readonly string[], request: IncomingMessage) => Answer, timeoutMs = 5000) {
  const requests: string[][] = []
  const accepted: string[] = []
  const server: Server = createServer(async (request, response) => {
    const raw = await buffer(request)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
    const lines = body.toString('utf8').split('\n')
    requests.push(lines)
    const { status, body: text, headers, silent } = answer(lines, request)
    if (silent) return
    if (status === 204) accepted.push(...lines)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  const store: TimeSeriesStore = openInfluxTimeSeries({ url, token: TOKEN, org: 'bvpro', bucket: 'heating', timeoutMs })
  closing.push(async () => {
    server.closeAllConnections()
    server.close()
    await store.close()
  })
  return { store, requests, accepted, url }
}

function reading(id: string, second = 1_768_035_600, temperature = 20): Point {
  return { measurement: 'zone_reading', tags: { zone_id: id }, time: second * 1000, fields: { temperature } }
}

const problem = (message: string) => JSON.stringify({ code: 'x', message })

describe('line protocol', () => {
  test('integers carry i, texts quotes, times are seconds, the token goes in the header', async () => {
    let request: IncomingMessage | undefined
    const { store, accepted } = await storeOver((_, seen) => {
      request = seen
      return STORED
    })
    await store.write([
      {
        measurement: 'weather_forecast',
        tags: { place: '58.403,15.604', lead_time_hours: '6' },
        time: 1_768_035_600_999,
        fields: { temperature: -3, issued_at: 1_768_035_000, source: 'say "smhi"' },
      },
    ])
    expect(accepted).toEqual([
      'weather_forecast,lead_time_hours=6,place=58.403\\,15.604 issued_at=1768035000i,source="say \\"smhi\\"",temperature=-3 1768035600',
    ])
    expect(request?.headers.authorization).toBe(`Token ${TOKEN}`)
    expect(request?.url).toBe('/api/v2/write?org=bvpro&bucket=heating&precision=s')
  })

  test('calls of the same moment share a request, long bodies are compressed', async () => {
    const encodings: unknown[] = []
    const { store, requests, accepted } = await storeOver((_, request) => {
      encodings.push(request.headers['content-encoding'])
      return STORED
    })
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.write([reading(`zone-${index}`)])))
    expect(requests).toHaveLength(1)
    expect(accepted).toHaveLength(100)
    expect(encodings).toEqual(['gzip'])
  })

  test('the same point twice in a batch is sent once, merged', async () => {
    const { store, accepted } = await storeOver(() => STORED)
    await store.write([reading('A', 5, 20), reading('A', 5, 21)])
    expect(accepted).toEqual(['zone_reading,zone_id=A temperature=21 5'])
  })

  test('more lines than fit a request go in several, in order', async () => {
    const { store, requests, accepted } = await storeOver(() => STORED)
    await store.write(Array.from({ length: 9000 }, (_, index) => reading('A', index)))
    expect(requests.length).toBeGreaterThan(1)
    expect(accepted.map((line) => Number(line.split(' ').at(-1)))).toEqual(
      Array.from({ length: 9000 }, (_, index) => index),
    )
  })
})

describe('a server in trouble', () => {
  test('a passing outage is sat out, and nothing is lost', async () => {
    let failures = 2
    const { store, accepted } = await storeOver(() => {
      failures -= 1
      return failures >= 0 ? { status: 503, body: problem('starting') } : STORED
    })
    await store.write([reading('A')])
    expect(accepted).toHaveLength(1)
  })

  test('a lasting outage rejects every caller after bounded attempts, and recovery is noticed', async () => {
    let ill = true
    const { store, requests, accepted, url } = await storeOver(() =>
      ill ? { status: 500, body: problem('engine closed') } : STORED,
    )
    const outcomes = await Promise.allSettled(['A', 'B'].map((id) => store.write([reading(id)])))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        reason: { type: 'StoreUnavailable', message: `InfluxDB at ${url} answered 500: engine closed` },
      })
    }
    expect(requests).toHaveLength(4)
    // While it is down nobody else waits through all attempts again.
    await expect(store.write([reading('C')])).rejects.toBeInstanceOf(StoreUnavailable)
    expect(requests).toHaveLength(5)
    ill = false
    await store.write([reading('A')])
    expect(accepted).toHaveLength(1)
  })

  test('a server that does not answer is given up', async () => {
    const { store } = await storeOver(() => ({ status: 0, silent: true }), 50)
    await expect(store.write([reading('A')])).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringMatching(/did not answer in time$/),
    })
    await expect(store.latest('zone_reading', {})).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringMatching(/did not answer in time$/),
    })
  })

  test('a server that is not there', async () => {
    const store = openInfluxTimeSeries({ url: 'http://127.0.0.1:1', token: TOKEN, org: 'o', bucket: 'b' })
    await expect(store.check()).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: expect.stringMatching(/^InfluxDB at http:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/),
    })
    await store.close()
  })

  test('a request that is too large is cut in two until it passes', async () => {
    const { store, accepted } = await storeOver((lines) =>
      lines.length > 300 ? { status: 413, body: problem('too large') } : STORED,
    )
    await store.write(Array.from({ length: 1000 }, (_, index) => reading('A', index)))
    expect(accepted).toHaveLength(1000)
  })
})

describe('a server that refuses', () => {
  test.each([
    [401, /refused the token for bucket heating: unauthorized access/],
    [403, /refused the token for bucket heating/],
    [404, /knows no such organisation or bucket/],
  ])('%i is for an operator, said at once and without the token', async (status, sentence) => {
    const { store, requests } = await storeOver(() => ({ status, body: problem('unauthorized access') }))
    const refusal = store.write([reading('A')])
    await expect(refusal).rejects.toBeInstanceOf(StoreUnavailable)
    await expect(refusal).rejects.toThrow(sentence)
    await expect(refusal).rejects.not.toThrow(TOKEN)
    expect(requests).toHaveLength(1)
  })

  test('lines it cannot store reject their caller alone', async () => {
    const { store, accepted } = await storeOver((lines) =>
      lines.some((line) => line.includes('zone_id=B'))
        ? { status: 422, body: problem('field type conflict: input field "temperature" on measurement "zone_reading"') }
        : STORED,
    )
    const outcomes = await Promise.allSettled(['A', 'B', 'C'].map((id) => store.write([reading(id)])))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toMatchObject({ reason: expect.any(BadData) })
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringMatching(/temperature.*zone_reading/) } })
    expect(accepted).toHaveLength(2)
  })

  test('an answer that breaks off with an error is no answer', async () => {
    const csv = [
      '#datatype,string,long,dateTime:RFC3339,double,string,string,string',
      '#group,false,false,false,false,true,true,true',
      '#default,_result,,,,,,',
      ',result,table,_time,_value,_field,_measurement,zone_id',
      ',,0,2026-01-10T12:00:00Z,20,temperature,zone_reading,A',
      '',
      '#datatype,string,string',
      '#group,true,true',
      '#default,,',
      ',error,reference',
      ',engine: context canceled,897',
      '',
    ].join('\r\n')
    const { store } = await storeOver(() => ({ status: 200, body: csv, headers: { 'content-type': 'text/csv' } }))
    const reading = store.read({ measurement: 'zone_reading', tags: {}, from: 0, to: Date.UTC(2027, 0, 1) })
    await expect(reading).rejects.toMatchObject({
      type: 'StoreUnavailable',
      message: 'InfluxDB broke off its answer: engine: context canceled',
    })
  })

  test('an address that is none is refused when opening', () => {
    const open = () => openInfluxTimeSeries({ url: 'influxdb:8086', token: TOKEN, org: 'o', bucket: 'b' })
    expect(open).toThrow(StoreUnavailable)
  })
})
