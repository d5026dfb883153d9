/**
 * The thermal benchmark: simulated houses with known parameters, richer than any model fitted to them. How close the heat
 * loss coefficient comes and whether its interval holds it; how good forecasts of the indoor temperature are when the
 * weather forecast is wrong, beside the best that anybody could say; how long a fit and an update take.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { estimateState } from '../../src/domain/control/estimate.ts'
import type { FittedModel } from '../../src/domain/thermal/fit.ts'
import { identify } from '../../src/domain/thermal/identify.ts'
import { scoreByLead } from '../../src/domain/thermal/scores.ts'
import { between, type ThermalSeries, thermalSeries } from '../../src/domain/thermal/series.ts'
import { seededRandom } from '../../src/domain/thermal/testing/random.ts'
import { drawHouse, type Simulation, simulateHouse } from '../../src/domain/thermal/testing/simulated-house.ts'
import { forecastWeather } from '../../src/domain/thermal/testing/weather.ts'
import { type IssuedForecast, walkForward } from '../../src/domain/thermal/walk-forward.ts'
import { percentile } from '../measure.ts'
import { benchPlot } from './plot.ts'

const { values: options } = parseArgs({
  options: {
    houses: { type: 'string', default: '40' },
    forecasts: { type: 'string', default: '12' },
    seed: { type: 'string', default: '0' },
    output: { type: 'string' },
    plot: { type: 'string' },
  },
})

/** CPU time of this process, ms: what a fit takes on one core, whatever else the machine does. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const START = Date.UTC(2026, 0, 5)
const SETTLED_DAYS = 28
const QUARTER_MS = 900_000
const SHOWN_LEADS: readonly number[] = [1, 6, 12, 24, 48]

/** Other houses, in other weather: by how many they are apart from the first. */
const SEED = Number(options.seed)

function simulation(house: number, days: number): Simulation {
  const index = house + SEED
  const random = seededRandom(100 + index)
  return simulateHouse(drawHouse(random), {
    start: START,
    seed: index + 1,
    days,
    stepMinutes: 15,
    season: random.uniform(-4, 4),
    sensorNoise: 0.05,
  })
}

const ascending = (values: readonly number[]) => [...values].sort((one, other) => one - other)
const median = (values: readonly number[]) => percentile(ascending(values), 0.5) ?? Number.NaN
const round = (value: number, digits = 4) => Number(value.toPrecision(digits))

function parameterRun(index: number) {
  const { house, samples } = simulation(index, 28)
  const { series } = thermalSeries(samples('power'), 'power')
  const before = cpuMs()
  const { model, parameters, whiteness, accepted } = identify(series)
  const fitMs = cpuMs() - before
  const ua = parameters.uaKwPerK
  if (ua === null || ua.low === null || ua.high === null) throw new Error(`house ${index}: no interval of UA`)
  return {
    row: {
      house: index,
      order: model.structure.order,
      uaTrue: round(house.ua),
      ua: round(ua.value),
      low: round(ua.low),
      high: round(ua.high),
      covered: ua.low <= house.ua && house.ua <= ua.high,
      slowestHours: round(parameters.slowestHours.value, 3),
      whiteness: whiteness === null ? null : round(whiteness, 3),
      accepted,
      fitCpuMs: Math.round(fitMs),
    },
    updates: updateTimes(model, series),
  }
}

/** What a decision does to know where a house stands: its readings of twelve days run through the filter; ms. */
function updateTimes(model: FittedModel, series: ThermalSeries): number[] {
  const times: number[] = []
  for (let day = 12; day <= 28; day += 1) {
    const known = between(series, 96 * (day - 12), 96 * day)
    const before = cpuMs()
    if (estimateState(model, known) === null) throw new Error('the state of a house is not known')
    times.push(cpuMs() - before)
  }
  return times
}

/** A forecast and what the best there is would have said, °C. */
type Judged = IssuedForecast & { readonly ideal: number }

function forecastRun(index: number, heat: 'power' | 'supply'): Judged[] {
  const { weather, samples, ideal } = simulation(index, 42)
  const { series } = thermalSeries(samples(heat), heat)
  // Outdoor temperature and clouds are foreseen wrongly; the wind is as it was.
  const forecast = (issue: number, steps: number) => {
    const { outdoor, irradiance } = forecastWeather(index + SEED + 500, weather, issue, steps)
    const wind = Float64Array.from(
      { length: steps },
      (_, step) => weather.wind[issue + step] ?? weather.wind.at(-1) ?? 0,
    )
    return { outdoor, irradiance, wind }
  }
  const issued = walkForward(series, {
    weather: (issue, steps) => {
      const coming = forecast(issue, steps)
      return { ...coming, irradiance: coming.irradiance.map((watts) => watts / 1000) }
    },
  })
  const best = new Map<number, Float64Array>()
  return issued
    .filter(({ leadHours }) => SHOWN_LEADS.includes(leadHours))
    .map((one) => {
      const step = Math.round((one.issued - START) / QUARTER_MS)
      const path = best.get(step) ?? ideal(step, forecast(step, 48 * 4 + 1))
      best.set(step, path)
      return { ...one, ideal: path[one.leadHours * 4] as number }
    })
}

