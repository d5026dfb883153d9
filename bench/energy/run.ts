/**
 * `npm run bench:energy -- --seed N --output FILE --plot FILE.svg`: simulated homes over a Swedish year with known truth,
 * split and measured by BVPro and by the method before it, in the same run. Prints tables and, last, one JSON document.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { estimateHeatLoss } from '../../src/domain/energy/heat-loss.ts'
import { decideHeatLoss } from '../../src/domain/energy/heat-loss-acceptance.ts'
import type { EnergyHour } from '../../src/domain/energy/hours.ts'
import { separateEnergy } from '../../src/domain/energy/separation.ts'
import { scoreSeparation } from '../../src/domain/energy/separation-score.ts'
import { existingMethod } from './existing-method.ts'
import { benchmarkHomes } from './homes.ts'
import { plotOf } from './plot.ts'
import { type HomeHours, simulateHome } from './simulate.ts'
import { type HomeResult, summaryOf } from './summary.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    output: { type: 'string' },
    plot: { type: 'string' },
  },
})
const seed = Number(values.seed)
if (!Number.isInteger(seed) || seed < 0) throw new RangeError(`--seed wants a whole number, not "${values.seed}"`)

/** Twenty-one days from the middle of January. */
const WINTER = { from: 14 * 24, to: 35 * 24 }

function hoursOf(home: HomeHours): EnergyHour[] {
  return home.times.map((time, index) => ({
    time,
    energyKwh: home.energyKwh[index] ?? null,
    outdoorTemperature: home.outdoorTemperature[index] ?? null,
    indoorTemperature: home.indoorTemperature[index] ?? null,
    globalIrradiance: home.globalIrradiance[index] ?? null,
    windSpeed: home.windSpeed[index] ?? null,
    hotWaterTemperature: home.hotWaterTemperature[index] ?? null,
  }))
}

function measure(simulated: HomeHours): HomeResult {
  const { home } = simulated
  const hours = hoursOf(simulated)
  const place = home.place
  const began = process.cpuUsage()
  const separation = separateEnergy(hours, { place })
  const spent = process.cpuUsage(began)
  const milliseconds = (spent.user + spent.system) / 1000
  const byTime = (kwh: readonly number[]) => new Map(simulated.times.map((time, index) => [time, kwh[index] as number]))
  const scores = scoreSeparation(separation, byTime(simulated.trueHeatingKwh), byTime(simulated.trueDhwKwh))
  const heatLoss = estimateHeatLoss(hours, { place, separation })
  const winter = estimateHeatLoss(hours.slice(WINTER.from, WINTER.to), { place })
  const existing = existingMethod(simulated)
  const truth = simulated.trueHeatLossKwPerK
  const error = (k: number | null) => (k === null ? null : k / truth - 1)
  const covers = (low: number | null, high: number | null) =>
    low === null || high === null ? null : low <= truth && truth <= high
  const trueDhw = simulated.trueDhwKwh.reduce((sum, kwh) => sum + kwh, 0)
  const trueHeating = simulated.trueHeatingKwh.reduce((sum, kwh) => sum + kwh, 0)
  return {
    name: home.name,
    emitter: home.emitter,
    office: home.office,
    people: home.people,
    circulationKw: home.circulation,
    setbackK: home.setback,
    meterStepKwh: home.quantum,
    obstacle: home.obstacle,
    separable: separation.separable,
    reasonCode: separation.reasonCode,
    milliseconds,
    trueDhwShare: trueDhw / (trueDhw + trueHeating),
    dhwShare: separation.dhwShare,
    dhwShareErrorPp: scores.dhwShareErrorPp ?? null,
    dhwShareCovered: scores.dhwShareCovered ?? null,
    heatingCvrmse: scores.heatingCvrmse ?? null,
    trueKwPerK: truth,
    kwPerK: heatLoss.kwPerK,
    kError: error(heatLoss.kwPerK),
    kCovered: covers(heatLoss.low, heatLoss.high),
    kAccepted: decideHeatLoss(heatLoss, { inForceKwPerK: null }).accepted,
    winterDays: winter.daysUsed,
    winterKError: error(winter.kwPerK),
    winterKCovered: covers(winter.low, winter.high),
    winterKAccepted: decideHeatLoss(winter, { inForceKwPerK: null }).accepted,
    existingDhwShare: existing?.dhwShare ?? null,
    existingKError: error(existing?.kwPerK ?? null),
  }
}

const homes = benchmarkHomes(seed)
// The first homes warm the compiler up; their times would be its.
for (const home of homes.slice(0, 3)) separateEnergy(hoursOf(simulateHome(home)))
const results = homes.map((home) => measure(simulateHome(home)))
const summary = summaryOf(results)

const percent = (value: number | null, digits = 1) => (value === null ? '' : (value * 100).toFixed(digits))
const table = new Table({
  head: ['home', 'step', 'DHW %', 'found', 'existing', 'CVRMSE', 'k error %', 'existing', '21 days'],
  style: { head: [], border: [], compact: true },
})
for (const result of results) {
  table.push([
    result.name,
    String(result.meterStepKwh),
    percent(result.trueDhwShare),
    result.separable ? percent(result.dhwShare) : (result.reasonCode ?? 'refused'),
    percent(result.existingDhwShare),
    result.heatingCvrmse?.toFixed(3) ?? '',
    percent(result.kError),
    percent(result.existingKError),
    percent(result.winterKError),
  ])
}
console.log(table.toString())
const figures = new Table({
  head: ['figure', 'BVPro', 'existing', 'wanted'],
  style: { head: [], border: [], compact: true },
})
for (const { figure, value, existing, wanted } of summary.figures) figures.push([figure, value, existing ?? '', wanted])
console.log(figures.toString())

const document = { benchmark: 'energy', seed, node: process.version, summary: summary.numbers, homes: results }
const text = JSON.stringify(
  document,
  (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value),
  1,
)
if (values.output !== undefined) await writeFile(values.output, `${text}\n`)
if (values.plot !== undefined) await writeFile(values.plot, plotOf(results))
console.log(JSON.stringify(summary.numbers))
