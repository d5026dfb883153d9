/** Whether an inertia test may be run with a house, and what it would do: everything it follows from, gathered. */
import type { HouseConfig } from '../../config/house.ts'
import type { CallOptions, HouseReading } from '../../connectors/homeside/index.ts'
import { type DecisionInputs, FRESH_RULES_STATE, type TenPoints } from '../../domain/control/decision.ts'
import { type InertiaPlan, planOf } from '../../domain/inertia/plan.ts'
import { type Objection, objectionsTo, type TestFacts } from '../../domain/inertia/preconditions.ts'
import { chooseWindow, type TestWindow } from '../../domain/inertia/window.ts'
import type { InertiaOptions } from '../../domain/inertia/wish.ts'
import {
  type ControlRecord,
  captureBaseline,
  isLive,
  isRefusal,
  needsRestore,
  startingCurve,
} from '../../domain/safety/house-control.ts'
import { isUnderWay, plannedEnd } from '../../domain/savings/trial.ts'
import { dayLabel } from '../../domain/time/day.ts'
import { trialOf } from '../savings/trials.ts'
import { decisionInputs } from './decision-inputs.ts'
import { profileOf, steers } from './house-turn.ts'
import type { SteeringDependencies } from './steer.ts'
import { controllerReading } from './transactions.ts'

const HOUR_MS = 3_600_000

export interface Judgement {
  readonly objections: readonly Objection[]
  readonly plan: InertiaPlan | null
  /** Room target of the controller, °C; null when it did not say. */
  readonly setpoint: number | null
}

/** @param window as it was approved; null to look for one */
export async function judgeTest(
  dependencies: SteeringDependencies,
  id: string,
  {
    record,
    options,
    window,
  }: {
    readonly record: ControlRecord
    readonly options: InertiaOptions
    readonly window: TestWindow | null
  },
  call: CallOptions,
): Promise<Judgement> {
  const { config, now } = dependencies
  const { profile, origin } = await profileOf(config, id)
  const time = now()
  const seen = await lastReading(dependencies, id, time)
  const atController = await dependencies.homeSideClient({ id, origin }).read(call)
  const reading = { ...atController, fields: seen.fields, asOf: { room_temperature: seen.readAt } }
  const trial = await trialOf(dependencies.application, id)
  const found = baselineOf(record, atController, time)
  const inputs = await testInputs(dependencies, {
    id,
    config: profile,
    reading,
    time,
    baselineCurve: 'curve' in found ? found.curve : NO_CURVE,
    presentCurve: 'curve' in found ? found.curve : NO_CURVE,
  })
  const { forecast, indoor } = inputs
  const chosen = window ?? (forecast === null ? null : chooseWindow(forecast, { now: time, ...options, ...inputs }))
  const fits = chosen !== null && !isRefusal(chosen)
  const plan = 'curve' in found && indoor !== null && fits ? planOf({ ...inputs, indoor }, chosen, options) : null
  const facts: TestFacts = {
    held: holderOf(record, time),
    steerable: record.steerable,
    curveProblem: 'refused' in found ? found.refused : null,
    indoor,
    indoorAgeMinutes: inputs.indoorAgeMinutes ?? 0,
    setpoint: inputs.setpoint,
    tolerance: inputs.tolerance,
    floor: inputs.limits.floor,
    forecastAgeHours: forecast === null ? null : (time - forecast.issuedAt) / HOUR_MS,
    allowedCutK: plan?.cutK ?? null,
    awayMode: seen.awayMode,
    trialUntil: trial !== undefined && isUnderWay(trial, dayLabel(time)) ? plannedEnd(trial) : null,
  }
  const weather: Objection[] =
    chosen !== null && isRefusal(chosen)
      ? [{ about: options.force ? 'safety' : 'quality', code: 'Weather', sentence: chosen.refused }]
      : []
  const { setPoint: setpoint } = atController.control
  return { objections: [...objectionsTo(facts, options.dropK), ...weather], plan, setpoint }
}

/** Stands in where no curve could be read, so that everything else can be judged all the same. */
const NO_CURVE: TenPoints = Array.from({ length: 10 }, () => 30)

/** What a decision would follow from; `time` is epoch milliseconds. */
export async function testInputs(
  dependencies: SteeringDependencies,
  house: {
    readonly id: string
    readonly config: HouseConfig
    readonly reading: Pick<HouseReading, 'fields' | 'asOf' | 'control'>
    readonly time: number
    readonly baselineCurve: TenPoints
    readonly presentCurve: TenPoints
  },
): Promise<DecisionInputs> {
  const { id, config, time } = house
  const [forecast, price, learned] = await Promise.all([
    dependencies.forecastFor(config, time),
    dependencies.priceFor(id, config, time),
    dependencies.modelOf(id, time),
  ])
  return decisionInputs({ ...house, mode: 'shadow', forecast, price, learned, rulesState: FRESH_RULES_STATE })
}

/** The curve before control: kept from the take-over where the house is held, else as a take-over would find it. */
function baselineOf(
  record: ControlRecord,
  atController: HouseReading,
  time: number,
): { readonly curve: TenPoints } | { readonly refused: string } {
  if (record.baseline !== null) return { curve: startingCurve(record.baseline) }
  const captured = captureBaseline(record, controllerReading(atController), time)
  return isRefusal(captured) ? captured : { curve: startingCurve(captured) }
}

function holderOf(record: ControlRecord, time: number): TestFacts['held'] {
  if (record.phase === 'free') return 'no'
  if (needsRestore(record, time)) return 'restoring'
  if (record.test !== null) return 'by-test'
  return isLive(record, time) && steers(record.mode) ? 'by-mode' : 'by-person'
}

/** The last stored reading: the room is measured by the sensor the profile names, which the controller does not know. */
async function lastReading({ application }: SteeringDependencies, id: string, time: number) {
  const row = await application.getStatus({ kind: 'house', id })
  const fields: Record<string, number> = {}
  for (const [field, value] of Object.entries(row?.lastReading ?? {})) {
    if (typeof value === 'number') fields[field] = value
  }
  return { fields, readAt: row?.lastGoodAt ?? time, awayMode: fields.away_mode === 1 }
}
