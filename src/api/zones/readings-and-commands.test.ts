/** What zones reported and were sent, readings that devices send, and a person's setpoint for a while. */
import { describe, expect, test } from 'vitest'
import { StoreUnavailable, Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function setUp() {
  const fakes = fakeDependencies()
  fakes.addZone({ id: 'hall', name: 'Hall' })
  const ask = asker(createApi(fakes.dependencies))
  const post = (
    path: string,
    body: unknown,
    headers: Record<string, string> = { 'Content-Type': 'application/json' },
  ) => ask(`/api/v1/zones/hall/${path}`, { method: 'POST', body: JSON.stringify(body), headers })
  const write = (measurement: string, time: number, fields: Record<string, number | string>, id = 'hall') =>
    fakes.timeSeries.write([{ measurement, tags: { zone_id: id }, time, fields }])
  const readings = async (query = '') =>
    (await jsonOf<{ readings: Record<string, unknown>[] }>(await ask(`/api/v1/zones/hall/readings${query}`))).readings
  return { ...fakes, ask, post, write, readings }
}

async function faultOf(response: Response) {
  expect(response.status).toBe(422)
  const { errors } = await jsonOf<ProblemAnswer>(response)
  expect(errors).toHaveLength(1)
  return errors[0]
}

describe('readings', () => {
  test('come newest first, with flags as yes and no and unknown as null', async () => {
    const { write, readings } = setUp()
    await write('zone_reading', TEST_NOW - MINUTE, {
      temperature: 19.4,
      target_temperature: 22,
      occupancy: 1,
      heater_status: 0,
    })
    await write('zone_reading', TEST_NOW, { temperature: 19.6 })
    await write('zone_reading', TEST_NOW, { temperature: 30 }, 'kitchen')
    expect(await readings()).toEqual([
      {
        time: '2026-01-10T07:05:12Z',
        temperature: 19.6,
        target_temperature: null,
        occupancy: null,
        heater_status: null,
        source: 'poll',
      },
      {
        time: '2026-01-10T07:04:12Z',
        temperature: 19.4,
        target_temperature: 22,
        occupancy: true,
        heater_status: false,
        source: 'poll',
      },
    ])
  })

  test('are chosen by time and number', async () => {
    const { write, readings } = setUp()
    for (const hours of [1, 2, 3, 4]) await write('zone_reading', TEST_NOW - hours * HOUR, { temperature: 20 + hours })
    const temperatures = async (query: string) => (await readings(query)).map(({ temperature }) => temperature)
    expect(await temperatures('?limit=2')).toEqual([21, 22])
    expect(await temperatures('?from=2026-01-10T04:05:12Z&to=2026-01-10T06:05:12Z')).toEqual([22, 23])
    expect(await temperatures(`?to=${TEST_NOW / 1000 - 2.5 * 3600}`)).toEqual([23, 24])
  })

  test('of a zone that has long been silent are found all the same', async () => {
    const { write, readings } = setUp()
    await write('zone_reading', TEST_NOW - 400 * DAY, { temperature: 18 })
    await write('zone_reading', TEST_NOW - 10 * DAY, { temperature: 19 })
    expect((await readings()).map(({ temperature }) => temperature)).toEqual([19, 18])
  })

  test('are read once when the last day holds enough', async () => {
    const { write, readings, timeSeries } = setUp()
    await write('zone_reading', TEST_NOW, { temperature: 20 })
    await readings('?limit=1')
    expect(timeSeries.queries).toEqual([expect.objectContaining({ from: TEST_NOW - DAY })])
  })

  test.each([
    ['?limit=0', 'limit'],
    ['?limit=-1', 'limit'],
    ['?limit=10001', 'limit'],
    ['?limit=many', 'limit'],
    ['?from=yesterday', 'from'],
    ['?to=2026-02-30T00:00:00Z', 'to'],
    ['?from=2026-01-10T07:00:00Z&to=2026-01-10T07:00:00Z', 'from'],
  ])('%s is 422', async (query, path) => {
    const { ask } = setUp()
    expect(await faultOf(await ask(`/api/v1/zones/hall/readings${query}`))).toMatchObject({ path })
  })

  test('of an unknown zone are 404; of a store out of reach 503', async () => {
    const { ask, timeSeries } = setUp()
    expect((await ask('/api/v1/zones/nobody/readings')).status).toBe(404)
    timeSeries.fault = new StoreUnavailable('the store is locked')
    expect((await ask('/api/v1/zones/hall/readings')).status).toBe(503)
  })
})

describe('a reading that a device sends', () => {
  test('is stored as sent by itself, now or at its own time', async () => {
    const { post, readings, timeSeries } = setUp()
    const response = await post('readings', { temperature: 20.8, occupancy: false })
    expect(response.status).toBe(201)
    expect(await response.json()).toEqual({
      time: '2026-01-10T07:05:12Z',
      temperature: 20.8,
      target_temperature: null,
      occupancy: false,
      heater_status: null,
      source: 'api',
    })
    await post('readings', { temperature: 20.9, time: '2026-01-10T08:01+01:00' })
    await post('readings', { temperature: 21, time: TEST_NOW / 1000 - 60 })
    expect((await readings()).map(({ time, temperature, source }) => [time, temperature, source])).toEqual([
      ['2026-01-10T07:05:12Z', 20.8, 'api'],
      ['2026-01-10T07:04:12Z', 21, 'api'],
      ['2026-01-10T07:01:00Z', 20.9, 'api'],
    ])
    expect(timeSeries.rows[0]).toMatchObject({ tags: { zone_id: 'hall' }, fields: { occupancy: 0, source: 'api' } })
  })

  test.each([
    ['no temperature', { occupancy: true }, 'temperature'],
    ['a temperature in tenths', { temperature: 208 }, 'temperature'],
    ['a temperature no room has', { temperature: -30.1 }, 'temperature'],
    ['a temperature as text', { temperature: '20.8' }, 'temperature'],
    ['occupancy as text', { temperature: 20, occupancy: 'yes' }, 'occupancy'],
    ['a time to come', { temperature: 20, time: (TEST_NOW + 6 * MINUTE) / 1000 }, 'time'],
    ['a time long ago', { temperature: 20, time: (TEST_NOW - 32 * DAY) / 1000 }, 'time'],
    ['a time that is none', { temperature: 20, time: '1 o’clock' }, 'time'],
    ['a key that would be lost', { temperature: 20, humidity: 40 }, 'humidity'],
  ])('with %s is 422 and not stored', async (_, body, path) => {
    const { post, timeSeries } = setUp()
    expect(await faultOf(await post('readings', body))).toMatchObject({ path })
    expect(timeSeries.rows).toEqual([])
  })

  test('of an unknown zone is 404, without a content type 415', async () => {
    const { ask, post } = setUp()
    const init = { method: 'POST', body: '{"temperature":20}', headers: { 'Content-Type': 'application/json' } }
    expect((await ask('/api/v1/zones/nobody/readings', init)).status).toBe(404)
    expect((await ask('/api/v1/zones/hall/readings', { method: 'POST', body: new Uint8Array([123]) })).status).toBe(415)
    expect((await post('readings', {}, { 'Content-Type': 'text/plain' })).status).toBe(415)
  })
})

describe('commands', () => {
  test('come newest first, as intended, applied and verified', async () => {
    const { ask, write } = setUp()
    await write('zone_command', TEST_NOW - 3 * MINUTE, {
      target_temperature: 21,
      previous_temperature: 17,
      verified_temperature: 21,
      source: 'control',
      reason: 'occupied from 06:00',
      status: 'verified',
    })
    await write('zone_command', TEST_NOW - 2 * MINUTE, {
      target_temperature: 22,
      previous_temperature: 21,
      verified_temperature: 21,
      source: 'person',
      user: 'API token',
      reason: 'override until 09:00',
      status: 'reverted',
    })
    await write('zone_command', TEST_NOW - MINUTE, { target_temperature: 17, source: 'control', status: 'failed' })
    const { commands } = await jsonOf<{ commands: object[] }>(await ask('/api/v1/zones/hall/commands'))
    expect(commands).toEqual([
      {
        time: '2026-01-10T07:04:12Z',
        intended: 17,
        applied: null,
        verified: null,
        previous: null,
        status: 'failed',
        source: 'control',
        user: null,
        reason: null,
      },
      {
        time: '2026-01-10T07:03:12Z',
        intended: 22,
        applied: 22,
        verified: 21,
        previous: 21,
        status: 'reverted',
        source: 'person',
        user: 'API token',
        reason: 'override until 09:00',
      },
      {
        time: '2026-01-10T07:02:12Z',
        intended: 21,
        applied: 21,
        verified: 21,
        previous: 17,
        status: 'verified',
        source: 'control',
        user: null,
        reason: 'occupied from 06:00',
      },
    ])
    expect((await ask('/api/v1/zones/nobody/commands')).status).toBe(404)
  })
})

describe('another setpoint for a while', () => {
  test.each(['target_temp', 'temperature'])('(%s) reaches the workflow of the zone, for two hours', async (key) => {
    const { post, operations } = setUp()
    const response = await post('commands', { [key]: 21.5 })
    expect(response.status).toBe(202)
    const answer = await jsonOf(response)
    expect(answer).toEqual({
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      expiresAt: '2026-01-10T09:05:12Z',
      statusUrl: '/api/v1/zones/hall/commands',
    })
    expect(operations.overrides).toEqual([
      {
        entity: { kind: 'zone', id: 'hall' },
        temperature: 21.5,
        until: TEST_NOW + 2 * HOUR,
        by: 'API token',
        requestId: answer.requestId,
      },
    ])
  })

  test('as a dry run is judged and not sent', async () => {
    const { post, operations } = setUp()
    const response = await post('commands?dryRun=true', { temperature: 21.5 })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ temperature: 21.5, expiresAt: '2026-01-10T09:05:12Z' })
    expect((await post('commands?dryRun=true', { temperature: 99 })).status).toBe(422)
    expect(operations.messages).toEqual([])
  })

  test('ends when it was asked to', async () => {
    const { post, operations } = setUp()
    const response = await post('commands', { temperature: 21.5, until: '2026-01-12T08:00+01:00' })
    expect(await jsonOf(response)).toMatchObject({ expiresAt: '2026-01-12T07:00:00Z' })
    expect(operations.overrides[0]?.until).toBe(Date.parse('2026-01-12T07:00:00Z'))
  })

  test.each([
    ['above the limit of the zone', { temperature: 25.1 }, 'temperature'],
    ['below the limit of the zone', { target_temp: 14.9 }, 'target_temp'],
    ['without a temperature', {}, 'temperature'],
    ['with two temperatures', { temperature: 21, target_temp: 22 }, 'temperature'],
    ['as text', { temperature: '21' }, 'temperature'],
    ['that has ended', { temperature: 21, until: '2026-01-10T07:05:12Z' }, 'until'],
    ['for more than a week', { temperature: 21, until: '2026-01-17T07:05:13Z' }, 'until'],
    ['until some time', { temperature: 21, until: 'tonight' }, 'until'],
    ['with a misspelt key', { temperature: 21, untill: '2026-01-10T09:00:00Z' }, 'untill'],
  ])('%s is 422 and nothing is sent', async (_, body, path) => {
    const { post, operations } = setUp()
    expect(await faultOf(await post('commands', body))).toMatchObject({ path })
    expect(operations.messages).toEqual([])
  })

  test('is refused where BVPro only reads', async () => {
    const { addZone, post, operations } = setUp()
    addZone({ id: 'hall', name: 'Hall' }, { control_enabled: false })
    const response = await post('commands', { temperature: 21 })
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toContain('control_enabled')
    expect(operations.messages).toEqual([])
  })

  test('is 409 without a running loop or with a broken file, 404 without a zone, 503 without Temporal', async () => {
    const { ask, post, config, operations } = setUp()
    operations.notRunning.add('zone:hall')
    expect((await post('commands', { temperature: 21 })).status).toBe(409)
    operations.fault = new Unavailable('Temporal does not answer')
    expect((await post('commands', { temperature: 21 })).status).toBe(503)
    config.putBroken({ kind: 'zone', id: 'hall' }, [{ path: '', message: 'is not JSON' }])
    expect((await post('commands', { temperature: 21 })).status).toBe(409)
    const init = { method: 'POST', body: '{"temperature":21}', headers: { 'Content-Type': 'application/json' } }
    expect((await ask('/api/v1/zones/nobody/commands', init)).status).toBe(404)
  })

  test('can be ended before its time', async () => {
    const { ask, operations } = setUp()
    const clear = (id: string) => ask(`/api/v1/zones/${id}/override`, { method: 'DELETE' })
    const response = await clear('hall')
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ workflowId: 'zone:hall' })
    expect(operations.messages).toEqual(['clear-override zone:hall'])
    operations.notRunning.add('zone:hall')
    expect((await clear('hall')).status).toBe(409)
    expect((await clear('nobody')).status).toBe(404)
  })
})
