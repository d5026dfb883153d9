/** Tells what steering has saved in one house, from what is stored about it. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import type { ControlStep } from '../../domain/savings/applied-shift.ts'
import type { SavingsTask } from '../../domain/savings/evaluate.ts'
import type { SavingsDay } from '../../domain/savings/savings-day.ts'
import { addDays, dayEnd, dayLabel, dayStart, timeToLabel } from '../../domain/time/day.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { FieldValue, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { type HouseModels, modelsOf, type StoredVersion, versionInUse } from '../thermal/house-models.ts'
import { readHouseSamples, type TimeRange } from '../thermal/house-samples.ts'
import type { SavingsHouse } from './savings-house.ts'
import { readSavings, savingsPoint } from './savings-rows.ts'

/** Days that are told when they have not been yet. */
const TOLD_DAYS = 28
/** The last days are told again every night: meter values come late, and models get better. */
const TOLD_AGAIN_DAYS = 7
/** Days of readings before the first one: until then a house has forgotten what was before. */
const LEAD_DAYS = 14
/** Standard error of a heat loss coefficient whose interval nobody knows, share. */
const USUAL_HEAT_LOSS_ERROR = 0.1
/** Standard errors from end to end of a 95 % interval. */
const INTERVAL_WIDTH = 3.92

export interface SavingsDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write' | 'latest'>
  readonly application: Pick<ApplicationStore, 'getDocument'>
  readonly compute: Pick<ComputePool, 'run'>
  readonly now: () => number
}

/** @returns the days that were told; none for a house that has not been steered, or has no model that can tell */
export async function evaluateHouse(
  dependencies: SavingsDependencies,
  house: SavingsHouse,
  signal?: AbortSignal,
): Promise<readonly SavingsDay[]> {
  const { timeSeries, application, compute, now } = dependencies
  const today = dayLabel(now())
  const first = addDays(today, -TOLD_DAYS)
  const range = { from: dayStart(addDays(first, -LEAD_DAYS)), to: dayEnd(addDays(today, -1)) }
  const control = await readControl(timeSeries, house.id, range)
  if (control.length === 0) return []
  const found = tellingModel(await modelsOf(application, house.id))
  if (!found.tells) return []
  const { version, uncertainty } = found
  const told = new Set((await readSavings(timeSeries, house.id, first, today)).map(({ date }) => date))
  const dates = Array.from({ length: TOLD_DAYS }, (_, day) => addDays(first, day)).filter(
    (date) => date >= addDays(today, -TOLD_AGAIN_DAYS) || !told.has(date),
  )
  const [{ samples }, metered, effectiveTemperature, heatLoss] = await Promise.all([
    readHouseSamples(timeSeries, house, range, version.heatSource),
    readMetered(timeSeries, house.id, range),
    readEffectiveTemperatures(timeSeries, house.id, range),
    readHeatLoss(timeSeries, house),
  ])
  const task: SavingsTask = {
    samples,
    model: version.training.trained.model,
    modelVersion: version.version,
    uncertainty,
    emission: { waterGain: version.water.gain, exponent: house.emitterExponent },
    control,
    metered,
    heatLoss,
    effectiveTemperature,
    tolerance: house.rules.tolerance,
    setpoint: house.rules.setpoint,
    dates,
  }
  const days = await compute.run('savingsOf', task, signal)
  await timeSeries.write(days.map((day) => savingsPoint(house.id, day)))
  return days
}

export type TellingModel =
  | { readonly tells: true; readonly version: StoredVersion; readonly uncertainty: SavingsTask['uncertainty'] }
  | {
      readonly tells: false
      /** Why savings cannot be told, one sentence. */
      readonly reason: string
    }

