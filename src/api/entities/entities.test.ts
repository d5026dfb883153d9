/** Entities in the API: their fixed keys, health derived anew, broken and missing files, operations. */
import { describe, expect, test } from 'vitest'
import { Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, houseStatus, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf } from '../testing/request.ts'
import type { EntityAnswer } from './schemas.ts'

function setUp() {
  const fakes = fakeDependencies()
  const ask = asker(createApi(fakes.dependencies))
  const list = async (query = ''): Promise<EntityAnswer[]> =>
    (await jsonOf<{ entities: EntityAnswer[] }>(await ask(`/api/v1/entities${query}`))).entities
  const only = async () => {
    const entities = await list()
    expect(entities).toHaveLength(1)
    return entities[0]
  }
  return { ...fakes, ask, list, only }
}

const villaEk = {
  kind: 'house',
  id: 'HEM_FJV_Villa_901',
  name: 'Villa Ek',
  health: 'ok',
  reason: null,
  reasonCode: null,
  since: '2026-01-10T07:00:00Z',
  mode: 'monitor',
  modeSince: '2026-01-09T12:00:00Z',
  paused: false,
  workflowId: 'house:HEM_FJV_Villa_901',
  lastPollAt: '2026-01-10T07:05:00Z',
  lastReading: { room_temperature: 21.3, outdoor_temperature: -3.4, supply_temp: 41.9 },
  origin: 'real',
  failingSince: null,
  pollSeconds: 300,
  ageSeconds: 12,
}

