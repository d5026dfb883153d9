import { expect, test } from 'vitest'
import { afterAbsence } from './absence.ts'
import { afterCommand, afterReading, nextAttemptAt } from './keeping.ts'
import { initialZoneState } from './state.ts'

const options = { verifySeconds: 15, setpointStep: 0.1 }

test('a device that comes back with another setpoint is neither accused nor taken for turned by hand', () => {
  const fresh = initialZoneState()
  const keeping = afterCommand(fresh.keeping, { time: 0, setpoint: 21, before: 17 })
  const back = afterAbsence({ ...fresh, keeping })
  const shown = afterReading(back.keeping, 60_000, 17, options)
  expect(afterReading(shown, 120_000, 17, options)).toMatchObject({ outcome: 'pending', notKeepingSince: null })
})

test('one that does not keep its setpoint stays known for it, but is told once more', () => {
  const fresh = initialZoneState()
  const commanded = afterCommand(fresh.keeping, { time: 0, setpoint: 21, before: 17 })
  const lost = [30_000, 60_000].reduce((state, time) => afterReading(state, time, 17, options), commanded)
  const { keeping } = afterAbsence({ ...fresh, keeping: lost })
  expect(keeping).toMatchObject({ lost: 1, notKeepingSince: 60_000, commanded: null })
  expect(nextAttemptAt(lost)).not.toBeNull()
  expect(nextAttemptAt(keeping)).toBeNull()
})
