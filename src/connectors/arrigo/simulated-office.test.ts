/** The client against the simulated office: everything a real server does to it, over a real socket. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type AlarmList, alarmEvents } from '../../domain/buildings/alarms.ts'
import { createLogger, silentLogger } from '../../runtime/log.ts'
import { type ArrigoTown, type ArrigoTownOptions, startArrigoTown } from '../../simulators/arrigo/town.ts'
import { BadData, CredentialsRejected, EntityNotFound, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { type ArrigoClientOptions, createArrigoClient, createSessionRegistry, type HistoryRow } from './index.ts'

const START = Date.UTC(2026, 0, 14, 9, 3)
const HOUR = 3_600_000
const DAY = 24 * HOUR

let town: ArrigoTown
let time: number

async function open(options: ArrigoTownOptions = {}) {
  await town?.close()
  town = await startArrigoTown({ now: () => time, log: silentLogger, ...options })
}
beforeEach(async () => {
  time = START
  await open()
})
afterEach(async () => {
  await town.close()
  resetCircuitBreakers()
})

/** Waiting advances the town's clock. */
const clock = {
  now: () => time,
  async sleep(ms: number) {
    time += ms
  },
}
function client(options: Partial<ArrigoClientOptions> = {}) {
  const { username, password } = town
  const sessions = createSessionRegistry()
  return createArrigoClient({
    host: town.url,
    credentials: async () => ({ username, password }),
    sessions,
    clock,
    ...options,
  })
}

describe('reading', () => {
  test('discovery finds what the configuration of the building says', async () => {
    const { root, account, subAreas, analogs, digitals, problems } = await client().discover()
    expect([root.name, account, problems]).toEqual([town.building.id, town.building.account, []])
    const document = town.demoBuilding()
    expect(subAreas).toEqual(document.sub_areas)
    expect(analogs.map(({ name }) => name)).toEqual(Object.keys(document.analog_signals))
    expect(digitals.map(({ name }) => name)).toEqual(Object.keys(document.digital_signals))
    for (const { name, id, category, proposedField } of analogs) {
      const configured = document.analog_signals[name]
      expect([name, id, category]).toEqual([name, configured?.signal_id, configured?.category])
      if (configured?.fetch) expect(proposedField).toBe(configured.field_name)
    }
  })

  test('a server of twelve hundred signals is read to the end, also where pages are small', async () => {
    await open({ extraRooms: 1_200, rowsPerCall: 100 })
    const { rows, complete, problems } = await client().analogs()
    expect([rows.length > 1_200, complete, problems]).toEqual([true, true, []])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  })

  test('a newer root, lists without items, lists without edges', async () => {
    await open({ rootType: 'RootArea' })
    expect((await client().rootFolder()).type).toBe('RootArea')
    for (const faults of [{ withoutItems: true }, { withoutEdges: true }]) {
      town.setFault(faults)
      const building = client()
      expect((await building.analogs()).rows.length).toBeGreaterThan(50)
      expect((await building.alarms()).complete).toBe(true)
      expect((await building.folders()).rows).toHaveLength(8)
    }
  })

  test('a folder that does not exist is not found', async () => {
    await expect(client().folders('bm93aGVyZQ==')).rejects.toThrow(EntityNotFound)
  })

  test('a dead sensor reads 0, a silent one nothing; a rebuilt database changes ids, not readings', async () => {
    const wanted = Object.entries(town.demoBuilding().analog_signals).map(([name, { signal_id: id }]) => ({ id, name }))
    const building = client()
    const before = await building.readSignals(wanted)
    town.setFault({
      renumbered: true,
      deadSensors: ['KVARNEN1.GT_UTE'],
      withoutValue: ['KVARNEN1.GT_UTE_MEDEL_24'],
      vanished: ['KVARNEN3.GT_UTE'],
    })
    const after = await building.readSignals(wanted)
    const changed = ['KVARNEN1.GT_UTE', 'KVARNEN1.GT_UTE_MEDEL_24', 'KVARNEN3.GT_UTE']
    const of = ({ readings }: typeof before, name: string) => readings.find(({ wanted: wish }) => wish.name === name)
    for (const { name } of wanted.filter((one) => !changed.includes(one.name))) {
      expect([name, of(after, name)?.value]).toEqual([name, of(before, name)?.value])
      expect(of(after, name)?.found).toBe('moved')
    }
    expect(changed.map((name) => [of(after, name)?.value, of(after, name)?.found])).toEqual([
      [0, 'moved'],
      [null, 'moved'],
      [null, 'missing'],
    ])
  })

  test('alarms that come and go are told once each', async () => {
    const building = client()
    const name = 'KVARNEN1.VS1_P1_LARM'
    let previous: AlarmList = await building.alarms()
    const happened = async () => {
      time += 60_000
      const current = await building.alarms()
      const events = alarmEvents(previous, current).filter(({ alarm }) => alarm.name === name)
      previous = current
      return events.map(({ kind, time: at }) => [kind, at])
    }
    town.raiseAlarm(name)
    const raised = time
    expect(await happened()).toEqual([['raised', raised]])
    expect(await happened()).toEqual([])
    town.clearAlarm(name)
    expect(await happened()).toEqual([['returned', time - 60_000]])
    town.acknowledgeAlarm(name)
    expect(await happened()).toEqual([['acknowledged', time - 60_000]])
    time += 6 * DAY
    expect(await happened()).toEqual([])
  })
})

