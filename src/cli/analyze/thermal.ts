/** `bvpro analyze thermal FILE.csv`: the building model a file of measurements supports, and how well it foretells. */
import { basename } from 'node:path'
import type { Command } from 'commander'
import writeFileAtomic from 'write-file-atomic'
import { analyseThermal, type ThermalAnalysis } from '../../domain/thermal/analyse.ts'
import type { Estimate } from '../../domain/thermal/parameters.ts'
import { type Cleaning, type ThermalSeries, thermalSeries } from '../../domain/thermal/series.ts'
import type { IssuedForecast } from '../../domain/thermal/walk-forward.ts'
import { printJson, renderTable, type Terminal } from '../terminal.ts'
import { readSeries } from './csv.ts'
import { type PlaceOptions, placeOf, placeOptions } from './place-options.ts'
import { type ThermalInput, thermalInput } from './thermal-input.ts'
import { thermalPlot } from './thermal-plot.ts'

interface Options extends PlaceOptions {
  readonly json?: true
  readonly predictions?: string
  readonly plot?: string
}

export function addThermalAnalysis(analyze: Command, terminal: Terminal): void {
  const command = analyze
    .command('thermal')
    .description('fit a building model and score its forecasts of the indoor temperature')
    .argument(
      '<file>',
      'CSV with time, indoor_temperature, outdoor_temperature and any of heat_power_kw, energy_kwh, supply_temperature, return_temperature, global_irradiance, wind_speed, setpoint',
    )
    .option('--json', 'print JSON')
    .option('--predictions <file>', 'write every forecast: issued,time,lead_hours,mean,q10,q90')
    .option('--plot <file>', 'write a picture (SVG)')
  placeOptions(command).action((file: string, options: Options) => analyse(terminal, file, options))
}

async function analyse(terminal: Terminal, file: string, options: Options): Promise<void> {
  const { place, zone } = placeOf(options)
  const input = thermalInput(await readSeries(file), file, place)
  const { series, cleaning } = thermalSeries(input.samples, input.heatInput, input.heatIncludesHotWater)
  const analysis = analyseThermal(series, zone)
  if (options.predictions !== undefined) await writeFileAtomic(options.predictions, predictionsCsv(analysis.forecasts))
  if (options.plot !== undefined) await writeFileAtomic(options.plot, thermalPlot(basename(file), analysis.forecasts))
  const summary = summarise(input, series, cleaning, analysis)
  if (options.json) printJson(terminal, summary)
  else terminal.print(describe(terminal, summary))
}

function predictionsCsv(forecasts: readonly IssuedForecast[]): string {
  const lines = forecasts.map(({ issued, time, leadHours, mean, q10, q90 }) =>
    [instant(issued), instant(time), leadHours, mean.toFixed(3), q10.toFixed(3), q90.toFixed(3)].join(','),
  )
  return `${['issued,time,lead_hours,mean,q10,q90', ...lines].join('\n')}\n`
}

type Summary = ReturnType<typeof summarise>

