import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CURVE_POINTS, type CurvePoints } from '../heating/curve.ts'
import type { TestHold } from '../inertia/hold.ts'
import {
  adopted,
  beginRestore,
  beginTaking,
  beginTest,
  beginWrite,
  type ControllerReading,
  type ControlRecord,
  captureBaseline,
  FREE,
  isLive,
  isRefusal,
  LEASE_MS,
  needsRestore,
  nowFree,
  nowHeld,
  renewed,
  startingCurve,
  written,
} from './house-control.ts'

const NOW = Date.UTC(2026, 0, 10, 7)
const YREF = [50, 48, 46, 44, 42, 39, 36, 32, 27, 22]
const Y = [50.5, 48.5, 46.5, 44.5, 42.375, 39.25, 36.25, 32.125, 27, 22]

function points(values: readonly (number | undefined)[]): CurvePoints {
  const entries = CURVE_POINTS.map((point, index) => [point, values[index]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

const reading = (change: Partial<ControllerReading> = {}): ControllerReading => ({
  yref: points(YREF),
  y: points(Y),
  adaption: true,
  setpoint: 21,
  axis: 'verified',
  ...change,
})

function baseline() {
  const captured = captureBaseline(FREE, reading(), NOW)
  if (isRefusal(captured)) throw new Error(captured.refused)
  return captured
}

const taken = (): ControlRecord => beginTaking(FREE, baseline(), { now: NOW, by: 'Ann', mode: 'rules', origin: 'real' })
const held = (): ControlRecord => nowHeld(taken())

describe('a baseline', () => {
  test('is captured with both curves, the adaptation and the room target', () => {
    expect(baseline()).toEqual({ capturedAt: NOW, yref: YREF, y: Y, adaption: true, setpoint: 21 })
  })

  test('with any value missing is none', () => {
    fc.assert(
      fc.property(fc.constantFrom('yref', 'y'), fc.constantFrom(...CURVE_POINTS), (series, point) => {
        const values = [...(series === 'y' ? Y : YREF)] as (number | undefined)[]
        values[point - 1] = undefined
        expect(captureBaseline(FREE, reading({ [series]: points(values) }), NOW)).toMatchObject({
          refused: expect.stringContaining(`point ${point} missing`),
        })
      }),
    )
  })

  test.each([
    ['an adaptation that was not delivered', { adaption: null }],
    ['an axis that was not delivered', { axis: 'unknown' }],
    ['an axis that is not the known one', { axis: 'mismatch' }],
  ] as const)('is not captured with %s', (_, change) => {
    expect(captureBaseline(FREE, reading(change), NOW)).toHaveProperty('refused')
  })

  test.each([
    ['taken', taken()],
    ['held', held()],
    ['being restored', beginRestore(held(), 'lapsed', null)],
  ])('is never captured while the house is %s: a curve of ours may stand in it', (_, record) => {
    expect(captureBaseline(record, reading(), NOW)).toHaveProperty('refused')
  })

  test('never changes while control lasts, whatever is written', () => {
    const shifts = fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 20 })
    fc.assert(
      fc.property(shifts, (steps) => {
        let record = held()
        for (const step of steps) {
          record = renewed(
            written(
              beginWrite(
                record,
                Y.map((supply) => supply + step / 10),
                NOW,
              ),
              null,
            ),
            NOW,
          )
        }
        expect(record.baseline).toEqual(baseline())
        expect(beginRestore(record, 'released', null).baseline).toEqual(baseline())
      }),
    )
  })
})

describe('the lease', () => {
  test('lasts half an hour from the last healthy cycle', () => {
    const record = renewed(held(), NOW + 60_000)
    expect(isLive(record, NOW + 60_000 + LEASE_MS - 1)).toBe(true)
    expect(isLive(record, NOW + 60_000 + LEASE_MS)).toBe(false)
    expect(needsRestore(record, NOW + 60_000 + LEASE_MS)).toBe(true)
  })

  test('that has lapsed can neither be renewed nor written under', () => {
    expect(() => renewed(held(), NOW + LEASE_MS)).toThrow('live lease')
    expect(() => beginWrite(held(), Y, NOW + LEASE_MS)).toThrow('live lease')
  })

  test('of a take-over that was never confirmed is none: its house is restored', () => {
    expect(isLive(taken(), NOW)).toBe(false)
    expect(needsRestore(taken(), NOW)).toBe(true)
  })

  test('a house is restored, held by a live lease, or free, at any time', () => {
    const records = fc.constantFrom(FREE, taken(), held(), beginRestore(held(), 'lapsed', null))
    fc.assert(
      fc.property(records, fc.integer({ min: -LEASE_MS, max: 3 * LEASE_MS }), (record, later) => {
        const states = [record.phase === 'free', isLive(record, NOW + later), needsRestore(record, NOW + later)]
        expect(states.filter(Boolean)).toHaveLength(1)
      }),
    )
  })
})

describe('control', () => {
  test('begins with the curve in force, to tenths', () => {
    expect(startingCurve({ y: Y })).toEqual([50.5, 48.5, 46.5, 44.5, 42.4, 39.3, 36.3, 32.1, 27, 22])
    expect(held().applied).toEqual(startingCurve({ y: Y }))
  })

  test('is ours until the restore is confirmed, for the reason it ended with first', () => {
    const restoring = beginRestore(beginRestore(held(), 'overridden', 'point 7'), 'lapsed', null)
    expect(restoring).toMatchObject({ phase: 'restoring', endReason: 'overridden', leaseUntil: null })
    expect(nowFree(restoring)).toMatchObject({ phase: 'free', baseline: null, endDetail: 'point 7', resume: false })
  })

  test('is taken again by itself only when a fault of ours ended it', () => {
    const resumesAfter = (...end: Parameters<typeof beginRestore> extends [unknown, ...infer Rest] ? Rest : never) =>
      nowFree(beginRestore(held(), ...end)).resume
    expect(resumesAfter('lapsed', null)).toBe(true)
    for (const reason of ['released', 'overridden', 'not-steerable', 'take-failed'] as const) {
      expect(resumesAfter(reason, null)).toBe(false)
    }
  })

  test('left by an earlier system is a lapsed lease', () => {
    const record = adopted(baseline(), 'real')
    expect(needsRestore(record, NOW)).toBe(true)
    expect(record.baseline).toEqual(baseline())
  })

  test('moves on in order only', () => {
    expect(() => nowHeld(held())).toThrow('not taking')
    expect(() => nowFree(held())).toThrow('not restoring')
    expect(() => beginRestore(FREE, 'released', null)).toThrow('nothing to restore')
    expect(() => beginTaking(held(), baseline(), { now: NOW, by: 'Ann', mode: 'rules', origin: 'real' })).toThrow()
  })

  test('held for a test says afterwards how that ended, and goes on steering only where it did before', () => {
    const hold = { testId: 't1', ending: null } as TestHold
    const tested = beginTest(held(), hold, NOW)
    expect(tested).toMatchObject({ phase: 'held', test: { testId: 't1' }, baseline: baseline() })
    const ending = { ...tested, test: { ...hold, ending: 'drop-reached' as const } }
    const free = nowFree(beginRestore(ending, 'test-ended', 'the room has fallen'))
    const lastTest = { testId: 't1', reason: 'drop-reached', detail: 'the room has fallen' }
    expect(free).toMatchObject({ phase: 'free', test: null, resume: true, lastTest })
    expect(nowFree(beginRestore({ ...ending, mode: 'monitor' }, 'test-ended', null)).resume).toBe(false)
    expect(nowFree(beginRestore(tested, 'lapsed', null)).lastTest).toMatchObject({ reason: 'lapsed' })
    const takenAgain = beginTaking(free, baseline(), { now: NOW, by: 'Ann', mode: 'rules', origin: 'real' })
    expect(takenAgain).toMatchObject({ test: null, lastTest })
    expect(() => beginTest(FREE, hold, NOW)).toThrow('live lease')
  })
})
