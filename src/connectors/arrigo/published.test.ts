import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BadConfig, EntityNotFound, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createArrigoClient, createSessionRegistry, type PublishedList } from './index.ts'
import { fixture, refusal, type ScriptedServer, startServer, USER } from './testing/server.ts'

interface Variable {
  value: unknown
  path: string
  technicalAddress: string
  type: string
  timeStamp?: string
  timestamp?: string
}
const LIST: PublishedList = { areaId: 'SEVNX0tvbnRvcjFfRlZD', name: 'Setpoints', path: 'bGlzdA==' }

let server: ScriptedServer
let variables: Variable[]
let waits: number[]

beforeEach(async () => {
  server = await startServer()
  waits = []
  variables = [
    { value: 46.5, path: 'Cwl.Advise.A[0]', technicalAddress: 'K1.VS1.SetP', type: 'Response' },
    { value: 'Off', path: 'Cwl.Advise.A[1]', technicalAddress: 'K1.MODE', type: 'Update' },
  ]
  server.answers = {
    ...server.answers,
    PublishedNode: () => ({ body: { data: { node: { hash: 'H1', content: { Cwl: { children } } } } } }),
    PublishedValues: () => ({ body: { data: { data: { variables, minPollingInterval: 30, hash: 'H1' } } } }),
    PublishedLists: () => lists('publishedVariableLists'),
  }
})
afterEach(async () => {
  await server.close()
  resetCircuitBreakers()
})

const children = [
  { attributes: { Name: 'SetP', Title: 'Börvärde', Unit: '°C ', Variable: 'K1.VS1.SetP', Writable: true } },
  { attributes: { Name: 'Mode', Title: 'Läge', Unit: '', Variable: 'K1.MODE', Writable: 'false' } },
]
const lists = (field: string, path = LIST.path) => ({
  body: { data: { folder: { __typename: 'UserArea', id: LIST.areaId, [field]: [{ name: LIST.name, path }] } } },
})

function client() {
  let time = 0
  const clock = {
    now: () => time,
    async sleep(ms: number) {
      waits.push(ms)
      time += ms
    },
  }
  const sessions = createSessionRegistry()
  return createArrigoClient({ host: server.url, credentials: async () => USER, sessions, clock })
}
const kinds = () => server.received.map(({ operation, path }) => operation || path).slice(1)

describe('lists of an area', () => {
  test('by the newer and the older name of the field', async () => {
    expect(await client().publishedLists(LIST.areaId)).toEqual([LIST])
    server.answers.PublishedLists = ({ body }) =>
      String(body.query).includes('publishedVariableLists')
        ? refusal('Cannot query field "publishedVariableLists" on type "UserArea".')
        : lists('publicVariableFiles')
    expect(await client().publishedLists(LIST.areaId)).toEqual([LIST])
  })

  test('an area without lists has none', async () => {
    server.answers.PublishedLists = { body: { data: { folder: { __typename: 'Account', id: 'x' } } } }
    expect(await client().publishedLists('x')).toEqual([])
  })
})

