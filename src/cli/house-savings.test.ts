/** `bvpro house savings` and `bvpro house trial` against an API that answers what a test says. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeApi } from './testing/fake-api.ts'

const SAVINGS = '/api/v1/houses/A/savings'
const DAY = {
  date: '2026-01-08',
  savedPercent: { value: 10, low: 7.2, high: 12.8 },
  savedKwh: { value: 5, low: 3.6, high: 6.4 },
  usedKwh: 45,
  source: 'meter',
  controlledHours: 24,
  meanShiftK: -3,
  indoor: 20.5,
  baselineIndoor: 21.3,
  coldKh: 1,
  baselineColdKh: 0,
  warmKh: 0,
  baselineWarmKh: 2,
  effectiveTemperature: -2,
  modelVersion: 'rc2',
}
const TOTAL = {
  days: 1,
  savedPercent: DAY.savedPercent,
  savedKwh: DAY.savedKwh,
  usedKwh: 45,
  coldKh: 1,
  baselineColdKh: 0,
  warmKh: 0,
  baselineWarmKh: 2,
}
const TOLD = { state: 'told', reason: null, basis: 'meter', sureness: 'A saving.', total: TOTAL, days: [DAY] }
const PLAN = {
  seed: 5,
  start: '2026-01-11',
  end: '2026-02-08',
  blockDays: 2,
  washOutDays: 1,
  pairs: 7,
  leastPairs: 5,
  begunBy: 'API token',
  begunAt: '2026-01-10T07:05:00Z',
  stoppedOn: null,
  stopReason: null,
}
const NO_RESULT = {
  pairs: 1,
  enough: false,
  unit: 'kWh',
  savedPerDay: null,
  savedPercent: null,
  pValue: null,
  indoorDifference: null,
  coldDifferenceKh: null,
  warmDifferenceKh: null,
}
const TRIAL = { state: 'running', plan: PLAN, today: 'baseline', result: NO_RESULT }

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

test('savings with intervals, comfort and what they rest on', async () => {
  api.on(`GET ${SAVINGS}?days=90`, TOLD)
  const { code, out } = await api.bvpro(['house', 'savings', 'A', '--days', '90'])
  expect(code).toBe(0)
  expect(out).toContain('10 (7 to 13)')
  expect(out).toContain('A: 10.0 (7.2 to 12.8) % saved over 1 days, 5 (4 to 6) kWh (90 % intervals)')
  expect(out).toContain('Too cold 1.0 K·h, 0.0 on its own curve')
  expect(out).toContain('kWh are metered')
})

test('savings without a meter are per cent', async () => {
  api.on(`GET ${SAVINGS}?days=30`, { ...TOLD, basis: 'percent', total: { ...TOTAL, savedKwh: null, usedKwh: null } })
  const { out } = await api.bvpro(['house', 'savings', 'A'])
  expect(out).toContain('shown in per cent')
  expect(out).toContain('over 1 days (90 %')
})

test('no savings come with their reason, and JSON is the answer itself', async () => {
  const nothing = { state: 'not-steered', reason: 'Not steered.', basis: null, sureness: null, total: null, days: [] }
  api.on(`GET ${SAVINGS}?days=30`, nothing)
  expect((await api.bvpro(['house', 'savings', 'A'])).out).toBe('A: no savings to tell. Not steered.\n')
  expect(JSON.parse((await api.bvpro(['house', 'savings', 'A', '--json'])).out)).toEqual(nothing)
})

test('a trial is begun with what was asked for', async () => {
  api.on(`POST ${SAVINGS}/trial`, TRIAL)
  const { code, out } = await api.bvpro([
    'house',
    'trial',
    'A',
    'start',
    '--block-days',
    '4',
    '--wash-out-days',
    '1',
    '--seed',
    '5',
  ])
  expect(code).toBe(0)
  expect(api.bodies(`POST ${SAVINGS}/trial`)).toEqual([{ blockDays: 4, pairs: 7, washOutDays: 1, seed: 5 }])
  expect(out).toContain('2026-01-11 to 2026-02-08')
  expect(out).toContain('on its own curve')
  expect(out).toContain('Too few pairs')
})

test('a dry run is sent as one', async () => {
  api.on(`POST ${SAVINGS}/trial?dryRun=true`, TRIAL).on(`DELETE ${SAVINGS}/trial?dryRun=true`, TRIAL)
  for (const action of ['start', 'stop']) {
    expect((await api.bvpro(['house', 'trial', 'A', action, '--dry-run'])).out).toContain('nothing is changed')
  }
})

test('a trial that has a result shows it, also the cold it was bought with', async () => {
  const result = {
    ...NO_RESULT,
    pairs: 7,
    enough: true,
    savedPerDay: { value: 5, low: 4, high: 6 },
    savedPercent: { value: 10, low: 8, high: 12 },
    pValue: 0.0156,
    indoorDifference: -0.5,
    coldDifferenceKh: 0.25,
    warmDifferenceKh: 0,
  }
  api.on(`GET ${SAVINGS}/trial`, { ...TRIAL, state: 'stopped', plan: { ...PLAN, stopReason: 'Guests.' }, result })
  const { out } = await api.bvpro(['house', 'trial', 'A'])
  for (const says of ['stopped: Guests.', '5.0 (4.0 to 6.0) kWh', '0.016', '-0.50 K', '+0.25 K·h']) {
    expect(out).toContain(says)
  }
})

test('no trial, a stopped one, and an action that does not exist', async () => {
  api.on(`GET ${SAVINGS}/trial`, { state: 'none', plan: null, today: null, result: null })
  expect((await api.bvpro(['house', 'trial', 'A', 'show'])).out).toBe('A: there was no trial yet.\n')
  api.on(`DELETE ${SAVINGS}/trial`, TRIAL)
  expect((await api.bvpro(['house', 'trial', 'A', 'stop', '--json'])).code).toBe(0)
  const wrong = await api.bvpro(['house', 'trial', 'A', 'pause'])
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('start, stop, show')])
})
