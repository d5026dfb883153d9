/** Restoring houses whose lease has lapsed, by whichever process is alive. */
import type { HouseConfig } from '../../config/house.ts'
import type { CallOptions } from '../../connectors/homeside/index.ts'
import { type ControlRecord, isLive, needsRestore } from '../../domain/safety/house-control.ts'
import { describeError } from '../failures.ts'
import { inTurn, settle, type WritingDependencies } from './house-turn.ts'
import { CONTROL_RECORDS, controlRecordOf, withTurn } from './turn.ts'

/**
 * Restores a house whose lease has lapsed, and one an earlier system has left in control; does nothing to any other, and
 * nothing while another process is at it.
 * @returns whether it was restored
 * @throws what is in the way; it is tried again with the next cycle
 */
export async function restoreLapsed(
  dependencies: WritingDependencies,
  id: string,
  call: CallOptions = {},
): Promise<boolean> {
  const { application, config, now } = dependencies
  const record = await controlRecordOf(application, id)
  const found = await config.get({ kind: 'house', id })
  const profile = found?.config as HouseConfig | null | undefined
  const left = profile?.heat_curve_control.in_control === true
  if (!needsRestore(record, now()) && !(record.phase === 'free' && left)) return false
  const origin = record.phase === 'free' ? (found?.origin ?? record.origin) : record.origin
  return inTurn(dependencies, id, origin, call, (house) => settle(dependencies, house, profile ?? null, origin), 0)
}

/** All houses at once, for a process that starts: one that cannot be reached holds up no other. */
export async function restoreAllLapsed(dependencies: WritingDependencies): Promise<readonly string[]> {
  const { application, log, now } = dependencies
  const records = await application.listDocuments<ControlRecord>(CONTROL_RECORDS)
  const lapsed = records.filter(({ value }) => needsRestore(value, now()))
  const outcomes = await Promise.all(
    lapsed.map(async ({ key }) => {
      try {
        return (await restoreLapsed(dependencies, key)) ? [key] : []
      } catch (error) {
        log.warn('control.restore_postponed', { kind: 'house', id: key, reason: describeError(error).reason })
        return []
      }
    }),
  )
  return outcomes.flat()
}

/** Ends the lease now: the next who looks restores the house. */
export async function endLease(
  { application, holder, now }: Pick<WritingDependencies, 'application' | 'holder' | 'now'>,
  id: string,
): Promise<void> {
  if (!isLive(await controlRecordOf(application, id), now())) return
  await withTurn(application, { id, holder, patienceMs: 0 }, async (turn) => {
    if (isLive(turn.record, now())) await turn.save({ ...turn.record, leaseUntil: now() })
  })
}
