/** The simulated building behind the server: physics, meters, history, alarms and setpoints. */
import { afterEach, describe, expect, test } from 'vitest'
import { parseBuilding } from '../../config/building.ts'
import { silentLogger } from '../../runtime/log.ts'
import { ask, fixtureText, logIn } from './testing/ask.ts'
import { type ArrigoTown, type ArrigoTownOptions, startArrigoTown } from './town.ts'

const START = Date.UTC(2026, 0, 14, 9, 3)
const HOUR = 3_600_000

let clock = START
const towns: ArrigoTown[] = []
afterEach(async () => {
  for (const town of towns.splice(0)) await town.close()
  clock = START
})

async function open(options: ArrigoTownOptions = {}): Promise<ArrigoTown> {
  const town = await startArrigoTown({ now: () => clock, log: silentLogger, ...options })
  towns.push(town)
  return town
}

describe('the building', () => {
  const LIST = '{ analogs(first: 500) { totalCount pageInfo { hasNextPage endCursor } items { id name value unit } } }'

  test('is the same for the same seed and moment, in whatever order it is asked', async () => {
    const [one, two, other] = [await open({ seed: 3 }), await open({ seed: 3 }), await open({ seed: 4 })]
    const before = (await ask(one, LIST)).data
    clock += 50 * HOUR
    await ask(two, LIST)
    clock -= 50 * HOUR
    expect((await ask(two, LIST)).data).toEqual(before)
    expect((await ask(other, LIST)).data).not.toEqual(before)
  })

  test('has the oddities of real sites', async () => {
    const town = await open()
    const { items, totalCount } = (await ask(town, LIST)).data.analogs
    const byName = new Map(items.map((item) => [item.name, item]))
    expect(totalCount).toBe(byName.size)
    expect(byName.get('KVARNEN2.LB4_EA_Temperature')?.value).toBe(0)
    expect(byName.get('KVARNEN1.BUS_VM1_Utgång')?.value).toBeNull()
    expect(byName.get('KVARNEN1.Pages(1).Energy')?.unit).toBe('m³')
    expect(byName.get('KVARNEN3.ABSOLUTFUKT_G_KG_Output')?.unit).toBe('g/m3 ')
    expect(byName.has('KVARNEN1.GT_UTE') && byName.has('KVARNEN3.GT_UTE')).toBe(true)
    const { digitals } = (await ask(town, '{ digitals(first: 50) { items { id name signalText } } }')).data
    const lights = digitals.items.find(({ name }) => name.includes('BELYSNING'))
    expect(lights).toMatchObject({ id: byName.get('KVARNEN1.GT_UTE')?.id, signalText: null })
  })

  test('heats more when it is colder, ventilates on working days, drops at night', async () => {
    const town = await open()
    const read = async (time: number) => {
      clock = time
      const { authToken } = await logIn(town)
      const { data } = await ask(town, LIST, {}, authToken)
      const value = (name: string): number => data.analogs.items.find((item) => item.name === name)?.value ?? Number.NaN
      return {
        outdoor: value('KVARNEN1.GT_UTE'),
        supply: value('KVARNEN1.AI_VS1_GT_TILL_1_Output'),
        power: value('KVARNEN1.Pages(1).Power'),
        room: value('KVARNEN1.MEAN_GT_RUM_1_Output'),
        fan: value('KVARNEN2.LB1_SA_Fan_level'),
        heat: value('KVARNEN1.BUS_VMM1_E_kWh_Utgång'),
        powerTimesFlow:
          value('KVARNEN1.Pages(1).Power') -
          1.163 *
            value('KVARNEN1.Pages(1).Flow') *
            (value('KVARNEN1.Pages(1).TempForw') - value('KVARNEN1.Pages(1).TempRet')),
      }
    }
    const winter = await read(Date.UTC(2026, 0, 14, 9))
    const summer = await read(Date.UTC(2026, 6, 15, 9))
    const night = await read(Date.UTC(2026, 0, 14, 2))
    const saturday = await read(Date.UTC(2026, 0, 17, 9))
    expect(winter.supply).toBeGreaterThan(summer.supply + 8)
    expect(winter.power).toBeGreaterThan(3 * summer.power)
    expect([winter.fan > 50, night.fan, saturday.fan]).toEqual([true, 0, 0])
    expect(winter.room).toBeGreaterThan(night.room)
    expect(Math.abs(winter.powerTimesFlow)).toBeLessThan(0.02 * winter.power + 0.6)
    for (const { room } of [winter, summer, night, saturday]) expect(room).toBeGreaterThan(18)
    expect(summer.heat).toBeGreaterThan(winter.heat)
  })

  test('its meters count what its power says', async () => {
    const town = await open()
    const query = `query ($ids: [ID], $from: DateTime, $to: DateTime) {
      analogsHistory(first: 1000, filter: { signalId: $ids, ranges: [{ from: $from, to: $to }], timeLength: 3600 }) {
        items { signalId time value }
      }
    }`
    const { items } = (await ask(town, LIST)).data.analogs
    const id = (name: string) => items.find((item) => item.name === name)?.id
    const [power, energy] = [id('KVARNEN1.Pages(1).Power'), id('KVARNEN1.BUS_VMM1_E_kWh_Utgång')]
    const range = { from: '2026-01-10T00:00:00Z', to: '2026-01-12T23:00:00Z' }
    const rows = (await ask(town, query, { ids: [power, energy], ...range })).data.analogsHistory.items
    const values = (signal: string | undefined) =>
      rows.filter((row) => row.signalId === signal).map(({ value }) => value)
    const powers = values(power).map((value) => value ?? 0)
    const register = values(energy).filter((value) => value !== null)
    const counted = (register.at(-1) ?? 0) - (register[0] ?? 0)
    const summed = powers.slice(0, -1).reduce((sum, value) => sum + value, 0)
    expect(counted / summed).toBeGreaterThan(0.93)
    expect(counted / summed).toBeLessThan(1.07)
    expect(register).toEqual([...register].sort((a, b) => a - b))
  })

  test('its configuration is valid, and names what charts and energy calculations read', async () => {
    const town = await open()
    const document = town.demoBuilding()
    const { config, problems } = parseBuilding(document, { id: town.building.id })
    expect(problems).toEqual([])
    expect(config?.connection).toMatchObject({ host: town.url, account: 'KvarnenLocal' })
    expect(Object.keys(document)).toEqual(
      expect.arrayContaining(Object.keys(JSON.parse(fixtureText('building-config.json')))),
    )
    const fetched = Object.values(config?.analog_signals ?? {}).flatMap(({ fetch, field_name }) =>
      fetch ? [field_name] : [],
    )
    expect(fetched).toEqual(
      expect.arrayContaining([
        'outdoor_temp_fvc',
        'room_temperature',
        'vs1_supply_temp',
        'vs1_return_temp',
        'vs1_supply_setpoint',
        'vv1_hot_water_temp',
        'dh_primary_supply',
        'dh_primary_return',
        'dh_power_total',
        'dh_flow_total',
        'system_pressure',
        'ahu1_supply_temp',
      ]),
    )
    expect(document.analog_signals['KVARNEN2.LB4_EA_Temperature']?.fetch).toBe(false)
    expect(new Set(fetched).size).toBe(fetched.length)
  })
})