describe('the list', () => {
  test('an entity has exactly these keys and values', async () => {
    const { ask, addHouse } = setUp()
    addHouse()
    const response = await ask('/api/v1/entities')
    expect(response.headers.get('Content-Type')).toBe('application/json')
    expect(await response.json()).toEqual({ entities: [villaEk] })
  })

  test('nothing configured is an empty list', async () => {
    expect(await setUp().list()).toEqual([])
  })

  test('kinds and ids are in order; kind and health choose', async () => {
    const { addHouse, list } = setUp()
    addHouse({ kind: 'zone', id: 'kitchen' })
    addHouse({ id: 'B' })
    addHouse({ id: 'A', failures: 1, reason: 'no answer', reasonCode: 'Unavailable' })
    const ids = (entities: EntityAnswer[]) => entities.map(({ id }) => id)
    expect(ids(await list())).toEqual(['A', 'B', 'kitchen'])
    expect(ids(await list('?kind=zone'))).toEqual(['kitchen'])
    expect(ids(await list('?health=degraded'))).toEqual(['A'])
    expect(ids(await list('?kind=zone&health=degraded'))).toEqual([])
  })

  test('a house whose loop stopped is offline, however healthy its row was left', async () => {
    const { addHouse, clock, only } = setUp()
    addHouse({ health: 'ok' })
    clock.now = TEST_NOW + 60 * 60_000
    expect(await only()).toMatchObject({
      health: 'offline',
      reasonCode: 'LoopStalled',
      reason: expect.stringContaining('no cycle has ended since'),
      since: '2026-01-10T07:05:00Z',
      ageSeconds: 3612,
    })
  })

  test('a failing house says why and since when', async () => {
    const { addHouse, only } = setUp()
    addHouse({
      failures: 2,
      reason: 'the cloud did not answer',
      reasonCode: 'Unavailable',
      failingSince: Date.parse('2026-01-10T07:00:00Z'),
      health: 'ok',
    })
    expect(await only()).toMatchObject({
      health: 'degraded',
      reason: 'the cloud did not answer',
      reasonCode: 'Unavailable',
      since: '2026-01-10T07:00:00Z',
      failingSince: '2026-01-10T07:00:00Z',
    })
  })

  test('a broken file shows as misconfigured with its problems, polled before or not', async () => {
    const { application, config, list } = setUp()
    const problems = [{ path: 'comfort.target_indoor_temp', message: 'expected a number' }]
    config.putBroken({ kind: 'house', id: 'A' }, problems)
    config.putBroken({ kind: 'house', id: 'B' }, problems)
    await application.putStatus({ kind: 'house', id: 'B' }, houseStatus({ id: 'B', name: 'Villa Björk' }))
    const misconfigured = { health: 'misconfigured', reasonCode: 'BadConfig', problems }
    expect(await list()).toEqual([
      expect.objectContaining({
        ...misconfigured,
        id: 'A',
        name: 'A',
        lastPollAt: null,
        lastReading: null,
        since: null,
      }),
      expect.objectContaining({ ...misconfigured, id: 'B', name: 'Villa Björk' }),
    ])
  })

  test('a repaired file is no longer at fault though its row still says so', async () => {
    const { addHouse, only } = setUp()
    addHouse({ problems: [{ path: '', message: 'was broken' }] })
    expect(await only()).toMatchObject({ health: 'ok' })
    expect(await only()).not.toHaveProperty('problems')
  })

  test('a valid file that nothing has read yet is starting, under its configured name', async () => {
    const { config, only } = setUp()
    config.put({ kind: 'house', id: 'A' }, { friendly_name: 'Villa Asp' }, 'demo')
    expect(await only()).toMatchObject({
      name: 'Villa Asp',
      health: 'starting',
      reason: null,
      origin: 'demo',
      lastPollAt: null,
      lastReading: null,
      pollSeconds: null,
      ageSeconds: null,
    })
  })

  test('an entity whose file is gone is shown and says so', async () => {
    const { application, only } = setUp()
    await application.putStatus({ kind: 'house', id: 'A' }, houseStatus({ id: 'A' }))
    expect(await only()).toMatchObject({
      health: 'misconfigured',
      reason: expect.stringContaining('no configuration file'),
    })
  })

  test('of an unreadable folder nothing is concluded', async () => {
    const { application, config, only } = setUp()
    config.folders = [{ kind: 'house', origin: 'real', path: 'profiles', state: 'unreadable' }]
    await application.putStatus({ kind: 'house', id: 'A' }, houseStatus({ id: 'A' }))
    expect(await only()).toMatchObject({ health: 'ok', reason: expect.stringContaining('profiles cannot be read') })
  })

  test('a paused house stays ok however long it is silent', async () => {
    const { addHouse, clock, only } = setUp()
    addHouse({ paused: true })
    clock.now = TEST_NOW + 24 * 60 * 60_000
    expect(await only()).toMatchObject({ health: 'ok', paused: true })
  })
})

describe('one entity', () => {
  test('is an entity of the list with configuration, control and place', async () => {
    const { ask, addHouse } = setUp()
    const { id } = addHouse()
    expect(await (await ask(`/api/v1/entities/house/${id}`)).json()).toEqual({
      ...villaEk,
      config: { customer_id: id, friendly_name: 'Villa Ek', comfort: { target_indoor_temp: 21 } },
      control: { state: 'released', leaseUntil: null, baselineAt: null, steerable: null },
      place: { key: '56.670,12.860', latitude: 56.67, longitude: 12.86 },
    })
  })

  test('shows no secret of its configuration, wherever it was put', async () => {
    const { ask, addHouse, config } = setUp()
    const { id } = addHouse()
    config.put(
      { kind: 'house', id },
      {
        customer_id: id,
        password: 'planted-1',
        thermal_test: { status: 'none', token: 'planted-2' },
        accounts: [{ name: 'a', apiKey: 'planted-3' }],
        connection: { host: 'https://user:planted-4@bms.example', credential_ref: 'shared' },
      },
    )
    const { config: shown } = await jsonOf(await ask(`/api/v1/entities/house/${id}`))
    expect(shown).toEqual({
      customer_id: id,
      thermal_test: { status: 'none' },
      accounts: [{ name: 'a' }],
      connection: { host: 'https://bms.example', credential_ref: 'shared' },
    })
  })

  test('has the place of its file before its first poll', async () => {
    const { ask, config } = setUp()
    config.put({ kind: 'house', id: 'A' }, { location: { latitude: 56.67, longitude: 12.86 } })
    const { place } = await jsonOf(await ask('/api/v1/entities/house/A'))
    expect(place).toEqual({ key: '56.670,12.860', latitude: 56.67, longitude: 12.86 })
  })

  test.each(['house/nobody', 'castle/A', 'house/..%2Fsecrets', 'house/%2e%2e'])('%s is not found', async (path) => {
    const { ask } = setUp()
    expect((await ask(`/api/v1/entities/${path}`)).status).toBe(404)
  })

  test('with a broken file has no configuration to show', async () => {
    const { ask, config } = setUp()
    config.putBroken({ kind: 'house', id: 'A' }, [{ path: '', message: 'is not JSON' }])
    expect(await (await ask('/api/v1/entities/house/A')).json()).toMatchObject({ config: null, place: null })
  })
})

