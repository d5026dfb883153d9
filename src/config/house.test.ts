import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { pollSecondsOf } from './entity-fields.ts'
import { coordinatesOf } from './field.ts'
import { controlModeOf, curveControlModeNumber, type HouseConfig, parseHouse } from './house.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

const fixture = (id: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../test/fixtures/config/${id}.json`, import.meta.url), 'utf8'))

function house(document: object, id = 'H1'): HouseConfig {
  const { config, problems } = parseHouse(document, { id })
  expect(problems).toEqual([])
  if (config === null) throw new Error('no configuration')
  return config
}

const messages = (document: unknown, id = 'H1') =>
  Object.fromEntries(parseHouse(document, { id }).problems.map(({ path, message }) => [path, message]))

describe('a profile', () => {
  test.each(['HEM_FJV_Villa_901', 'HEM_FJV_Villa_902'])('of an existing installation is taken whole: %s', (id) => {
    const document = fixture(id)
    const parsed = parseHouse(document, { id })
    expect(parsed.problems).toEqual([])
    expect(parsed.unknownKeys).toEqual([])
    expect(parsed.config).toEqual(document)
  })

  test('with nothing in it is a house with all defaults, named by its file', () => {
    const config = house({}, 'HEM_FJV_Villa_903')
    expect(config.customer_id).toBe('HEM_FJV_Villa_903')
    expect(config.comfort).toEqual({ target_indoor_temp: 22, acceptable_deviation: 1 })
    expect(config.cost).toEqual({ price_per_kwh: 1.2, monthly_fee: 0 })
    expect(config.learned.weather_coefficients.solar_coefficient_ml2).toBe(6)
    expect(config.learned.next_update_at_samples).toBe(24)
    expect(config.heat_curve_control.curve_control_mode).toBe('adaptive')
    expect(config.meter_ids).toEqual([])
    expect(config.thermal_test).toBeUndefined()
    expect(coordinatesOf(config)).toBeUndefined()
  })

  test('tells all its faults at once, with path, expectation and finding', () => {
    expect(
      messages({
        customer_id: 'H2',
        comfort: { target_indoor_temp: 'warm', acceptable_deviation: 9 },
        meter_ids: ['735999000000000901', 12],
        heating_system: { distribution_type: 'oven', has_power_meter: 1 },
        learned: { hourly_bias: { '24': 0.1 }, total_samples: 1.5 },
        energy_separation: { calibration_date: '2026-02-30' },
        heat_curve_control: { curve_control_mode: 'auto' },
        variable_overrides: { A: 'room_temperature', B: 'room_temperature' },
        location: { latitude: 57 },
      }),
    ).toEqual({
      customer_id: 'expected "H1" as the file is named, found "H2"',
      'comfort.target_indoor_temp': 'expected a number from 15 to 28 °C, found the text "warm"',
      'comfort.acceptable_deviation': 'expected a number from 0.1 to 5 K, found 9',
      'meter_ids[1]':
        'expected a meter id as text of digits in quotation marks, such as "735999000000000901" (a bare number loses its last digits), found 12',
      'heating_system.distribution_type':
        'expected floor, radiator or ventilation, or several of them separated by commas, found the text "oven"',
      'heating_system.has_power_meter': 'expected true or false, found 1',
      'learned.hourly_bias["24"]': 'expected an hour from "00" to "23" as name, found "24"',
      'learned.total_samples': 'expected a whole number of at least 0, found 1.5',
      'energy_separation.calibration_date': 'expected a date such as "2026-01-31" or null, found the text "2026-02-30"',
      'heat_curve_control.curve_control_mode':
        'expected one of monitor, shadow, rules, optimise, manual, adaptive, intelligent, found the text "auto"',
      'variable_overrides.B': 'room_temperature is already delivered by A; one field can have one source only',
      'location.longitude': 'expected a number because the other coordinate is set, but it is missing',
    })
  })

  test('with misspelt keys is valid; their paths are named and hide no other fault', () => {
    const spelt = parseHouse({ comfrot: {}, comfort: { target: 20 } }, { id: 'H1' })
    expect(spelt.problems).toEqual([])
    expect([...spelt.unknownKeys].sort()).toEqual(['comfort.target', 'comfrot'])
    const faulty = parseHouse({ comfrot: {}, comfort: { target_indoor_temp: 12 } }, { id: 'H1' })
    expect(faulty.problems.map((fault) => fault.path)).toEqual(['comfort.target_indoor_temp'])
    expect(faulty.unknownKeys).toEqual(['comfrot'])
  })

  test.each([[null], [[]], ['text'], [7]])('is an object, not %j', (document) => {
    expect(parseHouse(document, { id: 'H1' }).problems).toEqual([
      { path: '', message: expect.stringMatching(/^expected an object/) },
    ])
  })

  test('whose file name is no id is at fault as a file', () => {
    expect(messages({}, 'Villa Åsen')).toEqual({ '': expect.stringContaining('found "Villa Åsen.json"') })
    expect(messages({ customer_id: 'Villa Åsen' }, 'Villa Åsen')).toEqual({
      customer_id: expect.stringContaining('expected an id of letters'),
    })
  })
})

describe('the control mode', () => {
  const modeOf = (curve_control_mode: string, ml_enabled = false) =>
    controlModeOf(house({ heat_curve_control: { curve_control_mode, ml_enabled } }))

  test.each(['monitor', 'shadow', 'rules', 'optimise'])('%s stands, whatever the old flag says', (mode) => {
    expect(modeOf(mode)).toBe(mode)
    expect(modeOf(mode, true)).toBe(mode)
  })

  test('reads the old names', () => {
    expect(modeOf('manual')).toBe('monitor')
    expect(modeOf('manual', true)).toBe('monitor')
    expect(modeOf('adaptive')).toBe('monitor')
    expect(modeOf('adaptive', true)).toBe('rules')
    expect(modeOf('intelligent')).toBe('rules')
    expect(controlModeOf(house({}))).toBe('monitor')
  })

  test('is a number in the time series: 0 manual, 1 the controller by itself, 2 BVPro', () => {
    const numberOf = (curve_control_mode: string, ml_enabled = false) =>
      curveControlModeNumber(house({ heat_curve_control: { curve_control_mode, ml_enabled } }))
    expect(numberOf('manual')).toBe(0)
    expect(['adaptive', 'monitor', 'shadow'].map((mode) => numberOf(mode))).toEqual([1, 1, 1])
    expect(['intelligent', 'rules', 'optimise'].map((mode) => numberOf(mode))).toEqual([2, 2, 2])
    expect(numberOf('adaptive', true)).toBe(2)
  })
})

describe('the poll interval', () => {
  test('is the one of the house, else of the settings, unless everything is sped up', () => {
    expect(pollSecondsOf('house', house({}), DEFAULT_SETTINGS)).toBe(300)
    expect(pollSecondsOf('house', house({ poll_interval_minutes: 15 }), DEFAULT_SETTINGS)).toBe(900)
    expect(pollSecondsOf('house', house({ poll_interval_minutes: 15 }), DEFAULT_SETTINGS, 2)).toBe(2)
  })
})
