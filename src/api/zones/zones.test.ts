/** Zones over REST: adding, reading, replacing, removing and restoring them. */
import { describe, expect, test } from 'vitest'
import { Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW, ZONE_DOCUMENT } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const HALL = { kind: 'zone', id: 'hall' } as const

function setUp() {
  const fakes = fakeDependencies()
  const app = createApi(fakes.dependencies)
  const ask = asker(app)
  const send = (method: string, path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } })
  const add = (change: object = {}, query = '') =>
    send('POST', `/api/v1/zones${query}`, { ...ZONE_DOCUMENT, ...change })
  const remove = (query = '', id = 'hall') => ask(`/api/v1/zones/${id}${query}`, { method: 'DELETE' })
  const restore = (id = 'hall', query = '') => ask(`/api/v1/entities/zone/${id}/restore${query}`, { method: 'POST' })
  const hallReading = (time = TEST_NOW) =>
    fakes.timeSeries.write([
      { measurement: 'zone_reading', tags: { zone_id: 'hall' }, time, fields: { temperature: 20 } },
      { measurement: 'zone_reading', tags: { zone_id: 'hall-2' }, time, fields: { temperature: 20 } },
    ])
  return { ...fakes, app, ask, send, add, remove, restore, hallReading }
}

async function errorsOf(response: Response) {
  expect(response.status).toBe(422)
  return (await jsonOf<ProblemAnswer>(response)).errors
}

describe('adding a zone', () => {
  test('takes the least there can be and answers where to look', async () => {
    const { add, config, operations } = setUp()
    const response = await add()
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      workflowId: 'zone:living-room',
      progressUrl: '/api/v1/entities/zone/living-room',
      id: 'living-room',
    })
    expect(response.headers.get('Location')).toBe('/api/v1/zones/living-room')
    expect(response.headers.get('ETag')).toBe('"living-room-1"')
    expect(config.files.get('zone:living-room')?.document).toEqual(ZONE_DOCUMENT)
    expect(operations.messages).toEqual(['reconcile'])
  })

  test('needs no Temporal: the zone starts at the next reconciliation', async () => {
    const { add, operations, config } = setUp()
    operations.fault = new Unavailable('Temporal does not answer')
    expect((await add()).status).toBe(202)
    expect(config.files.has('zone:living-room')).toBe(true)
  })

  test.each([
    ['Kök 2', 'kok-2'],
    ['  Hall / entré ', 'hall-entre'],
  ])('named %j gives it the id %s', async (name, id) => {
    const { add } = setUp()
    expect(await jsonOf(await add({ name }))).toMatchObject({ id })
  })

  test('whose id is taken is 409, whatever the spelling of its name', async () => {
    const { add } = setUp()
    await add()
    const response = await add({ name: 'LIVING  room!' })
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toContain('living-room')
  })

  test('that somebody else added a moment before is 409, too', async () => {
    const { add, config } = setUp()
    await add()
    config.get = async () => undefined
    expect((await add()).status).toBe(409)
  })

  test('whose data are kept from an earlier removal is 409: they must not become one zone', async () => {
    const { add, addZone, remove } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    await remove()
    const response = await add({ name: 'Hall' })
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toContain('Restore it')
  })

  test('with faults is 422 with all of them, and nothing is written', async () => {
    const { add, config } = setUp()
    const response = await add({
      modbus_port: 0,
      modbus_host: 'http://10.0.0.1',
      preferences: { occupied_temp: 26, unoccupied_temp: 17 },
      poll_seconds: '30',
    })
    expect((await errorsOf(response)).map(({ path }) => path).sort()).toEqual([
      'modbus_host',
      'modbus_port',
      'poll_seconds',
      'preferences.occupied_temp',
    ])
    expect(config.files.size).toBe(0)
  })

  test.each([
    ['without a name', { name: undefined }, 'name'],
    ['with a name of no letters', { name: '!?' }, 'name'],
    ['without a device', { modbus_host: undefined }, 'modbus_host'],
    ['without preferences', { preferences: undefined }, 'preferences'],
    [
      'with a setpoint outside its own limits',
      { preferences: { occupied_temp: 26, unoccupied_temp: 17 } },
      'preferences.occupied_temp',
    ],
    ['with another id than its name gives', { id: 'kitchen' }, 'id'],
  ])('%s is 422', async (_, change, path) => {
    expect((await errorsOf(await setUp().add(change))).map((fault) => fault.path)).toEqual([path])
  })

  test('with the id its name gives is fine, and the file does not repeat it', async () => {
    const { add, config } = setUp()
    expect((await add({ id: 'living-room' })).status).toBe(202)
    expect(config.files.get('zone:living-room')?.document).not.toHaveProperty('id')
  })

  test.each(['192.0.2.7', 'device.example.com', '169.254.169.254'])(
    'that would dial %s is 422',
    async (modbus_host) => {
      const { add, config } = setUp()
      const [fault] = await errorsOf(await add({ modbus_host }))
      expect(fault).toMatchObject({ path: 'modbus_host', message: expect.stringContaining('BVPRO_MODBUS_HOSTS') })
      expect(config.files.size).toBe(0)
    },
  )

  test.each(['gateway.example.com', '192.168.1.20', 'localhost'])('that dials %s is fine', async (modbus_host) => {
    expect((await setUp().add({ modbus_host })).status).toBe(202)
  })

  test('as a dry run says what it would be and writes nothing', async () => {
    const { add, config, operations } = setUp()
    const response = await add({}, '?dryRun=true')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      id: 'living-room',
      config: { unit_id: 1, poll_seconds: 30, preferences: { min_temp: 15, max_temp: 25 } },
    })
    expect(config.files.size).toBe(0)
    expect(operations.messages).toEqual([])
    expect((await add({ modbus_port: 0 }, '?dryRun=true')).status).toBe(422)
  })

  test('needs the token', async () => {
    const { app } = setUp()
    const init = {
      method: 'POST',
      body: JSON.stringify(ZONE_DOCUMENT),
      headers: { 'Content-Type': 'application/json' },
    }
    expect((await app.request('/api/v1/zones', init)).status).toBe(401)
  })

  test.each([
    ['text/plain', 415],
    [undefined, 415],
  ])('as %s is %i', async (type, status) => {
    const { ask } = setUp()
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type }
    const body = new TextEncoder().encode(JSON.stringify(ZONE_DOCUMENT))
    expect((await ask('/api/v1/zones', { method: 'POST', body, headers })).status).toBe(status)
  })
})

