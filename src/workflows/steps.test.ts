import { expect, test } from 'vitest'
import { Steps } from './steps.ts'

test('steps begin pending, and tell where the work is', () => {
  const steps = new Steps(['sign in', 'write', 'start', 'import'])
  expect(steps.describe()).toMatchObject({ step: 'sign in', percent: 0, steps: [{ state: 'pending' }, {}, {}, {}] })
  steps.begin('sign in')
  steps.done('sign in', 'Villa Ek')
  steps.begin('write')
  expect(steps.at).toBe('write')
  expect(steps.describe()).toEqual({
    step: 'write',
    percent: 25,
    steps: [
      { name: 'sign in', state: 'done', detail: 'Villa Ek' },
      { name: 'write', state: 'running', detail: null },
      { name: 'start', state: 'pending', detail: null },
      { name: 'import', state: 'pending', detail: null },
    ],
  })
})

test('steps that are left out behind a failure make no progress', () => {
  const steps = new Steps(['sign in', 'write', 'start'])
  steps.begin('sign in')
  steps.fail('sign in', 'refused')
  steps.skip('write')
  steps.skip('start')
  expect(steps.describe().percent).toBe(0)
  expect(steps.stateOf('sign in')).toBe('failed')
})

test('a step begun again has forgotten what came of it', () => {
  const steps = new Steps(['write'])
  steps.begin('write')
  steps.undo('write', 'taken back')
  expect(steps.describe().steps).toEqual([{ name: 'write', state: 'undone', detail: 'taken back' }])
  steps.begin('write')
  expect(steps.describe().steps).toEqual([{ name: 'write', state: 'running', detail: null }])
})