describe('history', () => {
  const HISTORY = `query ($first: Int, $after: String, $filter: AnalogEventFilter) {
    analogsHistory(first: $first, after: $after, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor } items { signalId time value reliability timeLength }
    }
  }`
  const ranges = [{ from: '2026-01-13T00:00:00Z', to: '2026-01-13T03:00:00+00:00' }]
  const OUTDOOR = 'MjEwMQ=='

  test('timeLength selects a stored series; without it they come mixed', async () => {
    const town = await open()
    const count = async (filter: object) => (await ask(town, HISTORY, { filter })).data.analogsHistory.totalCount
    expect(await count({ signalId: [OUTDOOR], ranges, timeLength: 3600, timeLengthComparer: 'equal' })).toBe(4)
    expect(await count({ signalId: [OUTDOOR], ranges, timeLength: 300 })).toBe(37)
    expect(await count({ signalId: [OUTDOOR], ranges })).toBe(41)
    expect(await count({ signalId: [OUTDOOR], ranges, timeLength: 900 })).toBe(0)
    expect(await count({ signalId: ['unknown'], ranges, timeLength: 3600 })).toBe(0)
    expect(await count({ signalId: [OUTDOOR], ranges: [{ from: '2030-01-01T00:00:00Z' }], timeLength: 3600 })).toBe(0)
    expect(await count({ signalId: [OUTDOOR], ranges: [{ to: '2024-01-01T00:00:00Z' }], timeLength: 3600 })).toBe(0)
  })

  test('two hundred thousand rows: the last page is as quick as the first, and nothing is kept', async () => {
    const town = await open({ extraRooms: 1_200 })
    const filter = { ranges: [{ from: '2025-06-01T00:00:00Z' }], timeLength: 3600 }
    const cursor = Buffer.from('199999').toString('base64')
    const { analogsHistory } = (await ask(town, HISTORY, { first: 100, after: cursor, filter })).data
    expect(analogsHistory.totalCount).toBeGreaterThan(1_000_000)
    expect(analogsHistory.items).toHaveLength(100)
    const again = await ask(town, HISTORY, { first: 100, after: cursor, filter })
    expect(again.data.analogsHistory).toEqual(analogsHistory)
  })

  test('agrees with what is read at the time', async () => {
    const town = await open()
    clock = Date.UTC(2026, 0, 13, 1, 2, 30)
    const { data } = await ask(town, '{ analogs(first: 1) { items { name value } } }')
    clock = START
    const filter = {
      signalId: [OUTDOOR],
      ranges: [{ from: '2026-01-13T01:00:00Z', to: '2026-01-13T01:04:00Z' }],
      timeLength: 300,
    }
    const { items } = (await ask(town, HISTORY, { filter })).data.analogsHistory
    expect(items[0]?.value).toBeCloseTo(data.analogs.items[0]?.value ?? Number.NaN, 6)
  })

  test('digital signals: the state at the beginning, and every change', async () => {
    const town = await open()
    const query = `query ($filter: DigitalEventFilter) { digitalsHistory(first: 100, filter: $filter) { items { time value } } }`
    const { digitals } = (await ask(town, '{ digitals(first: 50) { items { id name } } }')).data
    const fan = digitals.items.find(({ name }) => name === 'KVARNEN2.LB1_TA1_LOGG')
    const filter = { signalId: [fan?.id], ranges: [{ from: '2026-01-12T00:00:00Z', to: '2026-01-13T00:00:00Z' }] }
    expect((await ask(town, query, { filter })).data.digitalsHistory.items).toEqual([
      { time: '2026-01-12T00:00:00.000Z', value: 0 },
      { time: '2026-01-12T04:30:00.000Z', value: 1 },
      { time: '2026-01-12T17:00:00.000Z', value: 0 },
    ])
  })
})

