import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addDays } from '../time/day.ts'
import { isUnderWay, plannedEnd, type SavingsTrial, stateOf, type TrialPlan, trialDay, usualWashOut } from './trial.ts'

const TRIAL: SavingsTrial = {
  seed: 7,
  start: '2026-01-12',
  blockDays: 2,
  washOutDays: 1,
  pairs: 7,
  begunBy: 'test',
  begunAt: '2026-01-11T10:00:00Z',
  stoppedOn: null,
  stopReason: null,
}

const plans: fc.Arbitrary<TrialPlan> = fc
  .record({
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    start: fc.integer({ min: 0, max: 900 }).map((day) => addDays('2025-01-01', day)),
    blockDays: fc.integer({ min: 1, max: 14 }),
    pairs: fc.integer({ min: 5, max: 60 }),
  })
  .map((plan) => ({ ...plan, washOutDays: usualWashOut(plan.blockDays) }))

const daysOf = (plan: TrialPlan) =>
  Array.from({ length: 2 * plan.pairs * plan.blockDays }, (_, day) => trialDay(plan, addDays(plan.start, day)))

describe('the plan of a trial', () => {
  test('gives both arms the same days in every pair', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const days = daysOf(plan)
        for (let pair = 0; pair < plan.pairs; pair += 1) {
          for (const arm of ['baseline', 'control'] as const) {
            const own = days.filter((day) => day?.pair === pair && day.arm === arm)
            expect(own).toHaveLength(plan.blockDays)
            expect(own.filter((day) => day?.counts)).toHaveLength(plan.blockDays - plan.washOutDays)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  test('begins and ends with its dates, also over a change of the clocks', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(trialDay(plan, addDays(plan.start, -1))).toBeNull()
        expect(trialDay(plan, plan.start)).not.toBeNull()
        expect(trialDay(plan, addDays(plannedEnd(plan), -1))).not.toBeNull()
        expect(trialDay(plan, plannedEnd(plan))).toBeNull()
      }),
    )
  })

  test('is drawn: either arm comes first in about half of the pairs', () => {
    const first = Array.from({ length: 400 }, (_, seed) => trialDay({ ...TRIAL, seed }, TRIAL.start)?.arm)
    const baselines = first.filter((arm) => arm === 'baseline').length
    expect(baselines).toBeGreaterThan(160)
    expect(baselines).toBeLessThan(240)
    const orders = daysOf({ ...TRIAL, pairs: 60 }).filter((_, day) => day % 4 === 0)
    expect(new Set(orders.map((day) => day?.arm)).size).toBe(2)
  })

  test('one that was stopped keeps its days up to then', () => {
    const stopped = { ...TRIAL, stoppedOn: '2026-01-15' }
    expect(trialDay(stopped, '2026-01-14')).toEqual(trialDay(TRIAL, '2026-01-14'))
    expect(trialDay(stopped, '2026-01-15')).toBeNull()
  })
})

test('a trial is planned, running, ended or stopped', () => {
  expect(['2026-01-11', '2026-01-12', '2026-02-08', '2026-02-09'].map((today) => stateOf(TRIAL, today))).toEqual([
    'planned',
    'running',
    'running',
    'ended',
  ])
  expect(stateOf({ ...TRIAL, stoppedOn: '2026-01-15' }, '2026-01-20')).toBe('stopped')
  expect(isUnderWay(TRIAL, '2026-01-11')).toBe(true)
  expect(isUnderWay(TRIAL, '2026-02-09')).toBe(false)
})
