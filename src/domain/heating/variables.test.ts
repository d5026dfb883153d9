import { describe, expect, test } from 'vitest'
import { CURVE_POINTS } from './curve.ts'
import { CONTROL_VARIABLES, curveVariable, HOUSE_VARIABLES } from './variables.ts'

describe('variable catalogue of a house', () => {
  test('17 variables, each with its own name and field', () => {
    expect(HOUSE_VARIABLES).toHaveLength(17)
    expect(new Set(HOUSE_VARIABLES.map(({ shortName }) => shortName)).size).toBe(17)
    expect(new Set(HOUSE_VARIABLES.map(({ field }) => field)).size).toBe(17)
  })

  test('every plausible range runs from low to high', () => {
    for (const { field, plausible } of HOUSE_VARIABLES) expect(plausible[0], field).toBeLessThan(plausible[1])
  })

  test('the four values of the heat meter belong to one device', () => {
    const meter = HOUSE_VARIABLES.filter(({ device }) => device === 'heat-meter').map(({ field }) => field)
    expect(meter).toEqual(['dh_supply_temp', 'dh_return_temp', 'dh_power', 'dh_flow'])
  })

  test('curve points are named as the controller names them', () => {
    expect(curveVariable('x', 1)).toBe('KU_VS1_GT_TILL_1_CurveAdaptation_X_1')
    expect(curveVariable('y', 10)).toBe('KU_VS1_GT_TILL_1_CurveAdaptation_Y_10')
    expect(curveVariable('yref', 7)).toBe('KU_VS1_GT_TILL_1_Yref7')
  })

  test('no two control names coincide', () => {
    const names = [
      ...Object.values(CONTROL_VARIABLES),
      ...CURVE_POINTS.flatMap((point) => [
        curveVariable('x', point),
        curveVariable('y', point),
        curveVariable('yref', point),
      ]),
    ]
    expect(new Set(names).size).toBe(names.length)
  })
})