const rows: ReturnType<typeof parameterRun>['row'][] = []
const updates: number[] = []
for (let index = 0; index < Number(options.houses); index += 1) {
  const { row, updates: times } = parameterRun(index)
  rows.push(row)
  updates.push(...times)
  process.stderr.write(`house ${index}: UA ${row.ua} of ${row.uaTrue}, order ${row.order}, ${row.fitCpuMs} ms\n`)
}
const errors = rows.map(({ ua, uaTrue }) => Math.abs(ua / uaTrue - 1))
const parameters = {
  houses: rows.length,
  uaMedianErrorPercent: round(100 * median(errors), 3),
  ua90PercentileErrorPercent: round(100 * (percentile(ascending(errors), 0.9) ?? Number.NaN), 3),
  uaMeanBiasPercent: round((100 * rows.reduce((sum, { ua, uaTrue }) => sum + ua / uaTrue - 1, 0)) / rows.length, 3),
  intervalCoveragePercent: round((100 * rows.filter(({ covered }) => covered).length) / rows.length, 3),
  accepted: rows.filter(({ accepted }) => accepted).length,
  fitCpuMsMedian: median(rows.map(({ fitCpuMs }) => fitCpuMs)),
  fitCpuMsMax: Math.max(...rows.map(({ fitCpuMs }) => fitCpuMs)),
  updateMsMedian: round(median(updates), 2),
  updateMs99: round(percentile(ascending(updates), 0.99) ?? Number.NaN, 2),
}

const forecasts = (['power', 'supply'] as const).map((heat) => {
  const all: Judged[] = []
  const perHouse: { house: number; rmse24: number; persistence24: number; skill24: number; coverage24: number }[] = []
  for (let index = 0; index < Number(options.forecasts); index += 1) {
    const issued = forecastRun(index, heat)
    all.push(...issued)
    const day = scoreByLead(issued, [24])[0]
    if (day === undefined) throw new Error(`house ${index}: no forecasts 24 h ahead`)
    perHouse.push({
      house: index,
      rmse24: round(day.rmse, 3),
      persistence24: round(day.persistenceRmse, 3),
      skill24: round(day.skill ?? Number.NaN, 3),
      coverage24: round(day.coverage, 3),
    })
    process.stderr.write(
      `forecasts by ${heat}, house ${index}: ${day.rmse.toFixed(3)} K, persistence ${day.persistenceRmse.toFixed(3)} K\n`,
    )
  }
  const leads = scored(all)
  // With four weeks behind them: what a house has once it is no newcomer.
  const settled = scored(all.filter(({ issued }) => issued >= START + SETTLED_DAYS * 86_400_000))
  return { heat, houses: perHouse.length, leads, settled, perHouse }
})

function scored(forecasts: readonly Judged[]) {
  const best = scoreByLead(
    forecasts.map((one) => ({ ...one, mean: one.ideal })),
    SHOWN_LEADS,
  )
  return scoreByLead(forecasts, SHOWN_LEADS).map((score, index) => ({
    leadHours: score.leadHours,
    rmse: round(score.rmse, 3),
    mae: round(score.mae, 3),
    bias: round(score.bias, 2),
    persistenceRmse: round(score.persistenceRmse, 3),
    belowPersistencePercent: round(100 * (score.skill ?? Number.NaN), 3),
    idealRmse: round(best[index]?.rmse ?? Number.NaN, 3),
    idealBelowPersistencePercent: round(100 * (best[index]?.skill ?? Number.NaN), 3),
    coverage80Percent: round(100 * score.coverage, 3),
    n: score.n,
  }))
}

const result = { node: process.version, parameters, forecasts, rows }
const table = new Table({
  head: [
    'known',
    'ahead',
    'RMSE K',
    'persistence K',
    'below %',
    'ideal K',
    'ideal below %',
    'bias K',
    'in 80 % band',
    'n',
  ],
})
for (const { heat, leads, settled } of forecasts) {
  for (const [index, lead] of [...leads, ...settled].entries()) {
    table.push([
      index < leads.length ? heat : `${heat}, after ${SETTLED_DAYS} days`,
      `${lead.leadHours} h`,
      lead.rmse,
      lead.persistenceRmse,
      lead.belowPersistencePercent,
      lead.idealRmse,
      lead.idealBelowPersistencePercent,
      lead.bias,
      `${lead.coverage80Percent} %`,
      lead.n,
    ])
  }
}
process.stdout.write(`${JSON.stringify(parameters, null, 2)}\n${table.toString()}\n`)
if (options.output !== undefined) writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`)
if (options.plot !== undefined) writeFileSync(options.plot, benchPlot(rows, forecasts))
