import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeApi } from './testing/fake-api.ts'

const HOUSE = '/api/v1/entities/house/A'
const FORECAST = {
  issuedAt: '2026-01-10T07:00:00Z',
  modelVersion: 'rc2-2026-01-10T03:15:00Z',
  points: [{ time: '2026-01-10T08:00:00Z', leadHours: 1, mean: 21.24, q10: 21, q90: 21.4, outdoor: -3 }],
  reason: null,
}
const SCORES = {
  scores: [
    {
      leadHours: 24,
      rmse: 0.31,
      mae: 0.25,
      bias: 0.02,
      persistenceRmse: 0.52,
      skill: 0.4,
      coverage: 0.81,
      referenceRmse: null,
      n: 312,
      source: 'past',
    },
  ],
  readiness: { allowed: true, reason: 'forecasts a day ahead would have been wrong by 0.31 K' },
  model: {
    version: 'rc2-2026-01-10T03:15:00Z',
    fittedAt: '2026-01-10T03:15:00Z',
    order: 2,
    timeConstantsHours: [2.1, 71],
    heatInput: 'supply',
    spanHours: 672,
    accepted: true,
    reasons: [],
  },
  reason: null,
}

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

test('a forecast is a table of hours, with who issued it', async () => {
  api.on(`GET ${HOUSE}/forecast`, FORECAST)
  const { code, out } = await api.bvpro(['house', 'forecast', 'A'])
  expect(code).toBe(0)
  expect(out).toContain('A: issued 2026-01-10T07:00:00Z by rc2-2026-01-10T03:15:00Z')
  expect(out).toMatch(/2026-01-10T08:00:00Z .* 21\.2 .* 21\.0 to 21\.4 .* -3\.0/)
})

test('without a forecast the reason is printed', async () => {
  const none = { issuedAt: null, modelVersion: null, points: [], reason: 'No model has been fitted yet.' }
  api.on(`GET ${HOUSE}/forecast`, none)
  expect((await api.bvpro(['house', 'forecast', 'A'])).out).toBe('A: no forecast. No model has been fitted yet.\n')
})

test('scores are a table of leads, and say whether the house may be optimised', async () => {
  api.on(`GET ${HOUSE}/scores`, SCORES)
  const { out } = await api.bvpro(['house', 'scores', 'A'])
  expect(out).toContain('time constants 2.1 h, 71.0 h')
  expect(out).toMatch(/24 .* 0\.31 .* 0\.02 .* 0\.52 .* – .* 40 % .* 81 % .* 312 .* the stored past/)
  expect(out).toContain('may be optimised: forecasts a day ahead would have been wrong by 0.31 K')
})

test('without a model there are no scores, and the reason is printed', async () => {
  const none = {
    scores: [],
    readiness: { allowed: false, reason: 'it has no model yet' },
    model: null,
    reason: 'None.',
  }
  api.on(`GET ${HOUSE}/scores`, none)
  expect((await api.bvpro(['house', 'scores', 'A'])).out).toBe(
    'A: no scores. None.\nA may not be optimised yet: it has no model yet\n',
  )
})

test.each([
  ['forecast', FORECAST],
  ['scores', SCORES],
])('%s --json is the answer of the API', async (what, answer) => {
  api.on(`GET ${HOUSE}/${what}`, answer)
  expect(JSON.parse((await api.bvpro(['house', what, 'A', '--json'])).out)).toEqual(answer)
})
