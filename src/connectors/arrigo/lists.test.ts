import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger } from '../../runtime/log.ts'
import { BadConfig, BadData, RateLimited, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { type ArrigoClient, type ArrigoClientOptions, createArrigoClient, createSessionRegistry } from './index.ts'
import { fixture, page, refusal, reset, type ScriptedServer, startServer, USER } from './testing/server.ts'

let server: ScriptedServer

beforeEach(async () => {
  server = await startServer()
})
afterEach(async () => {
  await server.close()
  resetCircuitBreakers()
})

function client(options: Partial<ArrigoClientOptions> = {}): ArrigoClient {
  const sessions = createSessionRegistry()
  return createArrigoClient({ host: server.url, credentials: async () => USER, sessions, ...options })
}

const answer = (name: string) => ({ body: fixture(name) })
const signal = (number: number) => ({ id: `i${number}`, name: `K1.S${number}`, value: number, unit: '°C' })
const signals = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => signal(from + index))
const variables = () => server.received.filter(({ operation }) => operation !== '').map((request) => request.variables)
const queries = () => server.received.filter(({ operation }) => operation !== '').map(({ body }) => String(body.query))

describe('the fixtures', () => {
  test('folders: the root is the building', async () => {
    server.answers.Folders = answer('folder.json')
    expect(await client().rootFolder()).toEqual({
      id: 'VEUyMzZfSEVNX0tvbnRvcg==',
      name: 'TE236_HEM_Kontor',
      title: 'Demo kontor',
      type: 'Account',
    })
    const { rows, complete } = await client().folders()
    expect(rows.map(({ title }) => title)).toEqual(['FVC', 'TA/FA1', 'TA/FA2', 'KM', 'Elmätare'])
    expect(complete).toBe(true)
  })

  test('analogs: 0 and null stay apart, units lose their padding', async () => {
    server.answers.CurrentAnalogs = answer('analogs.json')
    const { rows, complete, problems } = await client().analogs()
    expect([rows.length, complete, problems]).toEqual([25, true, []])
    const byName = new Map(rows.map((row) => [row.name, row]))
    expect(byName.get('HEM_Kontor1.BUS_ELM1_Utgång')?.value).toBe(0)
    expect(byName.get('HEM_Kontor1.BUS_VM1_Utgång')?.value).toBeNull()
    expect(byName.get('HEM_Kontor3.ABSOLUTFUKT_G_KG_Output')?.unit).toBe('g/m3')
  })

  test('digitals keep ids of their own', async () => {
    server.answers.CurrentAnalogs = answer('analogs.json')
    server.answers.CurrentDigitals = answer('digitals.json')
    const building = client()
    const lights = (await building.digitals()).rows.find(({ name }) => name === 'HEM_Kontor1.BELYSNING_1_LOGG')
    const outdoor = (await building.analogs()).rows.find(({ id }) => id === lights?.id)
    expect([lights?.state, outdoor?.name]).toEqual(['OFF', 'HEM_Kontor1.GT_UTE'])
  })

  test('alarms: four statuses, newest first, a year-zero time is none', async () => {
    server.answers.Alarms = answer('alarms.json')
    const { alarms, complete, problems } = await client().alarms()
    expect([complete, problems]).toEqual([true, []])
    expect(alarms.map(({ status }) => status)).toEqual(['alarmed', 'acknowledged', 'returned', 'blocked'])
    expect(alarms[0]).toEqual({
      id: 'NTAx',
      name: 'HEM_Kontor1.VMM3_LARM',
      text: 'FVC, VMM3 Svarar ej',
      status: 'alarmed',
      priority: 'B',
      folder: 'FVC',
      alarmTime: Date.UTC(2026, 0, 14, 5, 12, 40),
      eventTime: Date.UTC(2026, 0, 14, 5, 12, 40),
      occurrences: 3,
      description: null,
      actionText: null,
    })
    expect(alarms[3]?.alarmTime).toBeNull()
  })

  test('an empty list of alarms is a list', async () => {
    server.answers.Alarms = answer('alarms-empty.json')
    expect(await client().alarms()).toEqual({ alarms: [], complete: true, problems: [] })
  })

  test('discovery: all signals with category, unit and field', async () => {
    server.answers = {
      ...server.answers,
      Folders: answer('folder.json'),
      CurrentAnalogs: answer('analogs.json'),
      CurrentDigitals: answer('digitals.json'),
    }
    const found = await client().discover()
    expect([found.root.name, found.account, found.subAreas.length]).toEqual(['TE236_HEM_Kontor', 'DemoLocal', 5])
    expect([found.analogs.length, found.digitals.length, found.problems]).toEqual([25, 5, []])
    const configured = fixture<{ analog_signals: Record<string, { category: string; field_name: string | null }> }>(
      'building-config.json',
    ).analog_signals
    expect(found.analogs.map(({ name }) => name)).toEqual(Object.keys(configured).sort())
    for (const { name, category, proposedField } of found.analogs) {
      expect(category).toBe(configured[name]?.category)
      const field = configured[name]?.field_name ?? null
      if (field !== null) expect(proposedField).toBe(field)
    }
    expect(found.digitals.find(({ name }) => name.includes('LEGIONELLA'))?.category).toBe('hot_water')
  })

  test('partial errors: the good part is kept, the rest is a typed error', async () => {
    server.answers.CurrentAnalogs = answer('errors-partial.json')
    await expect(client().analogs()).rejects.toThrow(Unavailable)
    await expect(client().analogs()).rejects.toThrow('Execution Timeout Expired.')
  })

  test('a query the server does not understand is told with its words', async () => {
    server.answers.CurrentAnalogs = answer('errors.json')
    await expect(client().analogs()).rejects.toThrow(BadData)
    await expect(client().analogs()).rejects.toThrow('Unrecognized input field')
  })
})

