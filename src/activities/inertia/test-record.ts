/** The record of the last inertia test of each house, and what is told of it when it changes. */

import type { InertiaState } from '../../domain/inertia/states.ts'
import type { Logger } from '../../runtime/log.ts'
import { type AuditEntry, recordAudit } from '../../store/application/audit.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { InertiaTestRecord } from '../inertia-contract.ts'

/** The key is the house id. */
export const INERTIA_TESTS = 'inertia-test'

export async function testRecordOf(
  application: Pick<ApplicationStore, 'getDocument'>,
  id: string,
): Promise<InertiaTestRecord | undefined> {
  return (await application.getDocument<InertiaTestRecord>(INERTIA_TESTS, id))?.value
}

/** States that somebody has caused, or has to hear of. That a house is lowered is told by the house itself. */
const AUDITED: readonly InertiaState[] = [
  'proposed',
  'approved',
  'done',
  'refused',
  'declined',
  'expired',
  'cancelled',
  'failed',
]

/** A record that is kept once more, because a process died over it, tells nothing again. */
export async function keepTestRecord(
  {
    application,
    log,
    now,
  }: { readonly application: ApplicationStore; readonly log: Logger; readonly now: () => number },
  record: InertiaTestRecord,
): Promise<void> {
  const { house: id, testId, state } = record
  const before = await testRecordOf(application, id)
  await application.putDocument(INERTIA_TESTS, id, record)
  if (before?.testId === testId && before.state === state) return
  const reason = record.end?.reason ?? null
  log.info('inertia.state', { kind: 'house', id, testId, state, ...(reason === null ? {} : { reason }) })
  if (!AUDITED.includes(state)) return
  const entry: Omit<AuditEntry, 'at'> = {
    by: state === 'approved' ? (record.approvedBy ?? record.requestedBy) : record.requestedBy,
    action: `inertia.${state}`,
    entity: { kind: 'house', id },
    detail: detailOf(record),
  }
  await recordAudit(application, entry, now())
}

function detailOf({ state, plan, result, end, objections, options }: InertiaTestRecord): string | null {
  if (state === 'proposed' && plan !== null) {
    const forced = options.force ? ', by force' : ''
    return `supply lowered by up to ${plan.cutK} K, room not below ${plan.lowestIndoor} °C${forced}`
  }
  if (state === 'refused') return objections.map(({ sentence }) => sentence).join('; ') || (end?.detail ?? null)
  if (state !== 'done') return end?.detail ?? null
  const ended = end?.detail ?? end?.reason ?? ''
  return result?.timeConstantHours == null
    ? ended
    : `time constant ${result.timeConstantHours} ± ${result.standardErrorHours} h (${result.grade}); ${ended}`
}
