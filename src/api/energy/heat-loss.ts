/** The heat loss coefficient in force for an entity, and the newest calculation of it. */
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import { ENTITY_TAG, type EntityRef } from '../../domain/entity.ts'
import type { FieldValue, Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { isoSeconds } from '../times.ts'

const FIELDS = ['k_value', 'k_low', 'k_high', 'k_in_force', 'accepted', 'reason', 'valid_from', 'days_used', 'method']
/** A configuration may round what was calculated. */
const SAME_SHARE = 0.005

export interface HeatLossInForce {
  readonly kwPerK: number
  /** 95 % interval; null where a person has set the value. */
  readonly low: number | null
  readonly high: number | null
  /** Swedish date. */
  readonly validFrom: string | null
  /** False for an estimate that no rule has accepted, where there is nothing better. */
  readonly accepted: boolean
}

export interface HeatLossCalculation {
  readonly at: string
  readonly kwPerK: number | null
  readonly low: number | null
  readonly high: number | null
  readonly accepted: boolean
  readonly reason: string | null
  readonly daysUsed: number | null
  readonly method: string | null
}

export async function heatLossOf(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  entity: EntityRef,
  configured: ConfiguredEntity | undefined,
  now: number,
): Promise<{ inForce: HeatLossInForce | null; calculation: HeatLossCalculation | null }> {
  const rows = await timeSeries.read({
    measurement: 'k_value_history',
    tags: { [ENTITY_TAG[entity.kind]]: entity.id },
    fields: FIELDS,
    from: 0,
    // The store counts in seconds; what was calculated in this one is meant too.
    to: now + 1_000,
  })
  const newest = rows.at(-1)
  const accepted = rows.findLast(({ fields }) => fields.accepted === 1)
  const { heat_loss_k: wanted, calibration_date: since } = settingsOf(configured)
  return {
    inForce: inForce(wanted, since, accepted, newest),
    calculation: newest === undefined ? null : calculationOf(newest),
  }
}

function inForce(
  wanted: number | null,
  since: string | null,
  accepted: Row | undefined,
  newest: Row | undefined,
): HeatLossInForce | null {
  const calculated = accepted === undefined ? undefined : estimateIn(accepted)
  if (wanted === null) return calculated ?? (newest === undefined ? null : (estimateIn(newest) ?? null))
  // Whoever writes another value into the configuration means it.
  const isCalculated = calculated !== undefined && Math.abs(calculated.kwPerK - wanted) <= SAME_SHARE * wanted
  return isCalculated ? calculated : { kwPerK: wanted, low: null, high: null, validFrom: since, accepted: true }
}

function estimateIn({ fields }: Row): HeatLossInForce | undefined {
  const kwPerK = numberOf(fields.k_value)
  if (kwPerK === null) return undefined
  return {
    kwPerK,
    low: numberOf(fields.k_low),
    high: numberOf(fields.k_high),
    validFrom: textOf(fields.valid_from),
    accepted: fields.accepted === 1,
  }
}

function calculationOf({ time, fields }: Row): HeatLossCalculation {
  return {
    at: isoSeconds(time),
    kwPerK: numberOf(fields.k_value),
    low: numberOf(fields.k_low),
    high: numberOf(fields.k_high),
    accepted: fields.accepted === 1,
    reason: textOf(fields.reason),
    daysUsed: numberOf(fields.days_used),
    method: textOf(fields.method),
  }
}

function settingsOf(configured: ConfiguredEntity | undefined) {
  const config = configured?.config
  if (config == null || !('energy_separation' in config)) return { heat_loss_k: null, calibration_date: null }
  const { heat_loss_k, calibration_date } = config.energy_separation
  return { heat_loss_k: heat_loss_k ?? null, calibration_date: calibration_date ?? null }
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}

function textOf(value: FieldValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