describe('looking at zones', () => {
  test('a zone is an entity with its device, preferences and configuration', async () => {
    const { ask, addZone } = setUp()
    addZone()
    const response = await ask('/api/v1/zones/living-room')
    expect(response.headers.get('ETag')).toBe('"living-room-1"')
    expect(await response.json()).toMatchObject({
      kind: 'zone',
      id: 'living-room',
      name: 'Living Room',
      health: 'ok',
      workflowId: 'zone:living-room',
      lastReading: { temperature: 19.4, target_temperature: 22, occupancy: 1, heater_status: 0 },
      modbus_host: '127.0.0.1',
      modbus_port: 5020,
      unit_id: 1,
      control_enabled: true,
      preferences: { occupied_temp: 21, unoccupied_temp: 17, min_temp: 15, max_temp: 25 },
      config: { name: 'Living Room', poll_seconds: 30 },
    })
  })

  test('the list holds zones only, by id, broken ones among them', async () => {
    const { ask, addZone, addHouse, config } = setUp()
    addHouse()
    addZone({ id: 'office', name: 'Office' })
    addZone({ id: 'hall', name: 'Hall' })
    config.putBroken({ kind: 'zone', id: 'kitchen' }, [{ path: 'name', message: 'expected text' }])
    const { zones } = await jsonOf<{ zones: Record<string, unknown>[] }>(await ask('/api/v1/zones'))
    expect(zones.map(({ id }) => id)).toEqual(['hall', 'kitchen', 'office'])
    expect(zones[1]).toMatchObject({ health: 'misconfigured', modbus_host: null, preferences: null })
    expect(zones[0]).not.toHaveProperty('config')
  })

  test.each(['nobody', '..%2Fsecrets', '%2e%2e'])('%s is not found', async (id) => {
    expect((await setUp().ask(`/api/v1/zones/${id}`)).status).toBe(404)
  })
})