describe('alarms', () => {
  const ALARMS = `query ($status: [AlarmStatus], $orderBy: [AlarmOrderBy]) {
    alarms(first: 50, filter: { status: $status }, orderBy: $orderBy) {
      edges { node { name status alarmTime eventTime noOfAlarms folder { title } } }
    }
  }`
  const orderBy = [{ fieldName: 'eventTime', sortDirection: 'descending' }]
  const nodes = async (town: ArrigoTown, variables: object = {}) =>
    (await ask(town, ALARMS, { orderBy, ...variables })).data.alarms.edges.map((edge) => edge.node)

  test('come and go by themselves, the same every time', async () => {
    const town = await open()
    const seen = new Set<string>()
    let last = ''
    let changes = 0
    for (let hour = 0; hour < 24 * 14; hour += 3) {
      clock = START + hour * HOUR
      const list = await nodes(town)
      for (const { status } of list) seen.add(status)
      const times = list.map(({ eventTime }) => eventTime)
      expect(times).toEqual([...times].sort().reverse())
      if (JSON.stringify(list) !== last) changes += 1
      last = JSON.stringify(list)
    }
    expect([...seen].sort()).toEqual(['ACKNOWLEDGED', 'ALARMED', 'BLOCKED', 'RETURNED'])
    expect(changes).toBeGreaterThan(5)
    const before = last
    expect(JSON.stringify(await nodes(town))).toBe(before)
  })

  test('by hand: raised, returned, acknowledged, gone; a blocked one has no time', async () => {
    const town = await open()
    const name = 'KVARNEN1.VS1_P1_LARM'
    const state = async () => (await nodes(town)).find((alarm) => alarm.name === name)?.status
    town.raiseAlarm(name)
    expect(await state()).toBe('ALARMED')
    expect(await nodes(town, { status: ['ALARMED'] })).toContainEqual(expect.objectContaining({ name }))
    clock += HOUR
    town.clearAlarm(name)
    expect(await state()).toBe('RETURNED')
    clock += HOUR
    town.acknowledgeAlarm(name)
    expect(await state()).toBe('ACKNOWLEDGED')
    clock += 6 * 24 * HOUR
    expect(await state()).toBeUndefined()
    expect((await nodes(town, { status: ['BLOCKED'] }))[0]?.alarmTime).toBe('0000-01-01T00:00:00Z')
    expect(() => town.raiseAlarm('nonsense')).toThrow('no alarm')
  })
})