function summarise(input: ThermalInput, series: ThermalSeries, cleaning: Cleaning, analysis: ThermalAnalysis) {
  const { identification } = analysis
  const parameters = identification?.parameters
  return {
    order: identification?.model.structure.order ?? null,
    accepted: identification?.accepted ?? false,
    reason: analysis.reason,
    heatSource: input.heatSource,
    irradianceSource: input.irradianceSource,
    stepMinutes: series.stepHours * 60,
    fitted: {
      from: instant(analysis.fittedFrom),
      to: instant(analysis.fittedTo),
      readings: identification?.readings ?? 0,
      coarse: identification?.coarse ?? null,
    },
    parameters:
      parameters === undefined
        ? null
        : {
            uaKwPerK: interval(parameters.uaKwPerK),
            timeConstantsHours: parameters.timeConstantsHours.map(brief),
            slowestTimeConstantHours: interval(parameters.slowestHours),
            solarApertureM2: interval(parameters.solarApertureM2),
            solarLiftKPerWm2: interval(parameters.solarLift),
            capacityKwhPerK: interval(parameters.capacityKwhPerK),
            gainsKw: interval(parameters.gainsKw),
            windLossPerMetrePerSecond: interval(parameters.windPerMetrePerSecond),
            emitterToLossRatio: interval(parameters.emitterRatio),
          },
    residualTest: {
      name: 'Ljung-Box, 20 lags',
      whiteness: identification?.whiteness == null ? null : brief(identification.whiteness),
    },
    trials: (identification?.trials ?? []).map((trial) => ({
      order: trial.order,
      logLikelihood: brief(trial.logLikelihood),
      likelihoodRatioP: trial.likelihoodRatioP === null ? null : brief(trial.likelihoodRatioP),
      heldOutRmse24h: trial.heldOutRmse === null ? null : brief(trial.heldOutRmse),
    })),
    excitation: identification?.excitation.enough ? ('enough' as const) : ('insufficient' as const),
    excitationReasons: identification?.excitation.reasons ?? [],
    implausible: identification?.implausible ?? [],
    scores: analysis.scores.map(({ leadHours, rmse, mae, bias, persistenceRmse, skill, coverage, pinball, n }) => ({
      leadHours,
      rmse: brief(rmse),
      mae: brief(mae),
      bias: brief(bias),
      persistenceRmse: brief(persistenceRmse),
      skill: skill === null ? null : brief(skill),
      coverage80: brief(coverage),
      pinball: brief(pinball),
      n,
    })),
    forecastWeather: 'as measured',
    leftOut: {
      outOfRange: cleaning.outOfRange,
      spikes: cleaning.spikes,
      stuck: cleaning.stuck,
      missingIndoorShare: brief(cleaning.missingIndoor),
      missingOutdoorShare: brief(cleaning.missingOutdoor),
      missingHeatShare: brief(cleaning.missingHeat),
    },
    notes: input.notes,
  }
}

function interval(estimate: Estimate | null | undefined) {
  if (estimate === null || estimate === undefined) return null
  const { value, low, high } = estimate
  return {
    value: brief(value),
    low: low === null ? null : brief(low),
    high: high === null ? null : brief(high),
  }
}

/** Four significant digits: no estimate is better than that. */
function brief(value: number): number {
  return Number(value.toPrecision(4))
}

function instant(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z')
}

function describe(terminal: Terminal, summary: Summary): string {
  const { parameters } = summary
  if (summary.order === null || parameters === null) return `No model: ${summary.reason}`
  const named: readonly (readonly [string, ReturnType<typeof interval>, string])[] = [
    ['heat loss coefficient', parameters.uaKwPerK, 'kW/K'],
    ['heat capacity', parameters.capacityKwhPerK, 'kWh/K'],
    ['slowest time constant', parameters.slowestTimeConstantHours, 'h'],
    ['solar aperture', parameters.solarApertureM2, 'm²'],
    ['constant gains', parameters.gainsKw, 'kW'],
    ['emitter over losses', parameters.emitterToLossRatio, ''],
  ]
  const rows = named.map(([name, estimate, unit]) => [
    name,
    estimate === null ? 'unknown' : `${estimate.value} ${unit}`,
    estimate?.low == null || estimate.high === null ? '' : `${estimate.low} to ${estimate.high}`,
  ])
  const scores = summary.scores.map(({ leadHours, rmse, mae, bias, persistenceRmse, coverage80, n }) => [
    `${leadHours} h`,
    ...[rmse, mae, bias, persistenceRmse].map((value) => value.toFixed(2)),
    `${Math.round(100 * coverage80)} %`,
    `${n}`,
  ])
  const remarks = [...summary.excitationReasons, ...summary.implausible, ...summary.notes]
  return [
    `Model with ${summary.order} temperature${summary.order === 1 ? '' : 's'}, time constants ${parameters.timeConstantsHours.join(', ')} h; excitation ${summary.excitation}; residuals white with p = ${summary.residualTest.whiteness ?? 'unknown'}.`,
    renderTable(terminal, ['Parameter', 'Value', '95 % interval'], rows),
    summary.scores.length === 0
      ? 'No forecasts could be scored.'
      : renderTable(terminal, ['Ahead', 'RMSE K', 'MAE K', 'Bias K', 'Persistence K', 'In 80 % band', 'n'], scores),
    ...remarks,
  ].join('\n')
}
