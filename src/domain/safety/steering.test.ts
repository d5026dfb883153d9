import { describe, expect, test } from 'vitest'
import { judgeSteering } from './steering.ts'

const NOW = Date.UTC(2026, 0, 10, 7)
const OLD = [50, 48, 46, 44, 42, 39, 36, 32, 27, 22]
const LOWERED = OLD.map((supply) => supply - 2)
/** At 0 °C the old curve asks for 36 °C; the room target adds half a kelvin. */
const watch = { since: NOW, supplySetpoint: 36.5, outdoor: 0, curve: OLD }
const at = (minutes: number, change: Partial<Parameters<typeof judgeSteering>[1]> = {}) => ({
  time: NOW + minutes * 60_000,
  pollSeconds: 300,
  supplySetpoint: 36.5,
  outdoor: 0,
  curve: LOWERED,
  lowest: 20,
  highest: 60,
  ...change,
})

describe('a house', () => {
  test('whose aim goes where the written curve leads follows, at once', () => {
    expect(judgeSteering(watch, at(0, { supplySetpoint: 34.5 }))).toBe(true)
  })

  test('whose aim stays is given ten minutes, then it is not steerable', () => {
    expect(judgeSteering(watch, at(9))).toBeNull()
    expect(judgeSteering(watch, at(10))).toBe(false)
  })

  test('that is read every three seconds is given as many readings, not as much time', () => {
    expect(judgeSteering(watch, at(0.4, { pollSeconds: 3 }))).toBeNull()
    expect(judgeSteering(watch, at(0.5, { pollSeconds: 3 }))).toBe(false)
  })

  test('is not said to follow because it grew colder outdoors meanwhile', () => {
    // The old curve asks for 2.4 K more at −4 °C: a lowered aim would show 36.9 °C, a deaf one 38.9 °C.
    expect(judgeSteering(watch, at(10, { outdoor: -4, supplySetpoint: 38.9 }))).toBe(false)
    expect(judgeSteering(watch, at(10, { outdoor: -4, supplySetpoint: 36.9 }))).toBe(true)
  })

  test('is not judged while both curves lead to the same, such as at a limit of the controller', () => {
    expect(judgeSteering(watch, at(60, { curve: OLD.map((supply) => supply - 0.5) }))).toBeNull()
    expect(judgeSteering(watch, at(60, { lowest: 36.4 }))).toBeNull()
  })
})
