import { expect, test } from 'vitest'
import { signalCategory } from './signal-category.ts'
import { type ChoosableSignal, chooseSignals, type SignalChoice } from './signal-choice.ts'

const FIELDS: Readonly<Record<string, string | null>> = {
  'K1.AI_VS1_GT_TILL_1_Output': 'vs1_supply_temp',
  'K1.BUS_ELM1_Utgång': 'elm1_energy_kwh',
  'K1.BUS_VMM1_E_kWh_Utgång': 'vmm1_energy_kwh',
  'K1.GT_UTE': 'outdoor_temp_fvc',
  'K1.7': null,
}
const SIGNALS: ChoosableSignal[] = Object.entries(FIELDS).map(([name, proposedField]) => ({
  name,
  proposedField,
  category: signalCategory(name),
}))
const chosen = (choice: SignalChoice) => [...chooseSignals(choice, SIGNALS).names].sort()

test('all are those that can be stored', () => {
  expect(chosen({ all: true })).toEqual(
    Object.keys(FIELDS)
      .filter((name) => name !== 'K1.7')
      .sort(),
  )
})

test('categories, and meters for every kind of meter', () => {
  expect(chosen({ categories: ['heating'] })).toEqual(['K1.AI_VS1_GT_TILL_1_Output'])
  expect(chosen({ categories: ['meters', 'climate'] })).toEqual([
    'K1.BUS_ELM1_Utgång',
    'K1.BUS_VMM1_E_kWh_Utgång',
    'K1.GT_UTE',
  ])
})

test('names are full ones, with letters composed or not, or those of fields', () => {
  expect(chosen({ names: ['K1.BUS_ELM1_Utga\u030Ang', 'outdoor_temp_fvc'] })).toEqual([
    'K1.BUS_ELM1_Utgång',
    'K1.GT_UTE',
  ])
})

test('what means nothing here is said', () => {
  expect(chooseSignals({ categories: ['warmth'] }, SIGNALS).problems).toEqual([
    expect.stringContaining('there is no category "warmth"; there are district_heating'),
  ])
  expect(chooseSignals({ names: ['K1.GT', 'K1.7'] }, SIGNALS).problems).toEqual([
    'there is no signal "K1.GT"',
    'K1.7 cannot be stored: no field can be named after it without confusion',
  ])
})
