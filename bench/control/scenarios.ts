/** What the control benchmark runs: buildings, places and seasons, forecasts, prices and faults, crossed with care. */
import { type BenchBuilding, type BenchClimate, BUILDINGS } from './buildings.ts'
import type { Fault } from './faults.ts'

export interface Scenario {
  readonly name: string
  readonly building: BenchBuilding
  readonly climate: BenchClimate
  readonly start: string
  readonly fault: Fault
  readonly priced: boolean
}

const PLACES = {
  Malmö: { latitude: 55.6, longitude: 13 },
  Borås: { latitude: 57.7, longitude: 12.9 },
  Umeå: { latitude: 63.8, longitude: 20.3 },
} as const
type PlaceName = keyof typeof PLACES
const SEASONS = {
  January: '2026-01-05T00:00:00Z',
  March: '2026-03-02T00:00:00Z',
  October: '2026-09-28T00:00:00Z',
} as const
type Season = keyof typeof SEASONS

/** A day-ahead tariff: dear in the morning and the evening, cheap at night. */
export function dayTariff(time: number): number {
  const hour = (time / 3_600_000) % 24
  if ((hour >= 5 && hour < 9) || (hour >= 15 && hour < 19)) return 1.7
  return hour >= 21 || hour < 4 ? 0.6 : 1
}

function scenario(
  building: number,
  place: PlaceName,
  season: Season,
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
    name: [`${chosen.name}, ${place}, ${season}`, ...extras].join(', '),
    building: chosen,
    climate: { seed: 31 + building, ...PLACES[place], forecastError, price: priced ? dayTariff : null },
    start: SEASONS[season],
    fault,
    priced,
  }
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
]