describe('published variables', () => {
  const AREA = Buffer.from('KVARNEN1_FVC').toString('base64')
  const LISTS = 'query ($id: ID) { folder(id: $id) { ... on UserArea { publishedVariableLists { name path } } } }'
  const VALUES =
    'query ($path: String!) { data(path: $path) { hash minPollingInterval variables { path value type technicalAddress timestamp } } }'
  const SET =
    'mutation ($node: String!, $path: String!, $value: String!) { setData(nodePath: $node, path: $path, value: $value) }'

  test('a path must be asked for first; values are pending, then there; a write changes the building', async () => {
    const town = await open()
    const path = Buffer.from('KVARNEN1_FVC.Borvarden.file').toString('base64')
    const unknown = await ask(town, VALUES, { path })
    expect([unknown.data, unknown.errors?.[0]?.message]).toEqual([{ data: null }, 'Invalid path'])
    expect((await ask(town, LISTS, { id: AREA })).data.folder.publishedVariableLists).toEqual([
      { name: 'Borvarden', path },
    ])
    const types = async () => (await ask(town, VALUES, { path })).data.data.variables.map(({ type }) => type)
    expect(new Set(await types())).toEqual(new Set(['Pending']))
    clock += 1_000
    expect(await types()).toEqual(['Update', 'Update', 'Update', 'Update', 'Update', 'ErrorUnreachable'])

    const supply = async () => {
      const { data } = await ask(town, '{ analogs(first: 10) { items { name value } } }')
      return data.analogs.items.find(({ name }) => name.endsWith('PID_VS1_GT_TILL_1_SetP'))?.value ?? Number.NaN
    }
    const before = await supply()
    const set = async (place: number, value: string) =>
      (await ask(town, SET, { node: path, path: `Cwl.Advise.A[${place}]`, value })).data.setData
    expect(await set(0, '3.5')).toBe(true)
    expect([await set(0, 'warm'), await set(0, '99'), await set(3, '5'), await set(77, '1')]).toEqual([
      false,
      false,
      false,
      false,
    ])
    clock += 1_000
    expect((await ask(town, VALUES, { path })).data.data.variables[0]?.value).toBe(3.5)
    expect(await supply()).toBeCloseTo(before + 3.5, 1)

    town.setFault({ forgetsPaths: 1 })
    expect((await ask(town, VALUES, { path })).errors?.[0]?.message).toBe('Invalid path')
    town.setFault({ lostWrites: true })
    await ask(town, LISTS, { id: AREA })
    await types()
    expect(await set(0, '1')).toBe(true)
    clock += 5_000
    expect((await ask(town, VALUES, { path })).data.data.variables[0]?.value).toBe(3.5)
  })
})
