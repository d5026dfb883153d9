/** What the heat of a house costs by the tariff it has chosen, with the power its meter has shown in the billing period. */
import type { HouseConfig } from '../../config/house.ts'
import { type TariffConfig, tariffOf } from '../../config/tariff.ts'
import type { HeatPrice } from '../../domain/control/decision.ts'
import { billingPeriod, paidPeakKw } from '../../domain/tariff/capacity.ts'
import { heatPrice } from '../../domain/tariff/heat-price.ts'
import { flatTariff, type Tariff } from '../../domain/tariff/tariff.ts'
import type { Logger } from '../../runtime/log.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { readMeteredEnergy } from '../energy/energy-hours.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Days whose hot water tells how much of the metered power is not the heating's. */
const HOT_WATER_DAYS = 30

export interface HeatPriceParts {
  readonly timeSeries: Pick<TimeSeriesStore, 'read'>
  /** Tariffs by name, as the settings have them now. */
  readonly tariffs: () => Promise<Readonly<Record<string, TariffConfig>>>
  readonly meterIdsOf: (id: string) => Promise<readonly string[]>
  readonly log: Logger
}

interface KnownPeak {
  /** Tariff, meters and hour it was found for. */
  readonly of: string
  readonly kw: number | null
}

/**
 * A function from a house and a time to its prices. A name that no tariff has is reported and costs the house's flat price:
 * a misspelt name must not stop the heating from being steered.
 */
export function createHeatPrices(
  parts: HeatPriceParts,
): (id: string, config: Pick<HouseConfig, 'cost'>, now: number) => Promise<HeatPrice> {
  const { log } = parts
  // Meters deliver once a day: a house that decides more often need not read a season of hours each time.
  const peaks = new Map<string, KnownPeak>()
  return async (id, { cost }, now) => {
    const flat = flatTariff(cost.price_per_kwh)
    if (cost.tariff == null) return heatPrice(flat, now, null)
    const tariffs = await parts.tariffs()
    const config = Object.hasOwn(tariffs, cost.tariff) ? tariffs[cost.tariff] : undefined
    if (config === undefined) {
      log.warn('control.tariff_unknown', { kind: 'house', id, tariff: cost.tariff })
      return heatPrice(flat, now, null)
    }
    const tariff = tariffOf(config)
    if (tariff.capacity === null) return heatPrice(tariff, now, null)
    const meterIds = await parts.meterIdsOf(id)
    const of = JSON.stringify([tariff, meterIds, Math.floor(now / HOUR_MS)])
    let known = peaks.get(id)
    if (known?.of !== of) {
      known = { of, kw: await heatingPeak(parts.timeSeries, id, meterIds, tariff, now) }
      peaks.set(id, known)
    }
    return heatPrice(tariff, now, known.kw)
  }
}

/** The power that is paid for less what hot water usually takes of it, kW: a plan is about the heating alone. */
async function heatingPeak(
  timeSeries: HeatPriceParts['timeSeries'],
  id: string,
  meterIds: readonly string[],
  tariff: Tariff,
  now: number,
): Promise<number | null> {
  const period = billingPeriod(tariff, now)
  if (period === null || tariff.capacity === null) return null
  const metered = await readMeteredEnergy(timeSeries, { ref: { kind: 'house', id }, meterIds }, { ...period, to: now })
  const hours = [...metered].map(([time, kwh]) => ({ time, kwh }))
  const paid = paidPeakKw(tariff.capacity, hours, tariff.zone)
  return paid === null ? null : Math.max(0, paid - (await hotWaterKw(timeSeries, id, now)))
}

async function hotWaterKw(timeSeries: HeatPriceParts['timeSeries'], id: string, now: number): Promise<number> {
  const rows = await timeSeries.read({
    measurement: 'energy_hourly',
    tags: { house_id: id },
    fields: ['dhw_kwh'],
    from: now - HOT_WATER_DAYS * DAY_MS,
    to: now,
  })
  const values = rows.flatMap(({ fields: { dhw_kwh } }) => (typeof dhw_kwh === 'number' ? [dhw_kwh] : []))
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
