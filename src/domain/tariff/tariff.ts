/**
 * What a supplier charges for heat, as data: the price of a kWh by season, kind of day and hour, a fee for power, and a
 * clause for the temperature of the water that comes back. Times are those of the supplier's clocks.
 */
import { IANAZone } from 'luxon'
import { isSwedishHoliday } from './holidays.ts'

const HOUR_MS = 3_600_000
const QUARTER_MS = HOUR_MS / 4

export interface EnergyPrice {
  readonly perKwh: number
  /** 1 … 12. */
  readonly months: readonly number[]
  /** Working days are Monday to Friday; see {@link Tariff.holidaysAsWeekends}. */
  readonly days: 'all' | 'working' | 'weekend'
  /** Hour of the day it begins with, 0 … 23. */
  readonly fromHour: number
  /** First hour after it, 1 … 24; earlier than or equal to `fromHour` for a night that passes midnight. */
  readonly toHour: number
}

/** A fee for the mean of the highest hours, or days, of each billing period. */
export interface CapacityFee {
  /** Per kW and period. */
  readonly perKw: number
  readonly period: 'month' | 'season'
  /** Months power is billed in, 1 … 12. */
  readonly months: readonly number[]
  readonly of: 'hours' | 'days'
  /** How many of the highest are averaged. */
  readonly highest: number
}

export interface ReturnTemperatureClause {
  /** Per kWh and kelvin the water comes back warmer, whatever temperature the bill counts from. */
  readonly perKwhAndK: number
  readonly months: readonly number[]
}

export interface Tariff {
  readonly currency: string
  /** IANA name of the zone its hours and months are counted in. */
  readonly zone: string
  /** Swedish public holidays count as weekend. */
  readonly holidaysAsWeekends: boolean
  /** The first entry that fits an hour is its price. */
  readonly energy: readonly EnergyPrice[]
  readonly capacity: CapacityFee | null
  readonly returnTemperature: ReturnTemperatureClause | null
}

export const ALL_MONTHS: readonly number[] = Array.from({ length: 12 }, (_, index) => index + 1)

/** A tariff that charges every kWh the same and nothing else. */
export function flatTariff(perKwh: number, zone = 'Europe/Stockholm'): Tariff {
  return {
    currency: 'SEK',
    zone,
    holidaysAsWeekends: false,
    energy: [{ perKwh, months: ALL_MONTHS, days: 'all', fromHour: 0, toHour: 24 }],
    capacity: null,
    returnTemperature: null,
  }
}

export interface TariffHour {
  /** 1 … 12. */
  readonly month: number
  readonly weekend: boolean
  /** 0 … 23. */
  readonly hour: number
}

/** The hour of a tariff that an instant (epoch milliseconds) lies in. @throws RangeError for an unknown zone */
export function tariffHour({ zone, holidaysAsWeekends }: Tariff, time: number): TariffHour {
  const local = new Date(time + offsetMs(zone, time))
  const month = local.getUTCMonth() + 1
  const weekday = local.getUTCDay()
  const holiday = holidaysAsWeekends && isSwedishHoliday(local.getUTCFullYear(), month, local.getUTCDate())
  return { month, weekend: weekday === 0 || weekday === 6 || holiday, hour: local.getUTCHours() }
}

function offsetMs(zone: string, time: number): number {
  const rules = IANAZone.create(zone)
  if (!rules.isValid) throw new RangeError(`"${zone}" is not a time zone`)
  return rules.offset(time) * 60_000
}

/** Index of the entry that prices an hour; undefined where none does. */
export function entryOf(energy: readonly EnergyPrice[], hour: TariffHour): number | undefined {
  const index = energy.findIndex((entry) => fits(entry, hour))
  return index === -1 ? undefined : index
}

function fits({ months, days, fromHour, toHour }: EnergyPrice, { month, weekend, hour }: TariffHour): boolean {
  if (!months.includes(month)) return false
  if (days !== 'all' && (days === 'weekend') !== weekend) return false
  return fromHour < toHour ? hour >= fromHour && hour < toHour : hour >= fromHour || hour < toHour
}

/**
 * Price of a kWh at an instant (epoch milliseconds).
 * @throws RangeError where the tariff has no price, which none has that was read from a file
 */
export function priceAt(tariff: Tariff, time: number): number {
  const hour = tariffHour(tariff, time)
  const entry = tariff.energy[entryOf(tariff.energy, hour) ?? -1]
  if (entry === undefined) throw new RangeError(`the tariff has no price for month ${hour.month}, hour ${hour.hour}`)
  return entry.perKwh
}

export interface PricedTime {
  /** Epoch milliseconds. */
  readonly time: number
  readonly perKwh: number
}

/**
 * Prices of a range as the times they change at, the first at its beginning: each holds until the next one. Found on the
 * quarters of the hour, where the clocks of all zones strike.
 */
export function pricesOver(tariff: Tariff, from: number, to: number): PricedTime[] {
  const prices: PricedTime[] = []
  for (let time = from; time < to; time = Math.floor(time / QUARTER_MS + 1) * QUARTER_MS) {
    const perKwh = priceAt(tariff, time)
    if (prices.at(-1)?.perKwh !== perKwh) prices.push({ time, perKwh })
  }
  return prices
}
