/** A tariff as a decision about the heat curve takes it: the prices of the coming two days and the fees that count now. */
import type { HeatPrice } from '../control/decision.ts'
import { billingPeriod, feePerPeakKw } from './capacity.ts'
import { pricesOver, type Tariff, tariffHour } from './tariff.ts'

const HOUR_MS = 3_600_000
/** A plan reaches 48 h ahead. */
const AHEAD_HOURS = 50

/** @param peakKw power of heating that is paid for already in this billing period, kW; null when unknown */
export function heatPrice(tariff: Tariff, time: number, peakKw: number | null): HeatPrice {
  const { capacity } = tariff
  const period = billingPeriod(tariff, time)
  const hour = Math.floor(time / HOUR_MS) * HOUR_MS
  return {
    points: pricesOver(tariff, hour, hour + AHEAD_HOURS * HOUR_MS),
    perPeakKw: capacity === null || period === null ? 0 : feePerPeakKw(capacity, period, time),
    peakKw,
    perReturnK: perReturnK(tariff, time),
  }
}

/** Price of a kWh whose water comes back one kelvin warmer; a bonus below some temperature is the same price. */
function perReturnK(tariff: Tariff, time: number): number {
  const clause = tariff.returnTemperature
  if (clause === null) return 0
  return clause.months.includes(tariffHour(tariff, time).month) ? clause.perKwhAndK : 0
}
