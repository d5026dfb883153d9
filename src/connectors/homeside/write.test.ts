import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CURVE_POINTS } from '../../domain/heating/curve.ts'
import { BadConfig, BadData, Pending, Unavailable } from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createHomeSideClient, type RegisterChange } from './index.ts'
import { createTestClock, type TestClock } from './testing/clock.ts'
import { ACCOUNT, type FakePortal, fixture, startPortal } from './testing/portal.ts'

const T = 'KU_VS1_GT_TILL_1_'
let portal: FakePortal
let clock: TestClock

beforeEach(async () => {
  portal = await startPortal({ houses: 'houselist-902.json', variables: 'variables-902.json' })
  clock = createTestClock()
})
afterEach(async () => {
  await portal.close()
  resetCircuitBreakers()
})

function client(requestMs = 5_000) {
  return createHomeSideClient({ baseUrl: portal.url, credentials: async () => ACCOUNT, clock, timing: { requestMs } })
}

function patch(shortName: string, change: { path?: string; value?: number | null; type?: string }) {
  portal.entries = portal.entries.map((entry) =>
    entry.variable.endsWith(`.${shortName}`) ? { ...entry, ...change } : entry,
  )
}

const sent = () =>
  portal.received.flatMap(({ call, body }) =>
    call === 'save' ? (body.input as { Name: string; Value: string }[]) : [],
  )

const Y7: RegisterChange = { target: 'y', point: 7, value: 31.5 }

describe('writing with read-back', () => {
  test('finds the register, writes, waits 2 s, reads back', async () => {
    const report = await client().write([Y7])
    expect(report.results).toEqual([
      { name: `${T}CurveAdaptation_Y_7`, register: 83, previous: 29, intended: 31.5, applied: 31.5, verified: true },
    ])
    expect(report).toMatchObject({ verified: true, renewed: false, curve: { y: { 7: 31.5 } } })
    expect(clock.waits).toEqual([2_000])
    expect(portal.count('variables')).toBe(2)
  })

  test('the request is the known one: JSON inside JSON, value as text', async () => {
    await client().write([Y7])
    const request = portal.received.find(({ call }) => call === 'save')?.body ?? {}
    const expected = fixture<Record<string, unknown>>('save-request.json')
    expect({ ...request, arrigoBMSTokenAndUid: '' }).toEqual({ ...expected, arrigoBMSTokenAndUid: '' })
    expect(Object.keys(JSON.parse(String(request.arrigoBMSTokenAndUid)))).toEqual(
      Object.keys(JSON.parse(String(expected.arrigoBMSTokenAndUid))),
    )
  })

  test('each value in its known form', async () => {
    const report = await client().write([
      { target: 'setPoint', value: 21 },
      { target: 'adaption', value: true },
      { target: 'yref', point: 10, value: 0.1 + 24.2 },
      { target: 'y', point: 5, value: 47.125 },
    ])
    expect(sent()).toEqual([
      { Name: 'Cwl.Advise.A[22]', Value: '21' },
      { Name: 'Cwl.Advise.A[29]', Value: 'True' },
      { Name: 'Cwl.Advise.A[113]', Value: '24.3' },
      { Name: 'Cwl.Advise.A[81]', Value: '47.125' },
    ])
    expect(report.verified).toBe(true)
    expect(report.control).toMatchObject({ setPoint: 21, adaption: true })
  })

  test('a whole curve is read back at once', async () => {
    const report = await client().write(
      CURVE_POINTS.map((point) => ({ target: 'yref' as const, point, value: 40 - 2 * point })),
    )
    expect(sent()).toHaveLength(10)
    expect(report.results.map(({ applied }) => applied)).toEqual([38, 36, 34, 32, 30, 28, 26, 24, 22, 20])
    expect(portal.count('variables')).toBe(2)
  })

  test('a value that shows late is found by the second reading', async () => {
    const before = portal.entries
    portal.next('variables', { json: { variables: before } }, { json: { variables: before } })
    await expect(client().write([Y7])).resolves.toMatchObject({ verified: true })
    expect(clock.waits).toEqual([2_000, 1_000])
  })

  test('a controller that keeps its own value is told apart: intended and applied differ', async () => {
    portal.onWrite = () => false
    const report = await client().write([Y7])
    expect(report.verified).toBe(false)
    expect(report.results).toMatchObject([{ intended: 31.5, applied: 29, verified: false }])
    expect(portal.count('variables')).toBe(3)
    expect(portal.count('save')).toBe(1)
  })

  test.each([
    [0.05, true],
    [0.06, false],
  ])('a value read back %d °C away is verified: %s', async (distance, verified) => {
    portal.onWrite = () => {
      patch(`${T}CurveAdaptation_Y_7`, { value: 31.5 + distance })
      return false
    }
    await expect(client().write([Y7])).resolves.toMatchObject({ verified })
  })

  test('a value that cannot be read back is not verified', async () => {
    portal.onWrite = () => {
      patch(`${T}CurveAdaptation_Y_7`, { value: null, type: 'Pending' })
      return false
    }
    await expect(client().write([Y7])).resolves.toMatchObject({ verified: false, results: [{ applied: null }] })
  })

  test('a value that stands already is written all the same, unless the caller wants it skipped', async () => {
    const setpoint: RegisterChange[] = [{ target: 'setPoint', value: 22 }]
    await expect(client().write(setpoint, { skipUnchanged: true })).resolves.toMatchObject({ verified: true })
    expect(sent()).toEqual([])
    await client().write(setpoint)
    expect(sent()).toHaveLength(1)
  })

  test('concurrent writes of one client follow each other', async () => {
    const house = client()
    await Promise.all([house.write([Y7]), house.write([{ ...Y7, value: 30 }])])
    expect(portal.received.slice(3).map(({ call }) => call)).toEqual([
      ...['variables', 'save', 'variables'],
      ...['variables', 'save', 'variables'],
    ])
  })
})

