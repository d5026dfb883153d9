/** Giving the heat curve of a house back to its controller: the baseline written, read back, and only then believed. */
import type { HouseConfig } from '../config/house.ts'
import { BadConfig } from '../connectors/errors.ts'
import type { CallOptions } from '../connectors/homeside/index.ts'
import { formatProblems } from '../domain/entity.ts'
import { recordAudit } from '../store/application/audit.ts'
import { adopt, finishRestore, inTurn, type WritingDependencies } from './control/house-turn.ts'
import { controlRecordOf } from './control/turn.ts'
import type { ReleaseOutcome } from './offboarding-contract.ts'

/**
 * Gives the heat curve back, whoever has taken it: the baseline that stood before, and the controller's own adaptation
 * if it was on; never the room target. "Released" only when every value was read back.
 * @throws BadConfig when the profile cannot be read, so that nobody can tell what an earlier system has left, or holds no
 * complete baseline; Unavailable when a value was not read back as written; the errors of the client
 */
export async function releaseHouse(
  dependencies: WritingDependencies,
  id: string,
  call: CallOptions = {},
  by: string | null = null,
): Promise<ReleaseOutcome> {
  const { application, config, now } = dependencies
  const found = await config.get({ kind: 'house', id })
  const record = await controlRecordOf(application, id)
  const profile = found?.config as HouseConfig | null | undefined
  if (record.phase === 'free') {
    if (found === undefined) return 'not_held'
    if (profile === null || profile === undefined) {
      const faults = formatProblems(found.problems).join('; ')
      throw new BadConfig(
        `the profile of ${id} has a fault (${faults}), so nobody can tell whether BVPro holds the heat curve; mend it, or abandon control`,
      )
    }
    if (!profile.heat_curve_control.in_control && !record.resume) return 'not_held'
  }
  const origin = record.phase === 'free' ? (found?.origin ?? record.origin) : record.origin
  return inTurn(dependencies, id, origin, call, async (house) => {
    const { turn } = house
    if (profile?.heat_curve_control.in_control) await adopt(turn, id, profile, origin)
    const held = turn.record.phase !== 'free'
    if (held) await finishRestore(dependencies, house, 'released', by === null ? null : `given back by ${by}`)
    // Given back on purpose: no cycle takes it again by itself.
    if (turn.record.resume) await turn.save({ ...turn.record, resume: false })
    if (!held) return 'not_held'
    if (by !== null) {
      await recordAudit(
        application,
        { by, action: 'control.released', entity: { kind: 'house', id }, detail: null },
        now(),
      )
    }
    return 'released'
  })
}