describe('replacing a zone', () => {
  const kitchen = { ...ZONE_DOCUMENT, name: 'Kitchen', modbus_port: 5022 }

  test('leaves nothing of what was there, and keeps the id', async () => {
    const { addZone, send, config, operations } = setUp()
    addZone(
      { id: 'hall', name: 'Hall' },
      { poll_seconds: 10, preferences: { ...ZONE_DOCUMENT.preferences, min_temp: 10 } },
    )
    const response = await send('PUT', '/api/v1/zones/hall', kitchen, { 'If-Match': '"hall-1"' })
    expect(response.status).toBe(200)
    expect(response.headers.get('ETag')).toBe('"hall-2"')
    expect(await response.json()).toMatchObject({ id: 'hall', name: 'Kitchen', modbus_port: 5022 })
    expect(config.files.get('zone:hall')?.document).toEqual(kitchen)
    expect(operations.messages).toEqual(['reconcile'])
  })

  test('with what was read a moment ago changes nothing', async () => {
    const { addZone, ask, send, config } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    const before = config.files.get('zone:hall')?.document
    const { config: read } = await jsonOf<{ config: object }>(await ask('/api/v1/zones/hall'))
    expect((await send('PUT', '/api/v1/zones/hall', { id: 'hall', ...read })).status).toBe(200)
    expect(config.files.get('zone:hall')?.document).toEqual(before)
  })

  test('that has changed since it was read is 412', async () => {
    const { addZone, send, config } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    expect((await send('PUT', '/api/v1/zones/hall', kitchen, { 'If-Match': '"hall-0"' })).status).toBe(412)
    expect(config.files.get('zone:hall')?.version).toBe(1)
  })

  test('with faults, or so that it would dial elsewhere, is 422', async () => {
    const { addZone, send } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    const put = (change: object) => send('PUT', '/api/v1/zones/hall', { ...kitchen, ...change })
    expect((await errorsOf(await put({ modbus_port: -5 }))).map(({ path }) => path)).toEqual(['modbus_port'])
    expect((await errorsOf(await put({ modbus_host: '192.0.2.7' }))).map(({ path }) => path)).toEqual(['modbus_host'])
    expect((await errorsOf(await put({ id: 'kitchen' }))).map(({ path }) => path)).toEqual(['id'])
  })

  test('whose device its operator chose in the file keeps that device', async () => {
    const { addZone, send } = setUp()
    addZone({ id: 'hall', name: 'Hall' }, { modbus_host: 'device.example.com' })
    const put = (modbus_host: string) => send('PUT', '/api/v1/zones/hall', { ...kitchen, modbus_host })
    expect((await put('device.example.com')).status).toBe(200)
    expect((await put('other.example.com')).status).toBe(422)
  })

  test('that is not there is 404; with a broken file 409', async () => {
    const { send, config } = setUp()
    expect((await send('PUT', '/api/v1/zones/hall', kitchen)).status).toBe(404)
    config.putBroken(HALL, [{ path: '', message: 'is not JSON' }])
    expect((await send('PUT', '/api/v1/zones/hall', kitchen)).status).toBe(409)
  })

  test('is not a way around by patching its configuration', async () => {
    const { addZone, send } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    const patch = (change: object) => send('PATCH', '/api/v1/entities/zone/hall/config', change)
    expect((await errorsOf(await patch({ modbus_host: '192.0.2.7' }))).map(({ path }) => path)).toEqual(['modbus_host'])
    expect((await patch({ modbus_host: '127.0.0.1', poll_seconds: 60 })).status).toBe(200)
    expect((await patch({ modbus_host: '192.168.1.20' })).status).toBe(200)
  })
})

describe('removing a zone softly', () => {
  test('takes it out of service and keeps its data', async () => {
    const { addZone, hallReading, remove, config, timeSeries, operations } = setUp()
    addZone(HALL)
    await hallReading()
    const response = await remove()
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      mode: 'soft',
      files: ['hall.json'],
      credentials: [],
      series: [
        { measurement: 'zone_reading', rows: 1, oldest: '2026-01-10T07:05:12Z', newest: '2026-01-10T07:05:12Z' },
      ],
      workflowId: 'zone:hall',
      restoreUrl: '/api/v1/entities/zone/hall/restore',
    })
    expect(config.files.has('zone:hall')).toBe(false)
    expect(timeSeries.rows).toHaveLength(2)
    expect(operations.messages).toEqual(['reconcile'])
  })

  test('can be undone, once', async () => {
    const { addZone, remove, restore, ask, operations } = setUp()
    addZone(HALL, { poll_seconds: 10 })
    await remove()
    expect((await restore('hall', '?dryRun=true')).status).toBe(200)
    const response = await restore()
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ workflowId: 'zone:hall' })
    expect(await jsonOf(await ask('/api/v1/zones/hall'))).toMatchObject({ config: { poll_seconds: 10 } })
    expect(operations.messages).toEqual(['reconcile', 'reconcile'])
    expect((await restore()).status).toBe(409)
    expect((await restore('nobody')).status).toBe(404)
  })

  test('works for a broken file, and while Temporal is out of reach', async () => {
    const { config, remove, operations } = setUp()
    config.putBroken(HALL, [{ path: '', message: 'is not JSON' }])
    operations.fault = new Unavailable('Temporal does not answer')
    expect((await remove()).status).toBe(202)
  })

  test('of an unknown zone is 404; of a removed one, too, and it says what can be done', async () => {
    const { addZone, remove } = setUp()
    expect((await remove()).status).toBe(404)
    addZone(HALL)
    await remove()
    const again = await remove()
    expect(again.status).toBe(404)
    expect((await jsonOf<ProblemAnswer>(again)).detail).toContain('Restore it')
  })
})

