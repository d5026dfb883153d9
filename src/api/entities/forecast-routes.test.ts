import { beforeEach, describe, expect, test } from 'vitest'
import { type HouseModels, THERMAL_MODELS } from '../../activities/thermal/house-models.ts'
import { INDOOR_FORECASTS } from '../../activities/thermal/issue-forecast.ts'
import type { Training } from '../../domain/learning/train.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}`
const KEY = `house:${ID}`
const HOUR_MS = 3_600_000

let fakes: ReturnType<typeof fakeDependencies>
let ask: ReturnType<typeof asker>

beforeEach(() => {
  fakes = fakeDependencies()
  fakes.addHouse()
  ask = asker(createApi(fakes.dependencies))
})

const PAST = {
  leadHours: 24,
  rmse: 0.31,
  mae: 0.25,
  bias: 0.02,
  persistenceRmse: 0.52,
  skill: 0.4,
  coverage: 0.81,
  pinball: 0.1,
  n: 312,
  modelRmse: 0.3,
  referenceRmse: 0.7,
}

const MODELS = {
  triedAt: TEST_NOW,
  inUse: 'rc2-2026-01-10T03:15:00Z',
  reason: 'The newest model; its forecasts are not judged yet.',
  versions: [
    {
      version: 'rc2-2026-01-10T03:15:00Z',
      fittedAt: Date.parse('2026-01-10T03:15:00Z'),
      training: {
        trained: { model: { structure: { order: 2 } }, heatInput: 'supply' },
        identification: {
          parameters: { timeConstantsHours: [2.1, 71] },
          spanHours: 672,
          accepted: true,
          implausible: [],
          excitation: { enough: true, reasons: [] },
        },
        pastScores: [PAST],
      } as unknown as Training,
    },
  ],
} as unknown as HouseModels

describe('the forecast of a house', () => {
  test('is the one issued last', async () => {
    const forecast = {
      issuedAt: '2026-01-10T07:00:00Z',
      modelVersion: 'rc2-2026-01-10T03:15:00Z',
      points: [{ time: '2026-01-10T08:00:00Z', leadHours: 1, mean: 21.2, q10: 21, q90: 21.4, outdoor: -3 }],
      reason: null,
    }
    await fakes.dependencies.application.putDocument(INDOOR_FORECASTS, KEY, forecast)
    expect(await jsonOf(await ask(`${PATH}/forecast`))).toEqual(forecast)
  })

  test('is empty with a reason before anybody has looked', async () => {
    expect(await jsonOf(await ask(`${PATH}/forecast`))).toEqual({
      issuedAt: null,
      modelVersion: null,
      points: [],
      reason: 'No forecast has been tried yet; the next hourly look will.',
    })
  })

  test('is 404 for a house nobody knows', async () => {
    expect((await ask('/api/v1/entities/house/none/forecast')).status).toBe(404)
    expect((await ask('/api/v1/entities/house/none/scores')).status).toBe(404)
  })

  test('is 409 for a building', async () => {
    await fakes.dependencies.application.putStatus({ kind: 'building', id: 'TE901_KVARNEN' }, {})
    const response = await ask('/api/v1/entities/building/TE901_KVARNEN/forecast')
    expect(response.status).toBe(409)
    const { detail } = await jsonOf<ProblemAnswer>(response)
    expect(detail).toBe('Only houses are forecast; TE901_KVARNEN is a building.')
  })
})

describe('the scores of a house', () => {
  test('are empty with a reason before there is a model', async () => {
    expect(await jsonOf(await ask(`${PATH}/scores`))).toEqual({
      scores: [],
      readiness: { allowed: false, reason: 'it has no model yet' },
      model: null,
      reason: 'No model has been fitted yet.',
    })
  })

  test('are those over the past while few forecasts have come true', async () => {
    await fakes.dependencies.application.putDocument(THERMAL_MODELS, KEY, MODELS)
    const { pinball: _, modelRmse: __, ...told } = PAST
    expect(await jsonOf(await ask(`${PATH}/scores`))).toEqual({
      scores: [{ ...told, source: 'past' }],
      readiness: { allowed: true, reason: expect.stringContaining('would have been wrong by 0.31 K over 312 hours') },
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
    })
  })

  test('are those of issued forecasts once there are enough, and decide', async () => {
    await fakes.dependencies.application.putDocument(THERMAL_MODELS, KEY, MODELS)
    await fakes.timeSeries.write(
      Array.from({ length: 80 }, (_, hour) => ({
        measurement: 'forecast_accuracy',
        tags: { house_id: ID, lead_time_hours: '24' },
        time: TEST_NOW - (hour + 1) * HOUR_MS,
        fields: { predicted: 21, actual: 21.6, persistence: 21.2, covered: hour % 2, model_version: 'rc2' },
      })),
    )
    const { scores, readiness } = await jsonOf<{ scores: object[]; readiness: object }>(await ask(`${PATH}/scores`))
    expect(scores).toEqual([
      expect.objectContaining({ leadHours: 24, n: 80, source: 'issued', coverage: 0.5, referenceRmse: 0.7 }),
    ])
    expect(scores[0]).toMatchObject({ rmse: expect.closeTo(0.6, 6), persistenceRmse: expect.closeTo(0.4, 6) })
    expect(readiness).toEqual({ allowed: false, reason: expect.stringContaining('were wrong by 0.60 K') })
  })
})
