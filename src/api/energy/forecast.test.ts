import { beforeEach, expect, test } from 'vitest'
import { ENERGY_FORECASTS } from '../../activities/energy/forecast.ts'
import { createApi } from '../api.ts'
import { fakeDependencies } from '../testing/fakes.ts'
import { asker, jsonOf } from '../testing/request.ts'

const HOUR_MS = 3_600_000
const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/energy/forecast`
const TAGS = { house_id: ID }

let fakes: ReturnType<typeof fakeDependencies>
let ask: ReturnType<typeof asker>
beforeEach(() => {
  fakes = fakeDependencies()
  fakes.addHouse()
  ask = asker(createApi(fakes.dependencies))
})

test('while nothing has been forecast, the answer is empty', async () => {
  expect(await jsonOf(await ask(PATH))).toEqual({ issuedAt: null, modelVersion: null, points: [], scores: [] })
})

test('the newest forecast comes with how good earlier ones have been against the meter', async () => {
  const issuedAt = Math.floor(fakes.dependencies.now() / HOUR_MS) * HOUR_MS
  const point = { leadHours: 1, meanKwh: 4.2, lowKwh: 3.1, highKwh: 5.3, heatingKwh: 3.9, dhwKwh: 0.3 }
  await fakes.dependencies.application.putDocument(ENERGY_FORECASTS, `house:${ID}`, {
    issuedAt: new Date(issuedAt).toISOString(),
    modelVersion: 'energy-forecast-1',
    points: [{ time: issuedAt, ...point }],
  })
  for (let hour = 60; hour > 0; hour -= 1) {
    const time = issuedAt - hour * HOUR_MS
    // The meter alternates by the day; the forecast is always half a kilowatt-hour above it.
    const kwh = Math.floor((time / HOUR_MS - issuedAt / HOUR_MS) / 24) % 2 === 0 ? 3 : 4
    const fields = { energy_kwh: kwh + 0.5, energy_low_kwh: kwh - 1, energy_high_kwh: kwh + 1 }
    await fakes.timeSeries.write([
      { measurement: 'energy_hourly', tags: TAGS, time, fields: { energy_kwh: kwh } },
      { measurement: 'energy_forecast', tags: { ...TAGS, lead_time_hours: '1' }, time, fields },
    ])
  }
  const answer = await jsonOf<{ scores: object[] }>(await ask(PATH))
  const { meanKwh, ...shown } = point
  expect(answer).toMatchObject({
    issuedAt: new Date(issuedAt).toISOString().replace('.000', ''),
    modelVersion: 'energy-forecast-1',
    points: [{ ...shown, totalKwh: meanKwh }],
    scores: [{ leadHours: 1, n: 36, rmse: 0.5, mae: 0.5, bias: 0.5, coverage: 1, persistenceRmse: 1, skill: 0.5 }],
  })
})
