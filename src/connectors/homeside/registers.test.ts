import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURVE_POINTS, OUTDOOR_AXIS } from '../../domain/heating/curve.ts'
import { discoverRegisters, readControlValues, readCurve } from './registers.ts'
import { type Entry, fixtureEntries } from './testing/portal.ts'
import { indexByShortName, parseVariables } from './variables.ts'

const T = 'KU_VS1_GT_TILL_1_'

function discover(entries: readonly Entry[]) {
  return discoverRegisters(indexByShortName(parseVariables(entries)))
}

function from(first: number) {
  return Object.fromEntries(CURVE_POINTS.map((point) => [point, first + point - 1]))
}

function change(entries: readonly Entry[], shortName: string, patch: Partial<Entry>): Entry[] {
  const changed = entries.map((entry) => (entry.variable.endsWith(`.${shortName}`) ? { ...entry, ...patch } : entry))
  expect(changed).not.toEqual(entries)
  return changed
}

const COMPLETE = { x: true, y: true, yref: true, adaption: true, setPoint: true }

describe('discovery of registers', () => {
  test('layout A, house 901', () => {
    expect(discover(fixtureEntries('variables-901.json'))).toEqual({
      x: from(54),
      y: from(64),
      yref: from(84),
      adaption: 17,
      setPoint: 10,
      complete: COMPLETE,
      axis: 'verified',
      conflicts: [],
    })
  })

  test('layout B, house 902: register 70 belongs to the axis here', () => {
    const layout = discover(fixtureEntries('variables-902.json'))
    expect(layout).toMatchObject({ x: from(67), y: from(77), yref: from(104), adaption: 29, setPoint: 22 })
    expect(layout).toMatchObject({ complete: COMPLETE, axis: 'verified', conflicts: [] })
    expect(layout.x[4]).toBe(70)
  })

  test('any other layout, in any order, with numbers as text', () => {
    const original = fixtureEntries('variables-901.json')
    const shuffled = fc.shuffledSubarray(original, { minLength: original.length, maxLength: original.length })
    const numbers = fc.uniqueArray(fc.nat(400), { minLength: original.length, maxLength: original.length })
    fc.assert(
      fc.property(shuffled, numbers, fc.boolean(), (entries, registers, asText) => {
        const moved = entries.map((entry, index) => ({
          ...entry,
          path: `Cwl.Advise.A[${registers[index]}]`,
          value: asText && entry.value !== null ? String(entry.value) : entry.value,
        }))
        const layout = discover(moved)
        expect(layout.complete).toEqual(COMPLETE)
        expect(layout.axis).toBe('verified')
        for (const point of CURVE_POINTS) {
          const entry = moved.find(({ variable }) => variable.endsWith(`.${T}Yref${point}`))
          expect(`Cwl.Advise.A[${layout.yref[point]}]`).toBe(entry?.path)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('registers are known during a pending spell, but the axis cannot be checked then', () => {
    const layout = discover(fixtureEntries('variables-902-pending.json'))
    expect(layout.complete).toEqual(COMPLETE)
    expect(layout.axis).toBe('unknown')
  })

  test('an axis point with another value is a mismatch', () => {
    const wrong = change(fixtureEntries('variables-901.json'), `${T}CurveAdaptation_X_4`, { value: 31.5 })
    expect(discover(wrong).axis).toBe('mismatch')
  })

  test.each(['Cwl.Advise.B[64]', 'Cwl.Advise.A[64].x', 'Cwl.Advise.A[]', 'Cwl.Advise.A[-1]', ' Cwl.Advise.A[64]', ''])(
    'an address of the form "%s" is no register',
    (path) => {
      const layout = discover(change(fixtureEntries('variables-901.json'), `${T}CurveAdaptation_Y_1`, { path }))
      expect(layout.y[1]).toBeUndefined()
      expect(layout.complete).toEqual({ ...COMPLETE, y: false })
    },
  )

  test('a second circuit is not taken for the first', () => {
    const second = fixtureEntries('variables-901.json').map((entry) => ({
      ...entry,
      variable: entry.variable.replace('_VS1_', '_VS2_'),
    }))
    const layout = discover(second)
    expect(layout).toMatchObject({ x: {}, y: {}, yref: {}, adaption: null, setPoint: null, axis: 'unknown' })
    expect(Object.values(layout.complete)).not.toContain(true)
  })

  test('a name at two registers is a conflict, and neither is used', () => {
    const entries = fixtureEntries('variables-901.json')
    const twin = entries.filter(({ variable }) => variable.endsWith(`.${T}Yref3`))
    const layout = discover([...entries, ...twin.map((entry) => ({ ...entry, path: 'Cwl.Advise.A[200]' }))])
    expect(layout.yref[3]).toBeUndefined()
    expect(layout.complete.yref).toBe(false)
    expect(layout.conflicts).toEqual([`${T}Yref3 is found at several registers`])
  })

  test('a register under two names is a conflict, and neither is used', () => {
    const layout = discover(change(fixtureEntries('variables-901.json'), `${T}Yref3`, { path: 'Cwl.Advise.A[57]' }))
    expect(layout.yref[3]).toBeUndefined()
    expect(layout.x[4]).toBeUndefined()
    expect(layout.conflicts).toEqual([`register 57 is claimed by ${T}Yref3 and ${T}CurveAdaptation_X_4`])
  })
})

describe('values around the curve', () => {
  test('curve and control values of house 901', () => {
    const index = indexByShortName(parseVariables(fixtureEntries('variables-901.json')))
    const curve = readCurve(index)
    expect(curve?.x).toEqual(OUTDOOR_AXIS)
    expect(curve?.y).toMatchObject({ 1: 58, 5: 47.125, 10: 24 })
    expect(curve?.yref).toMatchObject({ 5: 46, 10: 24 })
    expect(readControlValues(index)).toEqual({
      adaption: true,
      adaptTime: 6,
      adaptDelay: 180,
      setPoint: 21.5,
      lowLimit: 20,
      highLimit: 62,
      maxNegativeDeviation: 4,
      maxPositiveDeviation: 4,
      curveOutput: 41.9402237,
      supplySetpoint: 41.9402237,
    })
  })

  test('a curve that was not delivered is null, a point that was not is absent', () => {
    const read = (name: string) => readCurve(indexByShortName(parseVariables(fixtureEntries(name))))
    expect(read('variables-902-pending.json')).toBeNull()
    const partly = change(fixtureEntries('variables-902.json'), `${T}Yref5`, { value: null, type: 'Pending' })
    expect(readCurve(indexByShortName(parseVariables(partly)))?.yref).not.toHaveProperty('5')
  })
})
