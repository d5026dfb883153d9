/** What the control benchmark runs: buildings, places and seasons, forecasts, prices and faults, crossed with care. */
import { type BenchBuilding, type BenchClimate, BUILDINGS } from './buildings.ts'
import type { Fault } from './faults.ts'

export interface Scenario {
  readonly name: string
  readonly building: BenchBuilding
  readonly climate: BenchClimate
  readonly start: string
  readonly month: Month
  readonly fault: Fault
  readonly priced: boolean
}

export const PLACES = {
  Malmö: { latitude: 55.6, longitude: 13 },
  Borås: { latitude: 57.7, longitude: 12.9 },
  Umeå: { latitude: 63.8, longitude: 20.3 },
} as const
export type PlaceName = keyof typeof PLACES
const STARTS = {
  October: '2026-09-28T00:00:00Z',
  November: '2025-11-03T00:00:00Z',
  December: '2025-12-01T00:00:00Z',
  January: '2026-01-05T00:00:00Z',
  February: '2026-02-02T00:00:00Z',
  March: '2026-03-02T00:00:00Z',
  April: '2026-03-30T00:00:00Z',
} as const
/** Of the days that count; the learning days come before. */
export type Month = keyof typeof STARTS

/**
 * Share of each month in the heat of a season: degree-days below 17 °C at Borås by the climate the scenarios
 * live in. Savings are weighted by it, so that it does not matter how many scenarios happen to lie in which month.
 */
export const SHARE_OF_SEASON: Readonly<Record<Month, number>> = {
  October: 0.083,
  November: 0.13,
  December: 0.172,
  January: 0.192,
  February: 0.166,
  March: 0.154,
  April: 0.103,
}

/** A day-ahead tariff: dear in the morning and the evening, cheap at night. */
export function dayTariff(time: number): number {
  const hour = (time / 3_600_000) % 24
  if ((hour >= 5 && hour < 9) || (hour >= 15 && hour < 19)) return 1.7
  return hour >= 21 || hour < 4 ? 0.6 : 1
}

function scenario(
  building: number,
  place: PlaceName,
  month: Month,
  rest: { forecastError?: number; fault?: Fault; priced?: boolean } = {},
): Scenario {
  const { forecastError = 1, fault = 'none', priced = false } = rest
  const chosen = BUILDINGS[building] as BenchBuilding
  const extras = [
    ...(forecastError === 1 ? [] : [`forecast errors × ${forecastError}`]),
    ...(fault === 'none' ? [] : [fault]),
    ...(priced ? ['price varies'] : []),
  ]
  return {
    name: [`${chosen.name}, ${place}, ${month}`, ...extras].join(', '),
    building: chosen,
    climate: { seed: 31 + building, ...PLACES[place], forecastError, price: priced ? dayTariff : null },
    start: STARTS[month],
    month,
    fault,
    priced,
  }
}

const OTHER_MONTHS: readonly Month[] = ['April', 'October', 'November', 'December', 'February']

function otherMonth(building: number): Month {
  return OTHER_MONTHS[building % OTHER_MONTHS.length] ?? 'November'
}

/** Mixed, so that the first ones of a run that is stopped show something of everything. */
export const SCENARIOS: readonly Scenario[] = [
  scenario(0, 'Borås', 'January'),
  scenario(5, 'Malmö', 'March'),
  scenario(1, 'Borås', 'January', { priced: true }),
  scenario(0, 'Borås', 'January', { fault: 'indoor stuck' }),
  scenario(2, 'Borås', 'January'),
  scenario(3, 'Borås', 'March'),
  scenario(4, 'Borås', 'January', { priced: true }),
  scenario(1, 'Borås', 'January', { fault: 'forecast gone' }),
  scenario(6, 'Borås', 'January'),
  scenario(1, 'Malmö', 'October'),
  scenario(7, 'Borås', 'March'),
  scenario(0, 'Borås', 'January', { forecastError: 2.5 }),
  scenario(8, 'Borås', 'January'),
  scenario(9, 'Malmö', 'January'),
  scenario(3, 'Borås', 'March', { priced: true }),
  scenario(0, 'Borås', 'January', { fault: 'holes everywhere' }),
  scenario(10, 'Umeå', 'March'),
  scenario(11, 'Borås', 'January'),
  scenario(11, 'Borås', 'January', { priced: true }),
  scenario(1, 'Borås', 'January', { fault: 'outdoor stuck' }),
  scenario(0, 'Malmö', 'March'),
  scenario(1, 'Borås', 'January'),
  scenario(0, 'Borås', 'January', { priced: true }),
  scenario(3, 'Borås', 'January', { fault: 'indoor missing' }),
  scenario(4, 'Borås', 'January'),
  scenario(3, 'Umeå', 'January'),
  scenario(9, 'Malmö', 'January', { priced: true }),
  scenario(3, 'Borås', 'January', { fault: 'no forecast' }),
  scenario(5, 'Malmö', 'March', { forecastError: 2.5 }),
  scenario(0, 'Borås', 'January', { forecastError: 0 }),
  scenario(3, 'Borås', 'January', { fault: 'clock of its own' }),
  scenario(0, 'Borås', 'January', { fault: 'no sun sensor' }),
  scenario(1, 'Borås', 'January', { fault: 'no power' }),
  scenario(1, 'Borås', 'January', { fault: 'no supply' }),
  // The rest of the season: each building once more, the months in turn.
  ...BUILDINGS.map((_, index) => scenario(index, 'Borås', otherMonth(index))),
  // And a price that varies in those that have had none, in their other month.
  ...[2, 5, 6, 7, 8, 10].map((index) => scenario(index, 'Borås', otherMonth(index), { priced: true })),
]
