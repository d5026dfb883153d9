/** Steers a plant in one of the modes: from what its sensors and its forecast show to a decision at every step. */

import { LEAST_FORECAST_HOURS } from '../../domain/control/conditions.ts'
import { decide } from '../../domain/control/decide.ts'
import {
  type ControlLimits,
  type DecidingMode,
  type Decision,
  type DecisionInputs,
  FRESH_RULES_STATE,
  type HeatPrice,
  type HeldBack,
  type TenPoints,
  type WeatherForecast,
} from '../../domain/control/decision.ts'
import { type LearnedModel, steeringModel } from './learning.ts'
import type { CurveChoice, Moment, StepRecord } from './run.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface SteeringOptions {
  readonly mode: DecidingMode
  readonly baseline: TenPoints
  readonly setpoint: number
  readonly band: { readonly low: number; readonly high: number }
  readonly limits: ControlLimits
  readonly learned: LearnedModel | null
  /** Per kWh; null takes the plant's forecast of it. */
  readonly price: ((time: number) => number) | null
}

export interface SteeringTally {
  decisions: number
  readonly by: Record<Decision['by'], number>
  readonly degraded: Record<Decision['degraded'], number>
  readonly heldBack: Record<HeldBack, number>
  slowestMs: number
  totalMs: number
  lastReason: Decision['reason'] | null
}

/** @param records of the run, growing; the newest is the present @param now for the time decisions take, ms */
export function steer(
  options: SteeringOptions,
  records: readonly StepRecord[],
  now: () => number,
): { choose: CurveChoice; tally: SteeringTally } {
  const { baseline, band, setpoint } = options
  let present: TenPoints = baseline
  let room: { readonly value: number; readonly time: number } | null = null
  let rulesState = FRESH_RULES_STATE
  const tally: SteeringTally = {
    decisions: 0,
    by: { plan: 0, rules: 0, baseline: 0 },
    degraded: { none: 0, 'no-indoor': 0, 'no-forecast': 0, 'below-floor': 0, 'poor-model': 0 },
    heldBack: { alone: 0, step: 0, bound: 0, small: 0 },
    slowestMs: 0,
    totalMs: 0,
    lastReason: null,
  }
  const choose: CurveChoice = (moment) => {
    const begun = now()
    const { indoorTemperature } = moment.outputs
    if (indoorTemperature !== null) room = { value: indoorTemperature, time: moment.time }
    const inputs: DecisionInputs = {
      time: moment.time,
      mode: options.mode,
      baselineCurve: baseline,
      presentCurve: present,
      setpoint,
      tolerance: Math.max(0.1, Math.min(setpoint - band.low, band.high - setpoint)),
      band,
      indoor: room?.value ?? null,
      indoorAgeMinutes: room === null ? null : (moment.time - room.time) / MINUTE_MS,
      outdoor: moment.outdoor,
      supply: moment.outputs.supplyTemperature,
      return_: moment.outputs.returnTemperature,
      forecast: weatherOf(moment, records, options.learned),
      price: priceOf(moment, options.price),
      limits: options.limits,
      model: options.learned === null ? null : steeringModel(options.learned, records),
      modelVersion: null,
      rulesState,
    }
    const decision = decide(inputs)
    const took = now() - begun
    tally.decisions += 1
    tally.by[decision.by] += 1
    tally.degraded[decision.degraded] += 1
    for (const limit of decision.heldBack) tally.heldBack[limit] += 1
    tally.slowestMs = Math.max(tally.slowestMs, took)
    tally.totalMs += took
    tally.lastReason = decision.reason
    rulesState = decision.nextRulesState
    if (options.mode === 'shadow') return baseline
    present = decision.curve
    return present
  }
  return { choose, tally }
}

/** Irradiance the forecast does not have is that of the same hour a day before, as far as it was shown. */
function weatherOf(
  { forecast }: Moment,
  records: readonly StepRecord[],
  learned: LearnedModel | null,
): WeatherForecast | null {
  if (forecast === null) return null
  const { time, outdoorTemperature, globalIrradiance } = forecast.values
  const lift = learned?.model.structure.solar === true ? learned.model.values.aperture / 1000 : 0
  const usual = globalIrradiance.some((value) => value === null) ? irradianceByHour(records) : null
  const points = time.flatMap((at, index) => {
    const outdoor = outdoorTemperature[index] ?? null
    if (outdoor === null) return []
    const irradiance = globalIrradiance[index] ?? usual?.[hourOf(at)] ?? null
    return [{ time: at, outdoor, irradiance, wind: null, effective: outdoor + lift * (irradiance ?? 0) }]
  })
  points.sort((one, other) => one.time - other.time)
  const last = points.at(-1)
  // A forecast in another time than the plant's clock is none.
  if (last === undefined || last.time < forecast.issuedAt + LEAST_FORECAST_HOURS * HOUR_MS) return null
  return { issuedAt: forecast.issuedAt, points }
}

function irradianceByHour(records: readonly StepRecord[]): (number | null)[] {
  const sums = new Array<number>(24).fill(0)
  const counts = new Array<number>(24).fill(0)
  const last = records.at(-1)?.time ?? 0
  for (let index = records.length - 1; index >= 0; index -= 1) {
    const { time, outputs } = records[index] as StepRecord
    if (time < last - 3 * DAY_MS) break
    if (outputs.globalIrradiance === null) continue
    const hour = hourOf(time)
    sums[hour] = (sums[hour] as number) + outputs.globalIrradiance
    counts[hour] = (counts[hour] as number) + 1
  }
  return sums.map((sum, hour) => ((counts[hour] as number) > 0 ? sum / (counts[hour] as number) : null))
}

function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS) % 24
}

function priceOf(moment: Moment, given: ((time: number) => number) | null): HeatPrice | null {
  const none = { perPeakKw: 0, peakKw: null, perReturnK: 0 }
  if (given !== null) {
    const hour = Math.floor(moment.time / HOUR_MS) * HOUR_MS
    const points = Array.from({ length: 50 }, (_, ahead) => {
      const time = hour + ahead * HOUR_MS
      return { time, perKwh: given(time) }
    })
    return { points, ...none }
  }
  const values = moment.forecast?.values
  if (values === undefined) return null
  const points = values.time.flatMap((time, index) => {
    const perKwh = values.price[index] ?? null
    return perKwh === null ? [] : [{ time, perKwh }]
  })
  return points.length === 0 ? null : { points, ...none }
}
