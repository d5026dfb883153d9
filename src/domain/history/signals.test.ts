import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MEASUREMENTS } from '../measurements.ts'
import type { HistorySignal } from './row.ts'
import { buildingHistoryFields, houseHistoryFields } from './signals.ts'

const ID = 'HEM_FJV_Villa_901'

interface Listed {
  readonly data: { readonly analogs: { readonly items: HistorySignal[] } }
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/homeside/history-signals.json', import.meta.url), 'utf8'),
) as Listed
const signals = fixture.data.analogs.items
const signal = (short: string, unit: string | null = '°C'): HistorySignal => ({
  id: short,
  name: `${ID}.${short}`,
  unit,
})
const fieldsOf = (...given: Parameters<typeof houseHistoryFields>) =>
  houseHistoryFields(...given).fields.map(({ field }) => field)

describe('signals of a house', () => {
  test('14 of the 15 in the fixture have a field of the registry', () => {
    const { fields, missing, problems } = houseHistoryFields(ID, signals)
    expect(houseHistoryFields(ID, signals.slice(1)).missing).toEqual(['outdoor_temperature'])
    expect(Object.fromEntries(fields.map(({ signalId, field }) => [field, signalId]))).toMatchObject({
      outdoor_temperature: 'aW52ZW50ZWQtYW5hbG9nLTE=',
      outdoor_temp_24h_avg: 'aW52ZW50ZWQtYW5hbG9nLTI=',
      room_temperature: 'aW52ZW50ZWQtYW5hbG9nLTM=',
      dh_energy_total: 'aW52ZW50ZWQtYW5hbG9nLTE0',
    })
    expect(fields).toHaveLength(14)
    for (const { field } of fields) expect(MEASUREMENTS.heating_system.fields).toHaveProperty(field)
    expect(missing).toEqual([])
    expect(problems).toEqual([])
  })

  test('names are matched whole and under this house only', () => {
    const others = [
      signal('GT_UTE_MEDEL'),
      signal('AI_VS2_GT_TILL_1_Output'),
      { id: 'x', name: 'HEM_FJV_Villa_9012.GT_UTE', unit: '°C' },
      { id: 'y', name: 'GT_UTE', unit: '°C' },
    ]
    expect(houseHistoryFields(ID, others).fields).toEqual([])
  })

  test('a server that uses the name of the controller is understood too; the history name goes first', () => {
    expect(houseHistoryFields(ID, [signal('AI_GT_UTE_Output')]).fields).toMatchObject([
      { field: 'outdoor_temperature', signalId: 'AI_GT_UTE_Output' },
    ])
    expect(houseHistoryFields(ID, [signal('AI_GT_UTE_Output'), signal('GT_UTE')]).fields).toMatchObject([
      { field: 'outdoor_temperature', signalId: 'GT_UTE' },
    ])
  })

  test('an override takes the place of the standard source', () => {
    const overrides = { AI_ZON1_GT_RUM_1_Output: 'room_temperature' }
    const listed = [signal('MEAN_GT_RUM_1_Output'), signal('AI_ZON1_GT_RUM_1_Output')]
    expect(houseHistoryFields(ID, listed, overrides).fields).toMatchObject([
      { field: 'room_temperature', signalId: 'AI_ZON1_GT_RUM_1_Output' },
    ])
  })

  test('an override the history does not have leaves the field out: its standard source is known to be wrong', () => {
    const overrides = { AI_ZON1_GT_RUM_1_Output: 'room_temperature' }
    expect(fieldsOf(ID, [signal('MEAN_GT_RUM_1_Output')], overrides)).toEqual([])
  })

  test('a signal that an override uses for another field does not serve its own', () => {
    const listed = [signal('AI_VS1_GT_RETUR_1_Output')]
    expect(fieldsOf(ID, listed, { AI_VS1_GT_RETUR_1_Output: 'supply_temp' })).toEqual(['supply_temp'])
  })

  test('energy comes in kWh, whatever the unit; an unknown unit is a problem and not a guess', () => {
    const factorOf = (unit: string | null) => houseHistoryFields(ID, [signal('VMM1_Energy', unit)]).fields[0]?.factor
    expect([factorOf('kWh'), factorOf('MWh'), factorOf(null)]).toEqual([1, 1000, 1])
    const { fields, problems } = houseHistoryFields(ID, [signal('VMM1_Energy', 'Gcal')])
    expect(fields).toEqual([])
    expect(problems).toEqual([expect.stringContaining('Gcal')])
  })

  test('temperatures and setpoints may fill a hole, power, flow, energy and pressure never', () => {
    const { fields } = houseHistoryFields(ID, signals)
    const fillable = fields.filter((field) => field.fillable).map(({ field }) => field)
    expect(fillable).toEqual(expect.arrayContaining(['room_temperature', 'target_temp_setpoint', 'supply_setpoint']))
    for (const never of ['dh_power', 'dh_flow', 'dh_energy_total', 'system_pressure']) {
      expect(fillable).not.toContain(never)
    }
  })
})

test('signals of a building follow its configuration: lower bound, nature by unit and name', () => {
  const base = { signalId: '1', name: 'K1.GT_UTE', minValue: null }
  const [outdoor, setpoint, energy, exhaust] = buildingHistoryFields([
    { ...base, field: 'outdoor_temp_fvc', unit: '°C' },
    { ...base, field: 'vs1_supply_setpoint', unit: '°C' },
    { ...base, field: 'vmm1_energy_kwh', unit: 'kWh', minValue: 0 },
    { ...base, field: 'ahu1_exhaust_temp', unit: '°C', minValue: -20 },
  ])
  expect(outdoor).toMatchObject({ nature: 'sensor', fillable: true, decimals: 4 })
  expect(setpoint).toMatchObject({ nature: 'other', fillable: true })
  expect(energy).toMatchObject({ nature: 'counter', fillable: false, plausible: [0, 1e12] })
  expect(exhaust).toMatchObject({ nature: 'other', plausible: [-20, 250] })
})