describe('paging', () => {
  test('all pages are read, with the cursor of the one before', async () => {
    server.next(
      'CurrentAnalogs',
      page('analogs', signals(0, 500), { next: 'a', total: 1200 }),
      page('analogs', signals(500, 1000), { next: 'b', total: 1200 }),
      page('analogs', signals(1000, 1200), { total: 1200 }),
    )
    const { rows, complete, problems } = await client().analogs()
    expect([rows.length, complete, problems]).toEqual([1200, true, []])
    expect(variables()).toEqual([{ first: 500 }, { first: 500, after: 'a' }, { first: 500, after: 'b' }])
  })

  test('edges do as well as items, for every list', async () => {
    const edges = (list: string, rows: unknown[]) => page(list, rows, { shape: 'edges' })
    server.answers.CurrentAnalogs = edges('analogs', signals(0, 3))
    server.answers.CurrentDigitals = edges('digitals', [{ id: '1', name: 'K1.P' }])
    server.answers.Alarms = page('alarms', [{ id: '1', status: 'ALARMED' }])
    const building = client()
    expect((await building.analogs()).rows).toHaveLength(3)
    expect((await building.digitals()).rows).toHaveLength(1)
    expect((await building.alarms()).alarms).toHaveLength(1)
  })

  test('a server without items is asked for edges, and from then on at once', async () => {
    server.answers.CurrentAnalogs = ({ body }) =>
      String(body.query).includes('items')
        ? refusal('Cannot query field "items" on type "AnalogConnection".', 400)
        : page('analogs', signals(0, 1), { shape: 'edges' })
    const building = client()
    await building.analogs()
    await building.analogs()
    expect(queries().map((query) => query.includes('items'))).toEqual([true, false, false])
  })

  test('a repeated cursor is found out, and the list is named', async () => {
    server.answers.CurrentAnalogs = page('analogs', signals(0, 2), { next: 'same' })
    await expect(client().analogs()).rejects.toThrow(/list of analogs does not end/)
    expect(server.count('CurrentAnalogs')).toBe(2)
  })

  test('a list that goes on nowhere is found out', async () => {
    const body = { data: { analogs: { pageInfo: { hasNextPage: true, endCursor: null }, items: [] } } }
    server.answers.CurrentAnalogs = { body }
    await expect(client().analogs()).rejects.toThrow(BadData)
  })

  test('a list that never ends is found out by its own count, and by empty pages', async () => {
    let cursor = 0
    server.answers.CurrentAnalogs = () => page('analogs', signals(0, 500), { next: String(cursor++), total: 500 })
    await expect(client().analogs()).rejects.toThrow(/does not end: 2500 rows/)
    server.answers.CurrentAnalogs = () => page('analogs', [], { next: String(cursor++) })
    await expect(client().analogs()).rejects.toThrow(/does not end: 0 rows on 4 pages/)
  })

  test('a list cut by the server is reported, not passed off as whole', async () => {
    server.answers.CurrentAnalogs = page('analogs', signals(0, 500), { total: 620 })
    const { rows, complete, problems } = await client().analogs()
    expect([rows.length, complete]).toEqual([500, false])
    expect(problems).toEqual(['Arrigo counts 620 analogs and delivered 500'])
  })

  test('a later page that is not delivered ends the list, which then is not complete', async () => {
    server.next(
      'CurrentAnalogs',
      page('analogs', signals(0, 2), { next: 'a', total: 4 }),
      answer('errors-partial.json'),
    )
    const { rows, complete, problems } = await client().analogs()
    expect([rows.length, complete]).toEqual([2, false])
    expect(problems.join()).toContain('Execution Timeout Expired.')
  })

  test('rows and values the server could not deliver are reported beside the others', async () => {
    const lines: string[] = []
    const log = createLogger('debug', { write: (line) => lines.push(line) })
    server.answers.CurrentAnalogs = {
      body: {
        data: {
          analogs: { pageInfo: { hasNextPage: false }, items: [signal(1), null, { ...signal(2), value: null }, {}] },
        },
        errors: [
          { message: 'controller silent', path: ['analogs', 'items', 1] },
          { message: 'controller silent', path: ['analogs', 'items', 2, 'value'] },
        ],
      },
    }
    const { rows, problems } = await client({ log }).analogs()
    expect(rows.map(({ value }) => value)).toEqual([1, null])
    expect(problems).toEqual([
      'analogs: controller silent (analogs.items.1)',
      'analogs: controller silent (analogs.items.2.value)',
      'analogs: 1 rows without id or name',
    ])
    expect(lines.join('')).toContain('arrigo.partial_answer')
  })

  test('a folder whose sub-areas are not delivered is still the building', async () => {
    server.answers.Folders = {
      body: {
        data: { folder: { __typename: 'RootArea', id: 'x', name: 'TE1', folders: null } },
        errors: [{ message: 'no right', path: ['folder', 'folders'] }],
      },
    }
    expect((await client().rootFolder()).name).toBe('TE1')
    expect((await client().folders()).problems).toEqual(['folders: no right (folder.folders)'])
  })

  test('the token may expire between two pages', async () => {
    server.next('CurrentAnalogs', page('analogs', signals(0, 1), { next: 'a' }), { status: 401 })
    server.answers.CurrentAnalogs = page('analogs', signals(1, 2))
    expect((await client().analogs()).rows).toHaveLength(2)
    expect(server.count('login/refresh')).toBe(1)
  })
})