describe('reading', () => {
  test('values with their static part', async () => {
    const { variables: read, minPollingSeconds } = await client().readPublished(LIST)
    expect(minPollingSeconds).toBe(30)
    expect(read).toEqual([
      {
        updatePath: 'Cwl.Advise.A[0]',
        technicalAddress: 'K1.VS1.SetP',
        name: 'SetP',
        title: 'Börvärde',
        unit: '°C',
        writable: true,
        value: 46.5,
        state: 'good',
        time: null,
      },
      expect.objectContaining({ name: 'Mode', writable: false, value: 'Off' }),
    ])
  })

  test('the fixture: pending is waited for a bounded time, unreachable is told since when', async () => {
    server.answers.PublishedValues = { body: fixture('published-variables.json') }
    const { variables: read } = await client().readPublished(LIST)
    expect(read.map(({ state, value }) => [state, value])).toEqual([
      ['pending', null],
      ['good', 46.5],
      ['unreachable', null],
    ])
    expect(read[2]?.time).toBe(Date.UTC(2026, 0, 13, 21, 14, 9))
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(30_000)
  })

  test('pending values that arrive end the waiting', async () => {
    const [first] = variables
    if (first !== undefined) Object.assign(first, { type: 'Pending', value: null })
    server.next('PublishedValues', { body: { data: { data: { variables: structuredClone(variables), hash: 'H1' } } } })
    if (first !== undefined) Object.assign(first, { type: 'Update', value: 47 })
    expect((await client().readPublished(LIST)).variables[0]?.value).toBe(47)
    expect(waits).toEqual([2000])
  })

  test('another hash makes the static part be read again', async () => {
    server.next('PublishedNode', { body: { data: { node: { hash: 'H0', content: {} } } } })
    expect((await client().readPublished(LIST)).variables[0]?.title).toBe('Börvärde')
  })

  test('an unregistered path is registered by asking for the lists, and followed where it has gone', async () => {
    server.next('PublishedNode', {
      body: { data: { node: null }, errors: [{ message: 'Invalid path', path: ['node'] }] },
    })
    server.answers.PublishedLists = lists('publishedVariableLists', 'bmV3')
    await client().readPublished(LIST)
    expect(kinds()).toEqual(['PublishedNode', 'PublishedLists', 'PublishedNode', 'PublishedValues'])
    expect(server.received.at(-1)?.variables.path).toBe('bmV3')
  })

  test('a path that is invalid for good is an outage; a list that has gone is not found', async () => {
    server.answers.PublishedValues = { body: fixture('errors-invalid-path.json') }
    await expect(client().readPublished(LIST)).rejects.toThrow(Unavailable)
    server.answers.PublishedLists = { body: { data: { folder: { id: 'x', publishedVariableLists: [] } } } }
    await expect(client().readPublished(LIST)).rejects.toThrow(EntityNotFound)
  })

  test('a server that spells the time differently is understood', async () => {
    server.answers.PublishedValues = ({ body }) =>
      String(body.query).includes('timestamp')
        ? refusal('The field `timestamp` does not exist on the type `ValueUpdate`.')
        : { body: fixture('published-variables.json') }
    expect((await client().readPublished(LIST)).variables[1]?.time).toBe(Date.UTC(2026, 0, 14, 5, 0, 1))
  })
})

describe('writing', () => {
  const write = (variable: string, value: string) => client().writePublished(LIST, { variable, value })

  test('finds the variable by name, writes text, reads back', async () => {
    server.answers.SetPublished = ({ variables: sent }) => {
      expect(sent).toEqual({ nodePath: LIST.path, path: 'Cwl.Advise.A[0]', value: '47.5' })
      const [first] = variables
      if (first !== undefined) first.value = Math.fround(47.5)
      return { body: { data: { setData: true } } }
    }
    expect(await write('K1.VS1.SetP', '47.5')).toMatchObject({
      accepted: true,
      verified: true,
      before: { value: 46.5 },
      after: { value: 47.5 },
    })
  })

  test('accepted and never seen is not verified', async () => {
    server.answers.SetPublished = { body: { data: { setData: true } } }
    expect(await write('SetP', '50')).toMatchObject({ accepted: true, verified: false, after: { value: 46.5 } })
    expect(waits.length).toBeGreaterThan(5)
  })

  test('a refused write is told at once', async () => {
    server.answers.SetPublished = { body: { data: { setData: false } } }
    expect(await write('SetP', '46.5')).toMatchObject({ accepted: false, verified: false })
    expect(waits).toEqual([])
  })

  test('an error of the server is an outage', async () => {
    const errors = [{ message: 'controller silent', path: ['setData'] }]
    server.answers.SetPublished = { body: { data: { setData: null }, errors } }
    await expect(write('SetP', '47')).rejects.toThrow(Unavailable)
  })

  test('what may not be written, or is not there, is not sent', async () => {
    await expect(write('K1.MODE', 'On')).rejects.toThrow(BadConfig)
    await expect(write('K1.NONE', '1')).rejects.toThrow(EntityNotFound)
    expect(server.count('SetPublished')).toBe(0)
  })
})
