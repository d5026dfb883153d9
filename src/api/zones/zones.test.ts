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
    const { add, config, ask } = setUp()
    const response = await add()
    expect(response.status).toBe(202)
    const answer = await jsonOf<{ workflowId: string; progressUrl: string; id: string }>(response)
    expect(answer.id).toBe('living-room')
    expect(answer.workflowId).toMatch(/^onboard:zone:z[0-9a-f]{16}$/)
    expect(await jsonOf(await ask(answer.progressUrl))).toMatchObject({
      workflowId: answer.workflowId,
      steps: [{ name: 'write configuration', state: 'done' }],
    })
    expect(response.headers.get('Location')).toBe('/api/v1/zones/living-room')
    expect(response.headers.get('ETag')).toBe('"living-room-1"')
    expect(config.files.get('zone:living-room')?.document).toEqual(ZONE_DOCUMENT)
  })

  test('without Temporal is 503, and nothing is written', async () => {
    const { add, onboarding, config } = setUp()
    onboarding.fault = new Unavailable('Temporal does not answer')
    expect((await add()).status).toBe(503)
    expect(config.files.size).toBe(0)
  })

  test('while no worker runs is begun, and goes on when one does', async () => {
    const { add, onboarding, config } = setUp()
    onboarding.progress = async () => {
      throw new Unavailable('no worker answers')
    }
    config.create = async () => Promise.reject(new Error('nobody is there to write it'))
    onboarding.start = async () => 'started'
    const response = await add()
    expect(response.status).toBe(202)
    expect(response.headers.get('ETag')).toBeNull()
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
    const { add, addZone, config } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    await config.setAside(HALL)
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
    const { add, config, onboarding } = setUp()
    const response = await add({}, '?dryRun=true')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      id: 'living-room',
      config: { unit_id: 1, poll_seconds: 30, preferences: { min_temp: 15, max_temp: 25 } },
    })
    expect(config.files.size).toBe(0)
    expect(onboarding.started).toEqual([])
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

describe('removing a zone', () => {
  test('begins the removal every kind of entity has, and tells what goes', async () => {
    const { addZone, hallReading, remove, removals } = setUp()
    addZone(HALL)
    await hallReading()
    const response = await remove('?graceDays=10')
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      mode: 'soft',
      files: ['hall.json'],
      credentials: [],
      series: [
        { measurement: 'zone_reading', rows: 1, oldest: '2026-01-10T07:05:12Z', newest: '2026-01-10T07:05:12Z' },
      ],
      purgeAfter: '2026-01-20T07:05:12Z',
      workflowId: 'offboard:zone:hall',
      progressUrl: '/api/v1/operations/offboard%3Azone%3Ahall',
      restoreUrl: '/api/v1/entities/zone/hall/restore',
    })
    expect(removals.asked).toEqual(['soft zone:hall 10'])
  })

  test('for good cannot be restored', async () => {
    const { addZone, remove, removals } = setUp()
    addZone(HALL)
    expect(await jsonOf(await remove('?mode=hard'))).toMatchObject({ purgeAfter: null, restoreUrl: null })
    expect(removals.asked).toEqual(['hard zone:hall'])
  })

  test('of an unknown id is 404; in another mode 422', async () => {
    const { remove, removals } = setUp()
    expect((await remove()).status).toBe(404)
    expect((await remove('?mode=brutal')).status).toBe(422)
    expect(removals.asked).toEqual([])
  })
})