describe('alarms', () => {
  test('the status is left out unless asked for, and the newest come first', async () => {
    server.answers.Alarms = answer('alarms-empty.json')
    const building = client()
    await building.alarms()
    await building.alarms({ status: [], limit: 50 })
    await building.alarms({ status: ['alarmed', 'returned'] })
    const orderBy = [{ fieldName: 'eventTime', sortDirection: 'descending' }]
    expect(variables()).toEqual([
      { first: 100, orderBy },
      { first: 50, orderBy },
      { first: 100, orderBy, status: ['ALARMED', 'RETURNED'] },
    ])
  })

  test('a limit ends the reading and says that there is more', async () => {
    const rows = (from: number) =>
      Array.from({ length: 3 }, (_, index) => ({ id: `${from + index}`, status: 'ALARMED' }))
    server.next(
      'Alarms',
      page('alarms', rows(0), { next: 'a', total: 9 }),
      page('alarms', rows(3), { next: 'b', total: 9 }),
    )
    const { alarms, complete } = await client().alarms({ limit: 5 })
    expect([alarms.length, complete, server.count('Alarms')]).toEqual([5, false, 2])
  })

  test('a server that cannot sort is asked without', async () => {
    server.answers.Alarms = ({ variables: { orderBy } }) =>
      orderBy === undefined
        ? answer('alarms.json')
        : refusal('Unknown argument "orderBy" on field "alarms" of type "Root".')
    const building = client()
    expect((await building.alarms()).alarms).toHaveLength(4)
    await building.alarms()
    expect(server.count('Alarms')).toBe(3)
  })

  test('an alarm on two pages counts once, an unknown status is unknown', async () => {
    const one = { id: '1', status: 'ALARMED', eventTime: '2026-01-14T05:00:00' }
    server.next('Alarms', page('alarms', [one], { next: 'a' }), page('alarms', [one, { id: '2', status: 'DREAMT' }]))
    expect((await client().alarms()).alarms.map(({ status }) => status)).toEqual(['alarmed', 'unknown'])
  })
})