describe('a session that dies while writing', () => {
  test('401: new sign-in, new token, the same write once', async () => {
    portal.next('save', { status: 401, json: {} })
    await expect(client().write([Y7])).resolves.toMatchObject({ verified: true, renewed: true })
    expect(sent().map(({ Value }) => Value)).toEqual(['31.5', '31.5'])
    expect(portal.count('authorize')).toBe(2)
  })

  test('one new sign-in per call, however many writes it has', async () => {
    portal.next('save', { status: 401, json: {} })
    portal.next('variables', { json: { variables: portal.entries } }, { json: {} })
    await expect(client().write([Y7])).rejects.toThrow(Unavailable)
    expect(portal.count('authorize')).toBe(2)
  })

  test.each([
    ['an error in a good answer', { json: { error: 'token' } }],
    ['401', { status: 401, json: {} }],
  ])('%s twice is given up', async (_name, answer) => {
    portal.always('save', answer)
    await expect(client().write([Y7])).rejects.toThrow(Unavailable)
    expect(portal.count('save')).toBe(2)
  })

  test.each([
    ['500', { status: 500, json: {} }],
    ['400', { status: 400, json: {} }],
    ['no answer in time', () => {}],
  ])('%s is not tried again: nobody knows whether it was taken', async (_name, answer) => {
    portal.always('save', answer)
    await expect(client(200).write([Y7])).rejects.toThrow(Unavailable)
    expect(portal.count('save')).toBe(1)
  })

  test('an answer that is not JSON counts as taken; the reading back decides', async () => {
    portal.next('save', { text: 'OK' })
    await expect(client().write([Y7])).resolves.toMatchObject({ verified: false })
  })
})

describe('what is never written', () => {
  afterEach(() => expect(sent()).toEqual([]))

  test('anything, when the outdoor axis is not the known one', async () => {
    patch(`${T}CurveAdaptation_X_4`, { value: 31.5 })
    await expect(client().write([Y7])).rejects.toThrow(BadData)
    await expect(client().write([{ target: 'setPoint', value: 21 }])).rejects.toThrow(/outdoor axis/)
  })

  test('a curve, while the axis has not been delivered', async () => {
    patch(`${T}CurveAdaptation_X_4`, { value: null, type: 'Pending' })
    await expect(client().write([Y7])).rejects.toThrow(Pending)
  })

  test('a curve, when the axis is not listed in full', async () => {
    portal.entries = portal.entries.filter(({ variable }) => !variable.endsWith(`.${T}CurveAdaptation_X_4`))
    await expect(client().write([Y7])).rejects.toThrow(BadData)
  })

  test('a register that also carries an axis point', async () => {
    patch(`${T}CurveAdaptation_Y_7`, { path: 'Cwl.Advise.A[70]' })
    await expect(client().write([Y7])).rejects.toThrow(/register 70 is claimed by/)
  })

  test('a variable without a register', async () => {
    patch(`${T}CurveAdaptation_Y_7`, { path: 'somewhere else' })
    await expect(client().write([Y7])).rejects.toThrow(`no usable register for ${T}CurveAdaptation_Y_7`)
  })

  test.each<RegisterChange>([
    { target: 'setPoint', value: 14.9 },
    { target: 'setPoint', value: 28.1 },
    { target: 'y', point: 1, value: 0 },
    { target: 'yref', point: 1, value: 80.5 },
    { target: 'y', point: 1, value: Number.NaN },
  ])('a value outside all limits: $target $value', async (change) => {
    await expect(client().write([Y7, change])).rejects.toThrow(BadConfig)
    expect(portal.received).toEqual([])
  })
})
