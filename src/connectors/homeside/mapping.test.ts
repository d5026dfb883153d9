import { describe, expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { fieldSources, mapFields } from './mapping.ts'
import { fixture, fixtureEntries } from './testing/portal.ts'
import { indexByShortName, parseVariables } from './variables.ts'

type Value = number | boolean | string | null

function map(entries: readonly unknown[], overrides?: Record<string, string>) {
  return mapFields(indexByShortName(parseVariables(entries)), fieldSources(overrides))
}

function mapOne(shortName: string, value: Value, type = 'Response') {
  return map([{ variable: `HEM_FJV_Villa_901.${shortName}`, path: 'Cwl.Advise.A[1]', value, type }])
}

describe('fields of a house', () => {
  test('house 901 delivers all 17', () => {
    const { fields, missing, rejected } = map(fixtureEntries('variables-901.json'))
    expect(fields).toEqual({
      room_temperature: 21.3,
      outdoor_temperature: -3.4,
      supply_temp: 41.61,
      return_temp: 33.05,
      hot_water_temp: 52.88,
      system_pressure: 1.31,
      outdoor_temp_24h_avg: -2.19,
      electric_heater: 0,
      heat_recovery: 1,
      away_mode: 0,
      target_temp_setpoint: 21.5,
      away_temp_setpoint: 16,
      dh_supply_temp: 78.4,
      dh_return_temp: 34.9,
      dh_power: 4.25,
      dh_flow: 84,
      supply_setpoint: 41.94,
    })
    expect({ missing, rejected }).toEqual({ missing: [], rejected: [] })
  })

  test('house 902 has no heat meter and delivers 13, which is normal', () => {
    const { fields, missing, rejected } = map(fixtureEntries('variables-902.json'))
    expect(Object.keys(fields)).toHaveLength(13)
    expect(fields).toMatchObject({
      room_temperature: 22.35,
      electric_heater: 1,
      away_mode: 1,
      away_temp_setpoint: 17.5,
    })
    expect(missing).toEqual(['dh_supply_temp', 'dh_return_temp', 'dh_power', 'dh_flow'])
    expect(rejected).toEqual([])
  })

  test('an override takes the place of the standard source', () => {
    const { variable_overrides } = fixture<{ variable_overrides: Record<string, string> }>(
      'profile-902-in-control.json',
    )
    const { fields } = map(fixtureEntries('variables-902.json'), variable_overrides)
    expect(fields.room_temperature).toBe(22.6)
    expect(Object.keys(fields)).toHaveLength(13)
  })

  test('a silent override is not filled from the standard source', () => {
    const { fields, missing } = map(fixtureEntries('variables-901.json'), {
      AI_ZON9_GT_RUM_1_Output: 'room_temperature',
    })
    expect(fields.room_temperature).toBeUndefined()
    expect(missing).toEqual(['room_temperature'])
  })

  test('an override may add a field the catalogue does not know', () => {
    const { fields } = map(fixtureEntries('variables-902.json'), {
      ELM1_Watt_Tot: 'electric_power',
      POOL_AKTIV_Input: 'pool_active',
    })
    expect(fields).toMatchObject({ electric_power: 1240, pool_active: 0 })
    expect(Object.keys(fields)).toHaveLength(15)
  })

  test('two overrides of one field are a fault of the configuration', () => {
    expect(() => fieldSources({ A: 'room_temperature', B: 'room_temperature' })).toThrow(BadConfig)
  })

  test.each([
    ['text with a decimal dot', 'AI_GT_UTE_Output', ' -3.456 ', { outdoor_temperature: -3.46 }],
    ['a flag as text', 'FORC_BORTALAGE', 'True', { away_mode: 1 }],
    ['a flag as a number', 'FORC_BORTALAGE', 0, { away_mode: 0 }],
    ['zero is a value', 'VMM1_Power', 0, { dh_power: 0 }],
    ['a tiny negative number is zero without a sign', 'AI_GT_UTE_Output', -0.001, { outdoor_temperature: 0 }],
    ['the edge of the plausible range', 'MEAN_GT_RUM_1_Output', 35, { room_temperature: 35 }],
  ])('%s', (_name, shortName, value, expected) => {
    expect(mapOne(shortName, value).fields).toEqual(expected)
  })

  test.each<[string, string, string, Value]>([
    ['a sensor of an unused zone', 'MEAN_GT_RUM_1_Output', 'room_temperature', 0],
    ['a broken outdoor sensor', 'AI_GT_UTE_Output', 'outdoor_temperature', -60],
    ['a decimal comma', 'AI_GT_UTE_Output', 'outdoor_temperature', '-3,4'],
    ['an empty text, which is not zero', 'VMM1_Power', 'dh_power', ''],
    ['a flag where a temperature belongs', 'MEAN_GT_RUM_1_Output', 'room_temperature', true],
    ['a number that is no flag', 'FORC_BORTALAGE', 'away_mode', 2],
  ])('%s is rejected and said so', (_name, shortName, field, value) => {
    const { fields, missing, rejected } = mapOne(shortName, value)
    expect(fields).toEqual({})
    expect(missing).not.toContain(field)
    expect(rejected).toEqual([{ field, value }])
  })

  test('null is missing, not zero', () => {
    const { fields, missing, rejected } = mapOne('VMM1_Power', null, 'Pending')
    expect([fields, rejected]).toEqual([{}, []])
    expect(missing).toContain('dh_power')
  })

  test('the last value of an unreachable meter is not what it measures now', () => {
    expect(mapOne('VMM1_Power', 4.2, 'ErrorUnreachable').fields).toEqual({})
  })

  test('a second heating circuit and longer names do not match', () => {
    const entries = ['KU_VS2_GT_TILL_1_SetPoint', 'KU_VS1_GT_TILL_1_SetPointX', 'XKU_VS1_GT_TILL_1_SetPoint']
    expect(map(entries.map((name) => ({ variable: `H.${name}`, value: 21, type: 'Response' }))).fields).toEqual({})
  })

  test('names under the house go before nested ones of the same short name, in any order', () => {
    const entries = [
      { variable: 'H.Backup.AI_GT_UTE_Output', path: 'Cwl.Advise.A[9]', value: 9, type: 'Response' },
      { variable: 'H.AI_GT_UTE_Output', path: 'Cwl.Advise.A[1]', value: 1, type: 'Response' },
    ]
    expect(map(entries).fields.outdoor_temperature).toBe(1)
    expect(map(entries.toReversed()).fields.outdoor_temperature).toBe(1)
  })

  test('says how old each value is', () => {
    const { asOf } = map(fixtureEntries('variables-901.json'))
    expect(asOf.outdoor_temperature).toBe(Date.parse('2026-01-15T06:10:05.830Z'))
  })

  test('entries of another shape are passed over', () => {
    const odd = [null, 7, 'text', [], {}, { variable: 5 }, { variable: 'H.AI_GT_UTE_Output', value: { nested: 1 } }]
    expect(map(odd).fields).toEqual({})
    expect(mapOne('AI_GT_UTE_Output', 1).fields).toEqual({ outdoor_temperature: 1 })
  })
})
