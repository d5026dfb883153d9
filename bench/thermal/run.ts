/**
 * The thermal benchmark: simulated houses with known parameters, richer than any model fitted to them. How close the heat
 * loss coefficient comes and whether its interval holds it; how good forecasts of the indoor temperature are when the
 * weather forecast is wrong; how long a fit and an update take.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { identify } from '../../src/domain/thermal/identify.ts'
import { beginOnline, observe } from '../../src/domain/thermal/online.ts'
import { scoreByLead } from '../../src/domain/thermal/scores.ts'
import { type ThermalSeries, thermalSeries, timeAt } from '../../src/domain/thermal/series.ts'
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

function simulation(index: number, days: number): Simulation {
  const random = seededRandom(100 + index)
  const house = drawHouse(random)
  return simulateHouse(house, {
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

function updateTimes(model: Parameters<typeof observe>[0], series: ThermalSeries): number[] {
  const reading = (k: number) => ({
    time: timeAt(series, k),
    indoor: series.indoor[k] ?? null,
    outdoor: series.outdoor[k] ?? null,
    irradiance: series.irradiance[k] ?? null,
    wind: series.wind[k] ?? null,
    heat: series.heat[k] ?? null,
  })
  let state = beginOnline(model, reading(0))
  const times: number[] = []
  for (let k = 1; state !== null && k < 200; k += 1) {
    const before = performance.now()
    state = observe(model, state, reading(k))
    times.push(performance.now() - before)
  }
  return times
}

function forecastRun(index: number, heat: 'power' | 'supply'): IssuedForecast[] {
  const { weather, samples } = simulation(index, 42)
  const { series } = thermalSeries(samples(heat), heat)
  return walkForward(series, {
    weather: (issue, steps) => {
      const forecast = forecastWeather(index + 500, weather, issue, steps)
      return { outdoor: forecast.outdoor, irradiance: forecast.irradiance.map((watts) => watts / 1000) }
    },
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
  const all: IssuedForecast[] = []
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

function scored(forecasts: readonly IssuedForecast[]) {
  return scoreByLead(forecasts, [1, 6, 12, 24, 48]).map((score) => ({
    leadHours: score.leadHours,
    rmse: round(score.rmse, 3),
    mae: round(score.mae, 3),
    bias: round(score.bias, 2),
    persistenceRmse: round(score.persistenceRmse, 3),
    belowPersistencePercent: round(100 * (score.skill ?? Number.NaN), 3),
    coverage80Percent: round(100 * score.coverage, 3),
    n: score.n,
  }))
}

const result = { node: process.version, parameters, forecasts, rows }
const table = new Table({
  head: ['known', 'ahead', 'RMSE K', 'persistence K', 'below %', 'bias K', 'in 80 % band', 'n'],
})
for (const { heat, leads, settled } of forecasts) {
  for (const [index, lead] of [...leads, ...settled].entries()) {
    table.push([
      index < leads.length ? heat : `${heat}, after ${SETTLED_DAYS} days`,
      `${lead.leadHours} h`,
      lead.rmse,
      lead.persistenceRmse,
      lead.belowPersistencePercent,
      lead.bias,
      `${lead.coverage80Percent} %`,
      lead.n,
    ])
  }
}
process.stdout.write(`${JSON.stringify(parameters, null, 2)}\n${table.toString()}\n`)
if (options.output !== undefined) writeFileSync(options.output, `${JSON.stringify(result, null, 2)}\n`)
if (options.plot !== undefined) writeFileSync(options.plot, benchPlot(rows, forecasts))