describe('operations', () => {
  test.each(['poll', 'pause', 'resume'])('%s reaches the workflow of the entity', async (action) => {
    const { ask, addHouse, operations } = setUp()
    const { id } = addHouse()
    const response = await ask(`/api/v1/entities/house/${id}/${action}`, { method: 'POST' })
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({ workflowId: `house:${id}` })
    expect(operations.messages).toEqual([`${action} house:${id}`])
  })

  test('an unknown entity is 404 and nothing is sent', async () => {
    const { ask, operations } = setUp()
    expect((await ask('/api/v1/entities/house/nobody/poll', { method: 'POST' })).status).toBe(404)
    expect(operations.messages).toEqual([])
  })

  test('an entity without a running workflow is 409', async () => {
    const { ask, addHouse, operations } = setUp()
    const { id } = addHouse()
    operations.notRunning.add(`house:${id}`)
    expect((await ask(`/api/v1/entities/house/${id}/poll`, { method: 'POST' })).status).toBe(409)
  })

  test('Temporal out of reach is 503', async () => {
    const { ask, addHouse, operations } = setUp()
    const { id } = addHouse()
    operations.fault = new Unavailable('Temporal does not answer on 127.0.0.1:7233', { retryAfterMs: 1500 })
    const one = await ask(`/api/v1/entities/house/${id}/poll`, { method: 'POST' })
    expect(one.status).toBe(503)
    expect(one.headers.get('Retry-After')).toBe('2')
    expect((await ask('/api/v1/entities/pause', { method: 'POST' })).status).toBe(503)
  })

  test('who would be paused is told without pausing anybody', async () => {
    const { ask, addHouse, operations } = setUp()
    addHouse({ id: 'A' })
    addHouse({ id: 'kitchen', kind: 'zone' })
    const response = await ask('/api/v1/entities/pause?kind=house&dryRun=true', { method: 'POST' })
    expect(await response.json()).toEqual({ accepted: [{ kind: 'house', id: 'A' }], refused: [] })
    expect(operations.messages).toEqual([])
  })

  test('all of a kind are paused; one that cannot be does not keep the others from it', async () => {
    const { ask, addHouse, operations } = setUp()
    addHouse({ id: 'A' })
    addHouse({ id: 'B' })
    addHouse({ id: 'kitchen', kind: 'zone' })
    operations.notRunning.add('house:A')
    const response = await ask('/api/v1/entities/pause?kind=house', { method: 'POST' })
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      accepted: [{ kind: 'house', id: 'B' }],
      refused: [{ kind: 'house', id: 'A', reason: expect.stringContaining('No workflow runs') }],
    })
    expect(operations.messages).toEqual(['pause house:B'])
    await ask('/api/v1/entities/resume', { method: 'POST' })
    expect(operations.messages.slice(1).sort()).toEqual(['resume house:B', 'resume zone:kitchen'])
  })
})
