import { expect, test } from 'vitest'
import { decide } from '../control/decide.ts'
import type { DecisionInputs } from '../control/decision.ts'
import { inputsOf } from '../control/testing/inputs.ts'

const onTrial = (change: Partial<DecisionInputs> = {}): DecisionInputs => ({
  ...inputsOf(change),
  trialDay: 'baseline',
})

test('on a baseline day of a trial the curve of the house stands, and the reason says so', () => {
  const inputs = onTrial()
  const lowered = inputs.baselineCurve.map((supply) => supply - 5)
  const decision = decide({ ...inputs, presentCurve: lowered })
  expect(decision).toMatchObject({ action: 'restore', shiftK: 0, by: 'baseline' })
  expect(decision.curve).toEqual(inputs.baselineCurve)
  expect(decision.reason).toEqual({
    sv: 'Växlingsförsök: en dag på grundkurvan.',
    en: 'Switch-back trial: a day on the baseline.',
  })
})

test('there is nothing to write when it stands already', () => {
  const inputs = onTrial()
  expect(decide({ ...inputs, presentCurve: inputs.baselineCurve })).toMatchObject({ action: 'keep', shiftK: 0 })
})

test('made again from its stored inputs it is the same, and the rules go on from where they were', () => {
  const inputs = onTrial({ rulesState: { integralKh: 3, updatedAt: 5, caution: 0.2 } })
  expect(decide(JSON.parse(JSON.stringify(inputs)) as DecisionInputs)).toEqual(decide(inputs))
  expect(decide(inputs).nextRulesState).toEqual({ integralKh: 3, updatedAt: inputs.time, caution: 0.2 })
})
