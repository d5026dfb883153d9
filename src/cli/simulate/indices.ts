/** What a stretch of a run has cost and how comfortable it was. */
import type { StepRecord } from './run.ts'

export interface Indices {
  /** Null when neither power nor anything it could be told from was shown. */
  readonly energyKwh: number | null
  /** K·h outside the comfort band. */
  readonly underKh: number | null
  readonly overKh: number | null
  /** Highest hourly mean power. */
  readonly peakKw: number | null
  readonly cost: number | null
  /** Changes of the heat curve. */
  readonly moves: number
  readonly meanIndoor: number | null
  readonly meanSupply: number | null
  /** Hours whose indoor temperature, and whose power, was not shown. */
  readonly hoursWithoutIndoor: number
  readonly hoursWithoutPower: number
  /** Whether part of the power was told from supply less return temperature. */
  readonly powerEstimated: boolean
}

const HOUR_MS = 3_600_000
/** With fewer steps of known power nothing is told from temperatures. */
const LEAST_KNOWN = 24

/** kW per K between supply and return, from steps where both are known; null where there are too few. */
export function powerPerKelvin(records: readonly StepRecord[]): number | null {
  let product = 0
  let square = 0
  let count = 0
  for (const { outputs } of records) {
    const { heatPowerKw, supplyTemperature, returnTemperature } = outputs
    if (heatPowerKw === null || supplyTemperature === null || returnTemperature === null) continue
    const difference = supplyTemperature - returnTemperature
    if (difference <= 0.2) continue
    product += difference * heatPowerKw
    square += difference * difference
    count += 1
  }
  return count < LEAST_KNOWN || square === 0 ? null : product / square
}

export interface IndexOptions {
  readonly low: number
  readonly high: number
  /** Per kWh; null takes the plant's own prices, or 1. */
  readonly price: ((time: number) => number) | null
  readonly perKelvin: number | null
}

export function indicesOf(records: readonly StepRecord[], options: IndexOptions): Indices {
  const { low, high, price, perKelvin } = options
  let energy = 0
  let cost = 0
  let under = 0
  let over = 0
  let estimated = false
  let withPower = 0
  let withIndoor = 0
  let total = 0
  let indoorSum = 0
  let supplySum = 0
  let supplyHours = 0
  const hourly = new Map<number, { kwh: number; hours: number }>()
  for (const record of records) {
    const { hours, outputs, time } = record
    total += hours
    const power = powerOf(record, perKelvin)
    if (power !== null) {
      estimated ||= outputs.heatPowerKw === null
      const kwh = power * hours
      energy += kwh
      const begun = time - hours * HOUR_MS
      cost += kwh * (price === null ? (record.price ?? 1) : price(begun))
      withPower += hours
      const slot = Math.floor(begun / HOUR_MS)
      const sum = hourly.get(slot) ?? { kwh: 0, hours: 0 }
      hourly.set(slot, { kwh: sum.kwh + kwh, hours: sum.hours + hours })
    }
    const indoor = outputs.indoorTemperature
    if (indoor !== null) {
      under += Math.max(0, low - indoor) * hours
      over += Math.max(0, indoor - high) * hours
      indoorSum += indoor * hours
      withIndoor += hours
    }
    const supply = outputs.supplyTemperature ?? record.asked
    if (supply !== null) {
      supplySum += supply * hours
      supplyHours += hours
    }
  }
  // Hours without power count with the mean of the others, as long as most are known; else the sum is no sum.
  const enough = withPower > 0.5 * total
  const whole = enough ? total / withPower : 1
  const peaks = [...hourly.values()].filter(({ hours }) => hours > 0.5).map(({ kwh, hours }) => kwh / hours)
  return {
    energyKwh: enough ? rounded(energy * whole, 2) : null,
    underKh: withIndoor > 0 ? rounded(under, 3) : null,
    overKh: withIndoor > 0 ? rounded(over, 3) : null,
    peakKw: enough && peaks.length > 0 ? rounded(Math.max(...peaks), 3) : null,
    cost: enough ? rounded(cost * whole, 3) : null,
    moves: records.filter(({ moved }) => moved).length,
    meanIndoor: withIndoor > 0 ? rounded(indoorSum / withIndoor, 3) : null,
    meanSupply: supplyHours > 0 ? rounded(supplySum / supplyHours, 2) : null,
    hoursWithoutIndoor: rounded(total - withIndoor, 2),
    hoursWithoutPower: rounded(total - withPower, 2),
    powerEstimated: estimated,
  }
}

function powerOf({ outputs }: StepRecord, perKelvin: number | null): number | null {
  const { heatPowerKw, supplyTemperature, returnTemperature } = outputs
  if (heatPowerKw !== null) return Math.max(0, heatPowerKw)
  if (perKelvin === null || supplyTemperature === null || returnTemperature === null) return null
  return Math.max(0, perKelvin * (supplyTemperature - returnTemperature))
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
