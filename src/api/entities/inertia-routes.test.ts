/** The inertia test of a house over HTTP: what is passed on to its workflow, and what is told of it. */
import { describe, expect, test } from 'vitest'
import type { InertiaTestRecord } from '../../activities/inertia-contract.ts'
import { optionsOf } from '../../domain/inertia/wish.ts'
import { FREE } from '../../domain/safety/house-control.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/inertia-test`

const RECORD: InertiaTestRecord = {
  testId: 't1',
  house: ID,
  state: 'lowered',
  options: optionsOf({ hours: 8 }),
  requestedAt: TEST_NOW - 3_600_000,
  requestedBy: 'Ann',
  objections: [],
  plan: {
    startAt: TEST_NOW,
    endAt: TEST_NOW + 8 * 3_600_000,
    coldest: -4,
    mildest: -2,
    curve: [50, 48, 46, 44, 42, 36, 33, 32, 27, 22],
    lowered: [-5, 0],
    cutK: 3,
    indoor: 21.2,
    lowestIndoor: 20.4,
    expectedDropK: 0.7,
    expectedBy: 'model',
  },
  expiresAt: TEST_NOW,
  approvedAt: TEST_NOW,
  approvedBy: 'Bob',
  begunAt: TEST_NOW,
  startIndoor: 21.2,
  lowestIndoor: 20.4,
  look: null,
  endedAt: null,
  end: null,
  waitingFor: null,
  result: null,
}

function setUp() {
  const fakes = fakeDependencies()
  fakes.addHouse()
  const ask = asker(createApi(fakes.dependencies))
  const post = (path: string, body?: object) =>
    ask(`${PATH}${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
  return { ...fakes, ask, post }
}

describe('a proposal', () => {
  test('is asked for with what was wished, and told where to look', async () => {
    const { post, inertia } = setUp()
    const response = await post('', { hours: 8, earliest: '2026-01-10T20:00:00+01:00' })
    expect(response.status).toBe(202)
    expect(await response.json()).toMatchObject({ workflowId: `inertia:${ID}`, statusUrl: PATH })
    expect(inertia.asked).toEqual([
      `propose ${ID} ${JSON.stringify({ hours: 8, earliest: Date.UTC(2026, 0, 10, 19) })}`,
    ])
  })

  test('needs no body', async () => {
    const { post, inertia } = setUp()
    expect((await post('')).status).toBe(202)
    expect(inertia.asked).toEqual([`propose ${ID} {}`])
  })

  test('is refused while a test runs', async () => {
    const { post, inertia } = setUp()
    inertia.running.add(ID)
    expect((await post('')).status).toBe(409)
  })

  test('beyond its limits is 422 and reaches nobody', async () => {
    const { post, inertia } = setUp()
    for (const wish of [{ hours: 13 }, { dropK: 5 }, { earliest: 'tonight' }, { speed: 1 }]) {
      expect((await post('', wish)).status).toBe(422)
    }
    expect(inertia.asked).toEqual([])
  })

  test('a dry run changes nothing', async () => {
    const { post, inertia } = setUp()
    const response = await post('?dryRun=true')
    expect(await response.json()).toMatchObject({ dryRun: true, would: expect.stringContaining('nothing is written') })
    expect(inertia.asked).toEqual([])
  })

  test('is for houses only', async () => {
    const { ask, addZone } = setUp()
    addZone({ id: 'hall', name: 'Hall' })
    expect((await ask('/api/v1/entities/zone/hall/inertia-test', { method: 'POST' })).status).toBe(409)
    expect((await ask('/api/v1/entities/house/nobody/inertia-test', { method: 'POST' })).status).toBe(404)
  })
})

describe('approve and abort', () => {
  test('are passed on', async () => {
    const { post, inertia } = setUp()
    inertia.running.add(ID)
    expect((await post('/approve')).status).toBe(202)
    expect((await post('/abort')).status).toBe(202)
    expect(inertia.asked).toEqual([`approve ${ID}`, `abort ${ID}`])
  })

  test('are 409 where nothing runs, and where the test refuses', async () => {
    const { post, inertia } = setUp()
    expect((await post('/approve')).status).toBe(409)
    inertia.running.add(ID)
    inertia.answer = { state: 'refused', reason: 'the test is lowered; there is nothing to approve' }
    const response = await post('/approve')
    expect(response.status).toBe(409)
    expect((await jsonOf<ProblemAnswer>(response)).detail).toBe('the test is lowered; there is nothing to approve.')
  })

  test('dry runs say what would happen', async () => {
    const { post, inertia, application } = setUp()
    await application.putDocument('inertia-test', ID, { ...RECORD, state: 'proposed' })
    expect((await post('/approve?dryRun=true')).status).toBe(409)
    inertia.running.add(ID)
    const approve = await (await post('/approve?dryRun=true')).json()
    expect(approve).toMatchObject({ would: 'the test that is proposed would begin at 2026-01-10T07:05:12Z' })
    expect(await (await post('/abort?dryRun=true')).json()).toMatchObject({ dryRun: true })
    expect(inertia.asked).toEqual([])
  })
})

describe('what is told of a test', () => {
  test('there is none', async () => {
    const { ask } = setUp()
    expect((await ask(PATH)).status).toBe(404)
  })

  test('is its record with what the house shows now', async () => {
    const { ask, application, inertia } = setUp()
    inertia.running.add(ID)
    await application.putDocument('inertia-test', ID, RECORD)
    const held = { ...FREE, phase: 'held', test: { testId: 't1' }, applied: RECORD.plan?.curve }
    const baseline = { y: [50, 48, 46, 44, 42, 39, 36, 32, 27, 22] }
    await application.putDocument('house-control', ID, { ...held, baseline })
    const body = await (await ask(PATH)).json()
    expect(body).toMatchObject({
      testId: 't1',
      workflowId: `inertia:${ID}`,
      state: 'lowered',
      held: true,
      indoor: 21.3,
      shiftK: -3,
      approvedAt: '2026-01-10T07:05:12Z',
      plan: { startAt: '2026-01-10T07:05:12Z', lowered: [-5, 0] },
    })
    expect(body).not.toHaveProperty('look')
  })

  test('it is lost when its workflow was ended from outside, and the house tells how it ended', async () => {
    const { ask, application } = setUp()
    await application.putDocument('inertia-test', ID, RECORD)
    const lastTest = { testId: 't1', reason: 'not-watched', detail: 'nobody looked' }
    await application.putDocument('house-control', ID, { ...FREE, lastTest })
    expect(await (await ask(PATH)).json()).toMatchObject({
      state: 'lost',
      held: false,
      end: { reason: 'not-watched', detail: 'nobody looked' },
    })
  })

  test('one that is over stays as it ended', async () => {
    const { ask, application } = setUp()
    await application.putDocument('inertia-test', ID, { ...RECORD, state: 'done', endedAt: TEST_NOW })
    expect(await (await ask(PATH)).json()).toMatchObject({ state: 'done', endedAt: '2026-01-10T07:05:12Z' })
  })
})
