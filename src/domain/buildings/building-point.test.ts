import { describe, expect, test } from 'vitest'
import { fieldOf, storedAnalog, storedDigital } from './building-point.ts'

describe('a signal of a building', () => {
  test('is stored under its configured field, else under one made from its name', () => {
    expect(fieldOf('HEM_Kontor1.GT_UTE', { fieldName: 'outdoor_temp_fvc' })).toBe('outdoor_temp_fvc')
    expect(fieldOf('HEM_Kontor1.GT_UTE', { fieldName: null })).toMatch(/^[a-z][a-z0-9_]*$/)
  })

  test('keeps four decimals, and a dead sensor below its minimum is not stored', () => {
    expect(storedAnalog(0.9300000071525574, { fieldName: null })).toBe(0.93)
    expect(storedAnalog(0, { fieldName: null, minimum: 5 })).toBeNull()
    expect(storedAnalog(0, { fieldName: null })).toBe(0)
    expect(storedAnalog(Number.NaN, { fieldName: null })).toBeNull()
  })

  test('a state is 1 or 0, and an unknown word is not guessed at', () => {
    expect(['ON', 'off', 'Till', 'Från', 'Larm', '', null].map((state) => storedDigital(state))).toEqual([
      1,
      0,
      1,
      0,
      null,
      null,
      null,
    ])
  })
})
