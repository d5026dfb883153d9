/** How an inertia test stands at the house, from what is stored. */
import { startingCurve } from '../../domain/safety/house-control.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { shiftAt } from '../control/transactions.ts'
import { controlRecordOf } from '../control/turn.ts'
import type { TestLook } from '../inertia-contract.ts'

export async function lookAtTest(
  application: Pick<ApplicationStore, 'getDocument' | 'getStatus'>,
  id: string,
  testId: string,
): Promise<TestLook> {
  const [record, row] = await Promise.all([
    controlRecordOf(application, id),
    application.getStatus({ kind: 'house', id }),
  ])
  const { room_temperature: indoor, outdoor_temperature: outdoor } = row?.lastReading ?? {}
  const { applied, baseline, test, lastTest } = record
  return {
    held: test?.testId === testId,
    ended: lastTest?.testId === testId ? lastTest : null,
    indoor: typeof indoor === 'number' ? indoor : null,
    shiftK:
      applied === null || baseline === null || typeof outdoor !== 'number'
        ? null
        : shiftAt(outdoor, applied, startingCurve(baseline)),
  }
}
