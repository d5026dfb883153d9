import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, test } from 'vitest'
import { addDays, dayEnd, dayStart, hourStarts } from '../time/day.ts'
import { tariffFaults } from './faults.ts'
import { easterSunday, isSwedishHoliday } from './holidays.ts'
import { ALL_MONTHS, type EnergyPrice, entryOf, flatTariff, priceAt, pricesOver, type Tariff } from './tariff.ts'

const HOUR = 3_600_000
const WINTER = [11, 12, 1, 2, 3]

/** Dear on winter days from 6 to 22, less so the rest of the winter, cheap in summer. */
const SEASONAL: Tariff = {
  ...flatTariff(0),
  energy: [
    { perKwh: 1.2, months: WINTER, days: 'working', fromHour: 6, toHour: 22 },
    { perKwh: 0.8, months: WINTER, days: 'all', fromHour: 0, toHour: 24 },
    { perKwh: 0.4, months: ALL_MONTHS, days: 'all', fromHour: 0, toHour: 24 },
  ],
}

const at = (text: string) => Date.parse(text)

describe('the price of an hour', () => {
  test.each([
    ['2026-01-14T05:59:00+01:00', 0.8],
    ['2026-01-14T06:00:00+01:00', 1.2],
    ['2026-01-14T21:59:00+01:00', 1.2],
    ['2026-01-14T22:00:00+01:00', 0.8],
    ['2026-01-17T12:00:00+01:00', 0.8],
    ['2026-03-31T23:59:00+02:00', 0.8],
    ['2026-04-01T00:00:00+02:00', 0.4],
    // Already November in Sweden, still October in UTC.
    ['2026-10-31T23:30:00Z', 0.8],
  ])('at %s is %d', (time, price) => expect(priceAt(SEASONAL, at(time))).toBe(price))

  test('follows the clocks of the tariff, not those of the machine', () => {
    expect(priceAt({ ...SEASONAL, zone: 'Europe/Helsinki' }, at('2026-01-14T05:00:00+01:00'))).toBe(1.2)
    expect(() => priceAt({ ...SEASONAL, zone: 'Sweden/Lund' }, 0)).toThrow('not a time zone')
  })

  test('of a night passes midnight', () => {
    const energy: EnergyPrice[] = [
      { perKwh: 1, months: ALL_MONTHS, days: 'all', fromHour: 22, toHour: 6 },
      { perKwh: 2, months: ALL_MONTHS, days: 'all', fromHour: 0, toHour: 24 },
    ]
    const prices = hourStarts('2026-06-10').map((time) => priceAt({ ...flatTariff(0), energy }, time))
    expect(prices.filter((price) => price === 1)).toHaveLength(8)
  })

  test('of a public holiday is that of a weekend where the tariff says so', () => {
    const epiphany = at('2026-01-06T12:00:00+01:00')
    expect(priceAt(SEASONAL, epiphany)).toBe(1.2)
    expect(priceAt({ ...SEASONAL, holidaysAsWeekends: true }, epiphany)).toBe(0.8)
  })
})

describe('the days the clock changes', () => {
  const daily = (label: string) => hourStarts(label).map((time) => priceAt({ ...SEASONAL, energy: clockwise }, time))
  /** Each hour of the clock has its own price. */
  const clockwise = Array.from({ length: 24 }, (_, hour) => ({
    perKwh: hour,
    months: ALL_MONTHS,
    days: 'all' as const,
    fromHour: hour,
    toHour: hour + 1,
  }))

  test('the hour that is skipped in spring has no price, the one that comes twice in autumn has it twice', () => {
    expect(daily('2026-03-29')).toEqual(Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => hour !== 2))
    expect(daily('2026-10-25').filter((hour) => hour === 2)).toHaveLength(2)
    expect(daily('2026-10-25')).toHaveLength(25)
  })
})