/** The model in use, when it can say what another heat curve would have meant. */
export function tellingModel(models: HouseModels | undefined): TellingModel {
  const version = versionInUse(models)
  if (version === undefined) return { tells: false, reason: models?.reason ?? 'No model has been fitted yet.' }
  const { trained, identification, uncertainty } = version.training
  if (trained.heatInput !== 'supply') {
    return { tells: false, reason: 'Nobody measures the supply temperature, so what a heat curve does is not known.' }
  }
  if (!identification.accepted) {
    const why = [...identification.implausible, ...identification.excitation.reasons][0]
    return { tells: false, reason: why ?? 'The model of the house is not sure enough.' }
  }
  if (uncertainty == null) {
    return {
      tells: false,
      reason: 'How sure the model is was not kept with it; the next fit, within a week, keeps it.',
    }
  }
  return { tells: true, version, uncertainty }
}

type Reader = Pick<TimeSeriesStore, 'read'>

const ACTIONS = ['write', 'keep', 'restore'] as const satisfies readonly ControlStep['action'][]

/** Decisions of the modes that write, ascending. */
export async function readControl(timeSeries: Reader, id: string, range: TimeRange): Promise<ControlStep[]> {
  const rows = await timeSeries.read({
    measurement: 'heating_control',
    tags: { [ENTITY_TAG.house]: id },
    fields: ['mode', 'action', 'shift_k', 'verified'],
    ...range,
  })
  return rows.flatMap(({ time, fields }) => {
    const action = ACTIONS.find((known) => known === fields.action)
    const steered = fields.mode === 'rules' || fields.mode === 'optimise'
    if (!steered || action === undefined || typeof fields.shift_k !== 'number') return []
    return [{ time, action, shiftK: fields.shift_k, verified: fields.verified === 1 }]
  })
}

/** Whole days whose space heating is told apart from hot water. */
async function readMetered(timeSeries: Reader, id: string, range: TimeRange): Promise<SavingsTask['metered']> {
  const rows = await timeSeries.read({
    measurement: 'energy_separated',
    tags: { [ENTITY_TAG.house]: id },
    fields: ['heating_energy_kwh', 'dhw_low_kwh', 'dhw_high_kwh', 'complete', 'no_breakdown'],
    ...range,
  })
  return Object.fromEntries(
    rows.flatMap(({ time, fields }) => {
      const { heating_energy_kwh: heatingKwh, dhw_low_kwh: low, dhw_high_kwh: high } = fields
      if (typeof heatingKwh !== 'number' || heatingKwh <= 0 || fields.complete !== 1 || fields.no_breakdown === 1) {
        return []
      }
      const width = typeof low === 'number' && typeof high === 'number' ? high - low : 0
      return [[timeToLabel(time), { heatingKwh, error: width / INTERVAL_WIDTH / heatingKwh }]]
    }),
  )
}

async function readEffectiveTemperatures(
  timeSeries: Reader,
  id: string,
  range: TimeRange,
): Promise<Record<string, number>> {
  const rows = await timeSeries.read({
    measurement: 'heating_system',
    tags: { [ENTITY_TAG.house]: id },
    fields: ['effective_temp'],
    ...range,
    every: '1d',
    aggregate: 'mean',
  })
  return Object.fromEntries(
    rows.flatMap(({ time, fields: { effective_temp: value } }) =>
      typeof value === 'number' ? [[timeToLabel(time), value]] : [],
    ),
  )
}

async function readHeatLoss(
  timeSeries: Pick<TimeSeriesStore, 'latest'>,
  { id, heatLossK }: SavingsHouse,
): Promise<SavingsTask['heatLoss']> {
  if (heatLossK === null) return null
  const fields = (await timeSeries.latest('k_value_history', { [ENTITY_TAG.house]: id }))?.fields ?? {}
  const [low, high] = [numberOf(fields.k_low), numberOf(fields.k_high)]
  const error = low === null || high === null ? USUAL_HEAT_LOSS_ERROR : (high - low) / INTERVAL_WIDTH / heatLossK
  return { kwPerK: heatLossK, error }
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