test('present values by id, by full name where the id has gone, one list for all', async () => {
  server.answers.CurrentAnalogs = answer('analogs.json')
  const { readings } = await client().readSignals([
    'MjEwMQ==',
    { id: 'gone', name: 'HEM_Kontor3.GT_UTE' },
    { id: 'MjEwMQ==', name: 'HEM_Kontor9.GT_UTE' },
    { id: 'MjExNw==', name: 'HEM_Kontor1.BUS_VM1_Utgång' },
  ])
  expect(readings.map(({ value, found, currentId }) => [value, found, currentId])).toEqual([
    [-4.213769912719727, 'as-configured', 'MjEwMQ=='],
    [-4.1875, 'moved', 'MjEyMg=='],
    [null, 'missing', null],
    [null, 'as-configured', 'MjExNw=='],
  ])
  expect(server.count('CurrentAnalogs')).toBe(1)
})

test('discovery goes on without digital signals, and reports signals of one name', async () => {
  server.answers = {
    ...server.answers,
    Folders: answer('folder.json'),
    CurrentAnalogs: page('analogs', [signal(1), { ...signal(2), name: 'K1.S1' }, signal(1)]),
    CurrentDigitals: { body: { data: { digitals: null }, errors: [{ message: 'broken', path: ['digitals'] }] } },
  }
  const { analogs, digitals, problems } = await client().discover()
  expect([analogs.map(({ id }) => id), digitals]).toEqual([['i1'], []])
  expect(problems).toEqual(['digitals: broken', 'several signals are called K1.S1; the first one listed is used'])
})

describe('servers in trouble', () => {
  const outcome = async (options: Partial<ArrigoClientOptions> = {}) =>
    client(options)
      .analogs()
      .catch((error: unknown) => error)

  test('HTML with 500, HTML with 200, nothing at all', async () => {
    server.next('CurrentAnalogs', { status: 500, body: '<html>' }, { body: '<html>' }, { body: '' })
    for (let round = 0; round < 3; round += 1) expect(await outcome()).toBeInstanceOf(Unavailable)
  })

  test('no right, no server, too many requests, a redirect', async () => {
    server.next('CurrentAnalogs', { status: 403 }, { status: 404 }, { status: 429 }, { status: 302 })
    const errors = [await outcome(), await outcome(), await outcome(), await outcome()]
    expect(errors.map((error) => (error as Error).constructor)).toEqual([
      BadConfig,
      BadConfig,
      RateLimited,
      Unavailable,
    ])
  })

  test('a connection torn down, and one that hangs', async () => {
    server.next('CurrentAnalogs', reset, () => undefined)
    expect(await outcome()).toBeInstanceOf(Unavailable)
    expect(await outcome({ timing: { listMs: 100 } })).toBeInstanceOf(Unavailable)
  })

  test('400 with a complaint is read', async () => {
    server.answers.CurrentAnalogs = refusal('Syntax error', 400)
    expect(await outcome()).toMatchObject({ type: 'BadData', message: expect.stringContaining('Syntax error') })
  })

  test('the caller may leave', async () => {
    server.answers.CurrentAnalogs = () => undefined
    const leaving = AbortSignal.timeout(100)
    await expect(client().analogs({ signal: leaving })).rejects.toThrow(
      expect.objectContaining({ name: 'TimeoutError' }),
    )
  })

  test('the caller hears a heartbeat before every request', async () => {
    server.next('CurrentAnalogs', page('analogs', signals(0, 1), { next: 'a' }), page('analogs', signals(1, 2)))
    let beats = 0
    await client().analogs({ heartbeat: () => (beats += 1) })
    expect(beats).toBe(2)
  })
})