test('a year costs what its hours cost, counted by another calendar', () => {
  let total = 0
  for (let label = '2026-01-01'; label < '2027-01-01'; label = addDays(label, 1)) {
    for (const time of hourStarts(label)) total += priceAt(SEASONAL, time)
  }
  let expected = 0
  for (let time = DateTime.fromISO('2026-01-01', { zone: 'Europe/Stockholm' }); time.year === 2026; ) {
    const winter = WINTER.includes(time.month)
    const day = time.weekday <= 5 && time.hour >= 6 && time.hour < 22
    expected += winter ? (day ? 1.2 : 0.8) : 0.4
    time = time.toUTC().plus({ hours: 1 }).setZone('Europe/Stockholm')
  }
  expect(total).toBeCloseTo(expected, 6)
})

const entries = fc.array(
  fc.record({
    perKwh: fc.integer({ min: 1, max: 5 }),
    months: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
    days: fc.constantFrom('all' as const, 'working' as const, 'weekend' as const),
    fromHour: fc.integer({ min: 0, max: 23 }),
    toHour: fc.integer({ min: 0, max: 24 }),
  }),
  { maxLength: 6 },
)
const instants = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2035-01-01T00:00:00Z') })

test('a tariff without faults has one price at every instant, and it is that of its first entry that fits', () => {
  fc.assert(
    fc.property(entries, instants, (some, time) => {
      const energy = [...some, ...flatTariff(9).energy]
      const tariff = { ...flatTariff(0), energy }
      expect(tariffFaults(energy).filter(({ entry }) => entry === null)).toEqual([])
      const price = priceAt(tariff, time)
      const local = DateTime.fromMillis(time, { zone: 'Europe/Stockholm' })
      const hour = { month: local.month, weekend: local.weekday > 5, hour: local.hour }
      expect(price).toBe(energy[entryOf(energy, hour) ?? -1]?.perKwh)
    }),
  )
})

test('hours without a price are exactly what the faults tell of', () => {
  fc.assert(
    fc.property(entries, (energy) => {
      const bare = tariffFaults(energy).some(({ entry }) => entry === null)
      const missing = ALL_MONTHS.some((month) =>
        [false, true].some((weekend) =>
          Array.from({ length: 24 }, (_, hour) => hour).some(
            (hour) => entryOf(energy, { month, weekend, hour }) === undefined,
          ),
        ),
      )
      expect(bare).toBe(missing)
    }),
  )
})

test('the changes of two days say the price of each of their minutes', () => {
  const offsets = fc.integer({ min: 0, max: 50 * 60 - 1 })
  const days = fc.constantFrom('2026-01-14', '2026-03-28', '2026-10-24', '2026-12-31')
  fc.assert(
    fc.property(days, offsets, fc.integer({ min: 0, max: 59 }), (label, minutes, past) => {
      const from = dayStart(label) + past * 60_000
      const changes = pricesOver(SEASONAL, from, from + 50 * HOUR)
      const time = from + minutes * 60_000
      expect(changes.filter((change) => change.time <= time).at(-1)?.perKwh).toBe(priceAt(SEASONAL, time))
      expect(changes[0]?.time).toBe(from)
    }),
  )
})

test('a flat tariff changes never', () => {
  expect(pricesOver(flatTariff(1.2), dayStart('2026-03-29'), dayEnd('2026-03-30'))).toEqual([
    { time: dayStart('2026-03-29'), perKwh: 1.2 },
  ])
})

describe('Swedish public holidays', () => {
  test.each([
    [2024, '2024-03-31'],
    [2025, '2025-04-20'],
    [2026, '2026-04-05'],
    [2038, '2038-04-25'],
  ])('Easter of %d is %s', (year, date) => expect(new Date(easterSunday(year)).toISOString().slice(0, 10)).toBe(date))

  test('of 2026 are those of the almanac', () => {
    const holidays: string[] = []
    for (let label = '2026-01-01'; label < '2027-01-01'; label = addDays(label, 1)) {
      const [year = 0, month = 0, day = 0] = label.split('-').map(Number)
      if (isSwedishHoliday(year, month, day)) holidays.push(label.slice(5))
    }
    expect(holidays).toEqual('01-01 01-06 04-03 04-05 04-06 05-01 05-14 05-24 06-06 06-20 10-31 12-25 12-26'.split(' '))
  })
})