describe('history', () => {
  const ids = async (count: number) => (await client().analogs()).rows.slice(0, count).map(({ id }) => id)
  async function read(request: Parameters<ReturnType<typeof client>['history']>[0], building = client()) {
    const rows: HistoryRow[] = []
    for await (const page of building.history(request)) {
      expect(page.problems).toEqual([])
      rows.push(...page.rows)
    }
    return rows
  }
  const keys = (rows: readonly HistoryRow[]) => new Set(rows.map(({ signalId, time: at }) => `${signalId} ${at}`))

  test('two hundred thousand rows arrive complete, each once', async () => {
    await open({ extraRooms: 100 })
    const rooms = (await client().analogs()).rows.filter(({ name }) => name.includes('RUM_')).map(({ id }) => id)
    const signalIds = rooms.filter((_, index) => index > 0)
    const from = Date.UTC(2025, 8, 1)
    const rows = await read({ signalIds, from, to: from + 85 * DAY, resolutionSeconds: 3600 })
    const expected = signalIds.length * 85 * 24
    expect(expected).toBeGreaterThan(200_000)
    // One hour in five hundred is a hole on the server.
    expect(rows.length).toBeGreaterThan(0.996 * expected)
    expect(rows.length).toBeLessThan(expected)
    expect(keys(rows).size).toBe(rows.length)
  }, 60_000)

  test('pages smaller than a chunk, a comparer the server does not know, times without a zone', async () => {
    await open({ rowsPerCall: 70 })
    const request = { signalIds: await ids(10), from: START - DAY, to: START, resolutionSeconds: 3600 }
    const rows = await read(request)
    town.setFault({ comparerRejected: true, bareTimes: true })
    expect(await read(request)).toEqual(rows)
    expect(rows.length).toBeGreaterThan(200)
  })

  test('the token expires in the middle, again and again, and nothing is lost or doubled', async () => {
    await open({ rowsPerCall: 50, tokenLifeSeconds: 60 })
    const request = { signalIds: await ids(10), from: START - 2 * DAY, to: START, resolutionSeconds: 3600 }
    const undisturbed = await read(request)
    const rows: HistoryRow[] = []
    for await (const page of client().history(request)) {
      rows.push(...page.rows)
      time += 13_000
    }
    expect(rows).toEqual(undisturbed)
    const { login, refresh } = town.counts()
    expect([login, refresh > 1]).toEqual([3, true])
    town.setFault({ expireAfterCalls: 3 })
    expect(await read(request)).toEqual(undisturbed)
  })

  test('a series that is not stored gives nothing; digital signals give their changes', async () => {
    const request = { signalIds: await ids(5), from: START - DAY, to: START }
    expect(await read({ ...request, resolutionSeconds: 900 })).toEqual([])
    const fan = (await client().digitals()).rows.find(({ name }) => name === 'KVARNEN2.LB1_TA1_LOGG')
    const changes = await read({ ...request, signalIds: [fan?.id ?? ''], kind: 'digital' })
    expect(changes.map(({ value }) => value)).toEqual([1, 0, 1])
  })
})