describe('a dry run of a removal', () => {
  test.each(['soft', 'hard'])('(%s) shows files and row counts and changes nothing', async (mode) => {
    const { addZone, hallReading, remove, config, timeSeries, operations } = setUp()
    addZone(HALL)
    await hallReading()
    const response = await remove(`?mode=${mode}&dryRun=true`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      mode,
      files: ['hall.json'],
      series: [{ measurement: 'zone_reading', rows: 1 }],
    })
    expect([config.files.size, timeSeries.rows.length, operations.messages.length]).toEqual([1, 2, 0])
  })

  test('of an unknown zone is 404; of another mode 422', async () => {
    const { remove } = setUp()
    expect((await remove('?mode=hard&dryRun=true')).status).toBe(404)
    expect((await remove('?mode=brutal')).status).toBe(422)
  })
})

describe('removing a zone for good', () => {
  test('waits for the end of its loop, then deletes its data and no others', async () => {
    const { addZone, hallReading, remove, restore, config, timeSeries, application, operations } = setUp()
    addZone(HALL)
    await hallReading()
    operations.onReconcile = () => {
      setTimeout(() => {
        // A last reading, written while the loop was being ended.
        void hallReading(TEST_NOW + 1000)
        application.rows.delete('zone:hall')
      }, 50)
    }
    const response = await remove('?mode=hard')
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({
      series: [{ measurement: 'zone_reading', rows: 2 }],
      restoreUrl: null,
    })
    expect(timeSeries.rows.map(({ tags }) => tags.zone_id)).toEqual(['hall-2', 'hall-2'])
    expect([config.files.size, config.aside.size]).toEqual([0, 0])
    expect((await restore()).status).toBe(404)
  })

  test('deletes a zone that was removed softly before', async () => {
    const { addZone, hallReading, remove, config, timeSeries, application } = setUp()
    addZone(HALL)
    await hallReading()
    await remove()
    application.rows.clear()
    expect(await jsonOf(await remove('?mode=hard'))).toMatchObject({ files: ['hall.json.removed'] })
    expect([config.aside.size, timeSeries.rows.length]).toEqual([0, 1])
    expect((await remove('?mode=hard')).status).toBe(404)
  })

  test('deletes data that have no file any more', async () => {
    const { hallReading, remove, timeSeries } = setUp()
    await hallReading()
    expect((await remove('?mode=hard')).status).toBe(202)
    expect(timeSeries.rows).toHaveLength(1)
  })

  test('deletes nothing while Temporal is out of reach, and can be repeated', async () => {
    const { addZone, hallReading, remove, restore, timeSeries, application, operations } = setUp()
    addZone(HALL)
    await hallReading()
    operations.fault = new Unavailable('Temporal does not answer')
    expect((await remove('?mode=hard')).status).toBe(503)
    expect(timeSeries.rows).toHaveLength(2)
    operations.fault = undefined
    expect((await restore()).status).toBe(202)
    operations.onReconcile = () => application.rows.clear()
    expect((await remove('?mode=hard')).status).toBe(202)
    expect(timeSeries.rows).toHaveLength(1)
  })

  test('says when rows were left behind, and can be repeated', async () => {
    const { addZone, hallReading, remove, timeSeries, application } = setUp()
    addZone(HALL)
    application.rows.clear()
    await hallReading()
    timeSeries.stubborn = true
    expect((await remove('?mode=hard')).status).toBe(503)
    timeSeries.stubborn = false
    expect((await remove('?mode=hard')).status).toBe(202)
  })
})
