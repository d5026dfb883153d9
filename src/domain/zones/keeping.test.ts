import { describe, expect, test } from 'vitest'
import {
  afterCommand,
  afterReading,
  type KeepingState,
  NOTHING_COMMANDED,
  nextAttemptAt,
  wasTurnedByHand,
} from './keeping.ts'

const options = { verifySeconds: 15, setpointStep: 0.1 }
const SECOND = 1000
const MINUTE = 60_000
const commanded = (time = 0, state: KeepingState = NOTHING_COMMANDED) =>
  afterCommand(state, { time, setpoint: 17, before: 22 })
const shows = (state: KeepingState, ...readings: readonly (readonly [time: number, shown: number | null])[]) =>
  readings.reduce((current, [time, shown]) => afterReading(current, time, shown, options), state)

describe('a device that returns to its own setpoint in its next cycle', () => {
  test('is not believed by a glance at once, and found out by two readings after more than one cycle', () => {
    const glanced = shows(commanded(), [3 * SECOND, 17], [10 * SECOND, 22])
    expect(glanced).toMatchObject({ outcome: 'pending', notKeepingSince: null })
    const once = shows(glanced, [30 * SECOND, 22])
    expect(once).toMatchObject({ outcome: 'pending', notKeepingSince: null, shown: 22 })
    const twice = shows(once, [60 * SECOND, 22])
    expect(twice).toMatchObject({ outcome: 'lost', lost: 1, notKeepingSince: 60 * SECOND })
    expect(wasTurnedByHand(twice)).toBe(false)
  })

  test('is asked ever more rarely: after 5 min, 15 min, 1 h, 4 h, then every 6 h', () => {
    let state = NOTHING_COMMANDED
    let time = 0
    const waits: number[] = []
    for (let attempt = 0; attempt < 7; attempt++) {
      state = shows(commanded(time, state), [time + 30 * SECOND, 22], [time + 60 * SECOND, 22])
      const next = nextAttemptAt(state) ?? Number.NaN
      waits.push((next - time) / MINUTE)
      time = next
    }
    expect(waits).toEqual([5, 15, 60, 240, 360, 360, 360])
    expect(state.notKeepingSince).toBe(60 * SECOND)
  })

  test('found out also when the first readings still showed the new value', () => {
    const state = shows(commanded(), [20 * SECOND, 17], [50 * SECOND, 22], [80 * SECOND, 22])
    expect(state).toMatchObject({ outcome: 'lost', lost: 1 })
    expect(wasTurnedByHand(state)).toBe(false)
  })

  test('is trusted again when a command has stood for ten minutes', () => {
    const lost = shows(commanded(), [30 * SECOND, 22], [60 * SECOND, 22])
    const retried = shows(commanded(5 * MINUTE, lost), [6 * MINUTE, 17])
    expect(retried.notKeepingSince).not.toBeNull()
    const stood = shows(retried, [15 * MINUTE, 17])
    expect(stood).toMatchObject({ outcome: 'kept', lost: 0, notKeepingSince: null })
    expect(nextAttemptAt(stood)).toBeNull()
  })
})

describe('a device that keeps its setpoint', () => {
  test('may cut it to its resolution', () => {
    expect(shows(commanded(), [30 * SECOND, 16.9]).outcome).toBe('kept')
    expect(shows(commanded(), [30 * SECOND, 16.7], [60 * SECOND, 16.7]).outcome).toBe('lost')
  })

  test('is not accused for one odd reading, nor for one without a setpoint', () => {
    const kept = shows(commanded(), [30 * SECOND, 17], [60 * SECOND, 22], [90 * SECOND, 17])
    expect(kept).toMatchObject({ outcome: 'kept', contradictions: 0, notKeepingSince: null })
    expect(shows(commanded(), [30 * SECOND, null], [60 * SECOND, null]).outcome).toBe('pending')
  })

  test('was turned by hand when it shows a value it did not have before', () => {
    const turned = shows(commanded(), [30 * SECOND, 17], [60 * SECOND, 20], [90 * SECOND, 20])
    expect(wasTurnedByHand(turned)).toBe(true)
    expect(turned.notKeepingSince).toBeNull()
    expect(nextAttemptAt(turned)).toBeNull()
  })

  test('was turned by hand also to the value of before when the command had stood for ten minutes', () => {
    const turned = shows(commanded(), [11 * MINUTE, 17], [60 * MINUTE, 22], [61 * MINUTE, 22])
    expect(wasTurnedByHand(turned)).toBe(true)
  })

  test('that was never written to proves nothing', () => {
    expect(shows(NOTHING_COMMANDED, [30 * SECOND, 22])).toBe(NOTHING_COMMANDED)
  })
})
