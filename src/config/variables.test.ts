import { expect, test } from 'vitest'
import { overridesOf, parseVariables } from './variables.ts'

test('a house departs from the list of the installation, which departs from the standard one', () => {
  const { config } = parseVariables({
    AI_ZON1_GT_RUM_1_Output: 'room_temperature',
    GT_UTE: { field: 'outdoor_temperature', unit: '°C' },
  })
  expect(overridesOf(config ?? {}, {})).toEqual({
    AI_ZON1_GT_RUM_1_Output: 'room_temperature',
    GT_UTE: 'outdoor_temperature',
  })
  expect(overridesOf(config ?? {}, { AI_ZON2_GT_RUM_1_Output: 'room_temperature' })).toEqual({
    GT_UTE: 'outdoor_temperature',
    AI_ZON2_GT_RUM_1_Output: 'room_temperature',
  })
})

test('two variables for one field are a fault that names both', () => {
  expect(parseVariables({ A: 'room_temperature', B: 'room_temperature' }).problems).toEqual([
    { path: 'B.field', message: 'expected a field of its own, found room_temperature, which A names already' },
  ])
})