describe('trouble', () => {
  const outcome = (options: Partial<ArrigoClientOptions> = {}) =>
    client(options)
      .analogs()
      .then(
        ({ complete }) => complete,
        (error: unknown) => error,
      )

  test('401 with and without reason is overcome once, not for ever', async () => {
    const building = client()
    await building.analogs()
    for (const faults of [{ unauthorized: 1 }, { tokenExpired: 1 }]) {
      town.setFault(faults)
      expect((await building.analogs()).complete).toBe(true)
    }
    town.setFault({ unauthorized: true })
    const before = town.counts()
    await expect(building.analogs()).rejects.toThrow(Unavailable)
    expect(town.counts().graphql - before.graphql).toBe(2)
  })

  test('a refused refresh leads to the password', async () => {
    const building = client()
    await building.analogs()
    town.setFault({ refreshRefused: true })
    time += 10 * 60_000
    expect((await building.analogs()).complete).toBe(true)
    expect(town.counts()).toMatchObject({ login: 2, refresh: 1 })
  })

  test('two months of polling: one sign-in, the rest by refresh', async () => {
    const building = client()
    for (let day = 0; day < 60; day += 1) {
      await building.rootFolder()
      time += DAY
    }
    expect(town.counts()).toMatchObject({ login: 1, refresh: 59 })
  })

  test('a wrong password reaches the server once, however many buildings poll', async () => {
    town.setFault({ wrongPassword: true })
    const sessions = createSessionRegistry()
    for (let poll = 0; poll < 10; poll += 1) expect(await outcome({ sessions })).toBeInstanceOf(CredentialsRejected)
    expect(town.counts().login).toBe(1)
  })

  test('partial answers, HTML, a dead connection, a slow server', async () => {
    town.setFault({ partial: ['analogs'] })
    expect(await outcome()).toMatchObject({ type: 'Unavailable', message: expect.stringContaining('Timeout') })
    town.setFault({ htmlError: 1 })
    expect(await outcome()).toBeInstanceOf(Unavailable)
    town.setFault({ connectionReset: true })
    expect(await outcome()).toBeInstanceOf(Unavailable)
    town.setFault({ slowMs: 5_000 })
    expect(await outcome({ timing: { loginMs: 100 } })).toBeInstanceOf(Unavailable)
    town.setFault({})
    expect(await outcome()).toBe(true)
  })

  test('lists that repeat themselves, never end, or stop early', async () => {
    await open({ rowsPerCall: 10 })
    town.setFault({ repeatedCursor: ['analogs'] })
    expect(await outcome()).toBeInstanceOf(BadData)
    town.setFault({ endless: ['analogs'] })
    expect(await outcome()).toMatchObject({ type: 'BadData', message: expect.stringContaining('analogs') })
    town.setFault({ truncated: ['analogs'] })
    expect(await outcome()).toBe(false)
  })

  test('no secret leaves the client, in no log line and no error', async () => {
    const lines: string[] = []
    const log = createLogger('debug', { write: (line) => lines.push(line) })
    await open({ rowsPerCall: 10 })
    town.setFault({ partial: ['digitals'], truncated: ['analogs'] })
    const building = client({ log })
    const { problems } = await building.discover()
    town.expireTokens()
    await building.alarms()
    town.setFault({ wrongPassword: true, refreshRefused: true })
    town.expireTokens()
    const error = await building.alarms().catch((thrown: unknown) => thrown)
    const said = [...lines, ...problems, String(error)].join('\n')
    expect(said).toContain('arrigo.partial_answer')
    for (const secret of [town.password, town.username, 'eyJhbGci']) expect(said).not.toContain(secret)
  })
})

describe('published variables', () => {
  const setpoints = async (building = client()) => {
    const { rows } = await building.folders()
    const substation = rows.find(({ name }) => name === 'KVARNEN1_FVC')
    const [list] = await building.publishedLists(substation?.id ?? '')
    if (list === undefined) throw new Error('no list')
    return { building, list }
  }

  test('are read after the first pending answer', async () => {
    const { building, list } = await setpoints()
    const { variables, minPollingSeconds } = await building.readPublished(list)
    expect(minPollingSeconds).toBe(30)
    expect(variables.map(({ name, state, writable }) => [name, state, writable])).toEqual([
      ['Forskjutning', 'good', true],
      ['Nattsankning', 'good', true],
      ['VV1_SetP', 'good', true],
      ['GT_UTE', 'good', false],
      ['LB1_SetP', 'good', true],
      ['LB9_SetP', 'unreachable', false],
    ])
  })

  test('are written and read back; a lost write is not verified; a refused one is told', async () => {
    const { building, list } = await setpoints()
    const write = (value: string) => building.writePublished(list, { variable: 'KVARNEN1.VS1.Forskjutning', value })
    expect(await write('2.5')).toMatchObject({ accepted: true, verified: true, after: { value: 2.5 } })
    town.setFault({ forgetsPaths: 1 })
    expect(await write('-1')).toMatchObject({ accepted: true, verified: true, before: { value: 2.5 } })
    expect(await write('99')).toMatchObject({ accepted: false, verified: false, after: { value: -1 } })
    town.setFault({ lostWrites: true })
    expect(await write('3')).toMatchObject({ accepted: true, verified: false, after: { value: -1 } })
  })
})
