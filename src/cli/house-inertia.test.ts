/** `bvpro house inertia` against an API that answers what a test says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi } from './testing/fake-api.ts'

const PATH = '/api/v1/entities/house/A/inertia-test'
const PROPOSED = {
  testId: 't1',
  house: 'A',
  workflowId: 'inertia:A',
  state: 'proposed',
  requestedAt: '2026-01-10T12:00:00Z',
  requestedBy: 'API token',
  objections: [],
  plan: {
    startAt: '2026-01-10T19:00:00Z',
    endAt: '2026-01-11T05:00:00Z',
    coldest: -4,
    mildest: -2,
    lowered: [-5, 0],
    curve: [],
    cutK: 3.1,
    indoor: 21.2,
    lowestIndoor: 20.4,
    expectedDropK: 0.7,
    expectedBy: 'model',
  },
  expiresAt: '2026-01-11T00:00:00Z',
  approvedAt: null,
  approvedBy: null,
  begunAt: null,
  held: false,
  indoor: 21.2,
  shiftK: null,
  endedAt: null,
  end: null,
  waitingFor: 'somebody to approve it',
  result: null,
}
const ACCEPTED = { status: 202, body: { testId: 't1', workflowId: 'inertia:A', statusUrl: PATH } }

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

describe('propose', () => {
  test('sends the wish, waits until the house was looked at, and shows the plan', async () => {
    api.on(`POST ${PATH}`, ACCEPTED)
    api.on(`GET ${PATH}`, PROPOSED)
    const args = ['house', 'inertia', 'A', 'propose', '--hours', '8', '--drop', '0.6', '--cut', '4', '--force']
    const { code, out } = await api.bvpro(args)
    expect(code).toBe(0)
    expect(api.bodies(`POST ${PATH}`)).toEqual([{ hours: 8, dropK: 0.6, cutK: 4, force: true }])
    expect(out).toContain('up to 3.1 K lower at -5, 0 °C outdoors')
    expect(out).toContain('never below 20.4 °C')
    expect(out).toContain('somebody to approve it, until 2026-01-11T00:00:00Z')
  })

  test('ends with 1 and every sentence that speaks against it', async () => {
    api.on(`POST ${PATH}`, ACCEPTED)
    const objections = [{ code: 'TooCold', about: 'safety', sentence: 'it is 19.0 °C indoors' }]
    const end = { reason: 'refused', detail: 'it is 19.0 °C indoors' }
    api.on(`GET ${PATH}`, { ...PROPOSED, state: 'refused', plan: null, objections, end, waitingFor: null })
    const { code, out, err } = await api.bvpro(['house', 'inertia', 'A', 'propose'])
    expect([code, err]).toEqual([1, expect.stringContaining('it is 19.0 °C indoors')])
    expect(out).toContain('refused')
  })

  test('a dry run says what would be done', async () => {
    api.on(`POST ${PATH}?dryRun=true`, { dryRun: true, would: 'the house is looked at' })
    const { out } = await api.bvpro(['house', 'inertia', 'A', 'propose', '--dry-run'])
    expect(out).toBe('house A: the house is looked at\n')
  })
})

describe('approve', () => {
  test('with --yes asks nobody', async () => {
    api.on(`POST ${PATH}/approve`, ACCEPTED)
    const { code, out } = await api.bvpro(['house', 'inertia', 'A', 'approve', '--yes'])
    expect([code, out]).toEqual([0, 'house A: the inertia test is approved\n'])
  })

  test('without a terminal wants --yes, and nothing is approved', async () => {
    api.on(`GET ${PATH}`, PROPOSED)
    const { code, err } = await api.bvpro(['house', 'inertia', 'A', 'approve'])
    expect([code, err]).toEqual([2, expect.stringContaining('--yes')])
  })

  test('a refusal ends with 1 and its reason', async () => {
    api.on(`POST ${PATH}/approve`, { status: 409, body: { detail: 'No inertia test of A runs.' } })
    const { code, err } = await api.bvpro(['house', 'inertia', 'A', 'approve', '--yes'])
    expect([code, err]).toEqual([1, expect.stringContaining('No inertia test of A runs.')])
  })
})

test('abort', async () => {
  api.on(`POST ${PATH}/abort`, ACCEPTED)
  const { out } = await api.bvpro(['house', 'inertia', 'A', 'abort'])
  expect(out).toBe('house A: the inertia test is being ended\n')
})

describe('show', () => {
  test('is what is done without an action, and tells what was measured', async () => {
    api.on(`GET ${PATH}`, {
      ...PROPOSED,
      state: 'done',
      waitingFor: null,
      approvedAt: '2026-01-10T12:05:00Z',
      approvedBy: 'Bob',
      endedAt: '2026-01-11T03:00:00Z',
      end: { reason: 'drop-reached', detail: 'the room has fallen by 0.80 K' },
      result: {
        grade: 'rough',
        why: 'the standard error is 18 % of the time constant',
        timeConstantHours: 80.5,
        standardErrorHours: 14.2,
        low: 57,
        high: 113,
        dropK: 0.8,
        hours: 7.9,
      },
    })
    const { out } = await api.bvpro(['house', 'inertia', 'A'])
    expect(out).toContain('80.5 ± 14.2 h (95 %: 57 to 113 h)')
    expect(out).toContain('rough: the standard error')
    expect(out).toContain('the room has fallen by 0.80 K')
  })

  test('--json prints the answer as it came', async () => {
    api.on(`GET ${PATH}`, PROPOSED)
    const { out } = await api.bvpro(['house', 'inertia', 'A', 'show', '--json'])
    expect(JSON.parse(out)).toEqual(PROPOSED)
  })

  test('there is no other action', async () => {
    expect((await api.bvpro(['house', 'inertia', 'A', 'dance'])).code).toBe(2)
  })
})
