/** Adding houses and buildings over REST, and looking at what could be added. */
import { describe, expect, test } from 'vitest'
import { BadConfig, BadData, Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { operationProgress } from '../testing/fake-onboarding.ts'
import { fakeDependencies } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'
import type { ZoneProbe } from './ports.ts'

const PASSWORD = 'planted-Password-7741'
const ACCOUNT = { username: 'FC2000000001', password: PASSWORD }
const EK = { clientId: '38/Account/HEM_FJV_Villa_901', houseId: 'HEM_FJV_Villa_901', name: 'Villa Ek' }
const LIND = { clientId: '38/Account/HEM_FJV_Villa_902', houseId: 'HEM_FJV_Villa_902', name: 'Villa Lind' }

function setUp(probeZone?: ZoneProbe) {
  const fakes = fakeDependencies()
  fakes.vendors.houses = [EK]
  const app = createApi(probeZone === undefined ? fakes.dependencies : { ...fakes.dependencies, probeZone })
  const ask = asker(app)
  const post = (path: string, body: unknown) =>
    ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
  return { ...fakes, ask, post }
}

async function pathsOf(response: Response) {
  expect(response.status).toBe(422)
  return (await jsonOf<ProblemAnswer>(response)).errors.map(({ path }) => path).sort()
}

describe('POST /api/v1/houses', () => {
  test('keeps the account under a reference and starts the workflow with everything but the password', async () => {
    const { post, onboarding, credentials } = setUp()
    const response = await post('/api/v1/houses', { ...ACCOUNT, name: 'Villa Ek', lat: 56.67, lon: 12.86 })
    expect(response.status).toBe(202)
    const [reference = ''] = credentials.references.keys()
    expect(await response.json()).toEqual({
      workflowId: `onboard:house:${reference}`,
      progressUrl: `/api/v1/operations/onboard%3Ahouse%3A${reference}`,
    })
    expect(onboarding.started).toEqual([
      {
        kind: 'house',
        input: { reference, name: 'Villa Ek', lat: 56.67, lon: 12.86, importDays: 90, by: 'administrator' },
      },
    ])
    expect(JSON.stringify(onboarding.started)).not.toContain(PASSWORD)
    expect(await credentials.kept(reference)).toEqual(ACCOUNT)
  })

  test('takes a reference in place of user name and password', async () => {
    const { post, onboarding, credentials } = setUp()
    const reference = await credentials.keep(ACCOUNT)
    expect((await post('/api/v1/houses', { reference })).status).toBe(202)
    expect(onboarding.started).toMatchObject([{ input: { reference } }])
    expect((await post('/api/v1/houses', { reference })).status).toBe(409)
    expect((await post('/api/v1/houses', { reference: 'c0000000000000bad' })).status).toBe(409)
  })

  test('keeps nothing when the workflow cannot be started', async () => {
    const { post, onboarding, credentials } = setUp()
    onboarding.fault = new Unavailable('the Temporal server cannot be reached')
    expect((await post('/api/v1/houses', ACCOUNT)).status).toBe(503)
    expect(credentials.references.size).toBe(0)
  })

  test('of an id that is in service is 409', async () => {
    const { post, addHouse } = setUp()
    addHouse()
    expect((await post('/api/v1/houses', { ...ACCOUNT, houseId: EK.houseId })).status).toBe(409)
  })

  test('of one that is on its way out is not', async () => {
    const { post, addHouse } = setUp()
    addHouse({ offboarding: true })
    expect((await post('/api/v1/houses', { ...ACCOUNT, houseId: EK.houseId })).status).toBe(202)
  })

  test('tells every fault at once, and never what was typed as password', async () => {
    const { post, credentials } = setUp()
    const response = await post('/api/v1/houses', {
      username: '',
      password: [PASSWORD],
      lat: 95,
      importDays: -1,
      meterIds: [735999],
      nmae: 'Villa Ek',
    })
    const text = await response.clone().text()
    expect(text).not.toContain(PASSWORD)
    expect(await pathsOf(response)).toEqual(['importDays', 'lat', 'meterIds[0]', 'nmae', 'password', 'username'])
    expect(await pathsOf(await post('/api/v1/houses', { ...ACCOUNT, lat: 56.67 }))).toEqual(['lon'])
    expect(await pathsOf(await post('/api/v1/houses', { ...ACCOUNT, reference: 'c1' }))).toEqual(['reference'])
    expect(credentials.references.size).toBe(0)
  })

  test('with a name that is too long says how long it may be', async () => {
    const { post } = setUp()
    const response = await post('/api/v1/houses', { ...ACCOUNT, name: 'n'.repeat(500) })
    expect(response.status).toBe(422)
    const { errors } = (await response.json()) as { errors: { path: string; message: string }[] }
    expect(errors).toMatchObject([{ path: 'name', message: expect.stringMatching(/of at most \d+ characters/) }])
  })

  test('as a dry run signs in and tells the houses and the file', async () => {
    const { post, onboarding, credentials, addHouse, vendors } = setUp()
    const dryRun = async (change: object = {}) => post('/api/v1/houses?dryRun=true', { ...ACCOUNT, ...change })
    expect(await jsonOf(await dryRun({ meterIds: ['735999000000000901'] }))).toEqual({
      id: EK.houseId,
      config: {
        schema_version: 1,
        customer_id: EK.houseId,
        friendly_name: 'Villa Ek',
        meter_ids: ['735999000000000901'],
        energy_data_start_date: '2025-10-12',
      },
      returning: false,
      houses: [{ id: EK.houseId, name: 'Villa Ek', configured: false }],
    })
    vendors.houses = [EK, LIND]
    addHouse()
    expect(await jsonOf(await dryRun())).toMatchObject({ id: null, config: null, houses: [{ configured: true }, {}] })
    expect((await dryRun({ houseId: EK.houseId })).status).toBe(409)
    expect((await dryRun({ houseId: 'HEM_FJV_Villa_999' })).status).toBe(404)
    expect(onboarding.started).toEqual([])
    expect(credentials.references.size).toBe(0)
  })
})

describe('POST /api/v1/houses/discover', () => {
  test('tells the houses of an account and which are in service', async () => {
    const { post, addHouse, vendors } = setUp()
    vendors.houses = [EK, LIND]
    addHouse()
    expect(await jsonOf(await post('/api/v1/houses/discover', ACCOUNT))).toEqual({
      houses: [
        { id: EK.houseId, name: 'Villa Ek', configured: true },
        { id: LIND.houseId, name: 'Villa Lind', configured: false },
      ],
    })
  })

  test('with refused credentials is 409', async () => {
    const { post } = setUp()
    const response = await post('/api/v1/houses/discover', { ...ACCOUNT, username: 'FC1' })
    expect(response.status).toBe(409)
    expect(await response.text()).not.toContain(PASSWORD)
  })

  test('with anything besides an account is 422', async () => {
    const { post } = setUp()
    expect(await pathsOf(await post('/api/v1/houses/discover', { ...ACCOUNT, houseId: 'x' }))).toEqual(['houseId'])
  })
})

const SUPPLY = {
  id: 's1',
  name: 'K1.AI_VS1_GT_TILL_1_Output',
  value: 41.2,
  unit: '°C',
  category: 'heating',
  proposedField: 'vs1_supply_temp',
} as const
const PUMP = {
  id: 'd1',
  name: 'K1.VS1_P1_Drift',
  state: 'ON',
  signalText: null,
  stateTexts: null,
  signalType: null,
  category: 'other',
} as const
const HOST = { host: 'bms.example.com', ...ACCOUNT }

function withBuilding() {
  const parts = setUp()
  parts.vendors.discovery = { ...parts.vendors.discovery, analogs: [SUPPLY], digitals: [PUMP] }
  return parts
}

describe('POST /api/v1/buildings', () => {
  test.each([
    ['all', { all: true }],
    ['category=heating,meters', { categories: ['heating', 'meters'] }],
    [['vs1_supply_temp'], { names: ['vs1_supply_temp'] }],
    [undefined, undefined],
  ])('with signals %j starts the workflow with that choice', async (signals, choice) => {
    const { post, onboarding } = withBuilding()
    expect((await post('/api/v1/buildings', { ...HOST, signals })).status).toBe(202)
    expect(onboarding.started).toMatchObject([{ kind: 'building', input: { host: 'bms.example.com' } }])
    expect(onboarding.started[0]?.input).toEqual(
      expect.objectContaining(choice === undefined ? { account: '' } : { signals: choice }),
    )
  })

  test('tells every fault', async () => {
    const { post } = withBuilding()
    const body = { host: 'ftp://bms', username: 'x', signals: 'some', buildingId: 'a/b' }
    expect(await pathsOf(await post('/api/v1/buildings', body))).toEqual(['buildingId', 'host', 'password', 'signals'])
  })

  test('of an id that is in service is 409', async () => {
    const { post, addBuilding } = withBuilding()
    addBuilding()
    expect((await post('/api/v1/buildings', { ...HOST, buildingId: 'TE901_KVARNEN' })).status).toBe(409)
    expect((await post('/api/v1/buildings?dryRun=true', HOST)).status).toBe(409)
  })

  test('as a dry run tells the file it would write', async () => {
    const { post, onboarding } = withBuilding()
    const response = await post('/api/v1/buildings?dryRun=true', HOST)
    expect(await jsonOf(response)).toMatchObject({
      id: 'TE901_KVARNEN',
      returning: false,
      problems: [],
      config: {
        building_id: 'TE901_KVARNEN',
        friendly_name: 'Kvarnen',
        connection: { system: 'arrigo', host: 'bms.example.com', account: '' },
        analog_signals: { [SUPPLY.name]: { fetch: true, field_name: 'vs1_supply_temp', discovered_value: 41.2 } },
        digital_signals: { [PUMP.name]: { fetch: false, discovered_state: 'ON' } },
      },
    })
    expect(await pathsOf(await post('/api/v1/buildings?dryRun=true', { ...HOST, signals: ['nothing'] }))).toEqual([
      'signals',
    ])
    expect(onboarding.started).toEqual([])
  })
})

test('POST /api/v1/buildings/discover shows what a building offers, alarms or not', async () => {
  const { post, vendors } = withBuilding()
  vendors.alarms = async () => Promise.reject(new BadData('no right to alarms'))
  expect(await jsonOf(await post('/api/v1/buildings/discover', HOST))).toEqual({
    buildingName: 'Kvarnen',
    id: 'TE901_KVARNEN',
    configured: false,
    signals: [
      {
        name: SUPPLY.name,
        title: 'AI_VS1_GT_TILL_1_Output',
        type: 'analog',
        category: 'heating',
        unit: '°C',
        value: 41.2,
        fieldName: 'vs1_supply_temp',
      },
      {
        name: PUMP.name,
        title: 'VS1_P1_Drift',
        type: 'digital',
        category: 'other',
        unit: null,
        value: 'ON',
        fieldName: null,
      },
    ],
    alarms: null,
    folders: [],
    problems: ['alarms: no right to alarms'],
  })
})

describe('POST /api/v1/zones/probe', () => {
  const probe: ZoneProbe = async ({ port }) => {
    if (port === 5021) throw new Unavailable('cannot be reached')
    if (port === 5022) throw new BadData('bare zeros')
    return { values: { temperature: 19.4, setpoint: 21, occupancy: 1, heater: 0 }, missing: [], rejected: [] }
  }

  test('tells which devices answer and what they say', async () => {
    const { post } = setUp(probe)
    const response = await post('/api/v1/zones/probe', { host: '127.0.0.1', portFrom: 5020, portTo: 5022 })
    const nothing = { temperature: null, setpoint: null, occupancy: null, heater: null }
    expect((await jsonOf<{ devices: object[] }>(response)).devices).toEqual([
      {
        host: '127.0.0.1',
        port: 5020,
        unit: 1,
        answers: true,
        registers: { temperature: 19.4, setpoint: 21, occupancy: true, heater: false },
        reason: null,
      },
      { host: '127.0.0.1', port: 5021, unit: 1, answers: false, registers: nothing, reason: 'cannot be reached' },
      { host: '127.0.0.1', port: 5022, unit: 1, answers: true, registers: nothing, reason: 'bare zeros' },
    ])
  })

  test('dials no host that a zone may not lead to', async () => {
    const { post } = setUp(async () => {
      throw new BadConfig('must not be asked')
    })
    expect(await pathsOf(await post('/api/v1/zones/probe', { host: '169.254.169.254', ports: [80] }))).toEqual(['host'])
  })

  test.each([
    [{}, 'ports'],
    [{ ports: [5020], portFrom: 1 }, 'ports'],
    [{ portFrom: 5024, portTo: 5020 }, 'portTo'],
    [{ portFrom: 1, portTo: 65_535 }, 'portTo'],
    [{ ports: [5020], registers: { temperature: { address: -1 } } }, 'registers.temperature.address'],
  ])('with %j is 422', async (change, path) => {
    const { post } = setUp(probe)
    expect(await pathsOf(await post('/api/v1/zones/probe', { host: '127.0.0.1', ...change }))).toEqual([path])
  })
})

describe('GET /api/v1/operations/{workflowId}', () => {
  test('tells how far an operation is', async () => {
    const { ask, onboarding } = setUp()
    onboarding.operations.set('offboard:house:HEM_FJV_Villa_901', operationProgress({ percent: 50 }))
    const response = await ask('/api/v1/operations/offboard%3Ahouse%3AHEM_FJV_Villa_901')
    expect(await response.json()).toEqual({
      workflowId: 'offboard:house:HEM_FJV_Villa_901',
      ...operationProgress({ percent: 50 }),
    })
  })

  test.each(['onboard:house:c1', 'house:HEM_FJV_Villa_901', 'reconcile'])(
    'of %s, which is none, is 404',
    async (id) => {
      expect((await setUp().ask(`/api/v1/operations/${encodeURIComponent(id)}`)).status).toBe(404)
    },
  )
})
