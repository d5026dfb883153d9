import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'
import { parseTariff, tariffOf } from './tariff.ts'

const faults = (document: unknown) =>
  Object.fromEntries(parseTariff(document).problems.map(({ path, message }) => [path, message]))

test('one price for every hour is a whole tariff', () => {
  const { config, problems } = parseTariff({ energy: [{ price_per_kwh: 0.9 }] })
  expect(problems).toEqual([])
  expect(config).toMatchObject({ currency: 'SEK', time_zone: 'Europe/Stockholm', capacity: null })
})

test('faults name the place in settings.json', () => {
  const tariffs = { supplier: { energy: [{ price_per_kwh: 'dear', from: '06:30' }], time_zone: 'Sweden/Lund' } }
  const { problems } = parseSettings({ tariffs })
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'tariffs.supplier.time_zone: expected a time zone such as "Europe/Stockholm", found the text "Sweden/Lund"',
    'tariffs.supplier.energy[0].price_per_kwh: expected a number from 0 to 1000, found the text "dear"',
    'tariffs.supplier.energy[0].from: expected a full hour from "00:00" to "23:00", found the text "06:30"',
  ])
})

test('a name that no house could choose is a fault', () => {
  expect(parseSettings({ tariffs: { 'A B': { energy: [{ price_per_kwh: 1 }] } } }).problems[0]?.message).toContain(
    'expected a name of letters',
  )
})

test('hours without a price, and prices that never apply, are faults', () => {
  expect(faults({ energy: [{ price_per_kwh: 1, days: 'working' }] })).toEqual({
    energy: "there is no price for weekends in January at 00:00 (and 287 more of the 576 hours of a year's months)",
  })
  expect(faults({ energy: [{ price_per_kwh: 1 }, { price_per_kwh: 2, months: [1] }] })).toEqual({
    'energy[1]': 'this price never applies: earlier ones take all its hours',
  })
})

test('hours, months and fees arrive as they were written', () => {
  const { config } = parseTariff({
    energy: [{ price_per_kwh: 2, months: [12, 1], days: 'weekend', from: '22:00', to: '06:00' }, { price_per_kwh: 1 }],
    capacity: { price_per_kw: 800, period: 'season', months: [11, 12, 1], of: 'days', highest: 5 },
    return_temperature: { price_per_kwh_and_k: 0.01 },
  })
  if (config === null) throw new Error('the tariff is valid')
  expect(tariffOf(config)).toMatchObject({
    energy: [{ perKwh: 2, months: [12, 1], days: 'weekend', fromHour: 22, toHour: 6 }, { perKwh: 1 }],
    capacity: { perKw: 800, period: 'season', months: [11, 12, 1], of: 'days', highest: 5 },
    returnTemperature: { perKwhAndK: 0.01 },
  })
})
