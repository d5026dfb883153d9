import { describe, expect, test } from 'vitest'
import { referenceForecast } from '../thermal/reference-model.ts'
import { thermalSeries } from '../thermal/series.ts'
import { forecastByRules } from './rules-forecast.ts'

const RULES = { response: 'medium', setpoint: 21, tolerance: 1 } as const
const START = Date.UTC(2026, 0, 5)
const { series } = thermalSeries(
  [0, 1, 2].map((hour) => ({
    time: START + hour * 3_600_000,
    indoor: 19.5,
    outdoor: 0,
    irradiance: null,
    wind: null,
    heat: null,
  })),
  'none',
)

describe('the forecast by rules of thumb', () => {
  test('is theirs hour by hour, from the last reading on', () => {
    const forecast = forecastByRules(RULES, series, new Float64Array(49).fill(-5))
    const path = referenceForecast(RULES, 19.5, new Array<number>(48).fill(-5))
    expect(forecast?.issuedAt).toBe(START + 2 * 3_600_000)
    expect(forecast?.points.map(({ mean }) => mean).slice(0, 24)).toEqual(path.slice(0, 24))
    expect(forecast?.points.at(-1)).toMatchObject({ leadHours: 48, mean: path[47], outdoor: -5 })
  })

  test('grows less sure with the lead', () => {
    const widths = forecastByRules(RULES, series, new Float64Array(49))?.points.map(({ q10, q90 }) => q90 - q10) ?? []
    expect(widths).toEqual([...widths].sort((one, other) => one - other))
  })

  test('ends where the weather forecast ends, and is none without one or without the room', () => {
    expect(forecastByRules(RULES, series, new Float64Array(7))?.points).toHaveLength(6)
    expect(forecastByRules(RULES, series, new Float64Array(0))).toBeNull()
    const unknown = { ...series, indoor: series.indoor.map(() => Number.NaN) }
    expect(forecastByRules(RULES, unknown, new Float64Array(49))).toBeNull()
  })
})
