/**
 * Looks every minute whether the schedules are as declared: settings change while BVPro runs, and a schedule may be
 * deleted in the Web UI, where no code of ours runs.
 */
import type { ScheduleDeclaration } from './declared-schedules.ts'
import type { Logger } from './log.ts'

const LOOK_MS = 60_000

export interface ScheduleKeeping {
  /** Never rejects. */
  readonly declared: () => Promise<readonly ScheduleDeclaration[]>
  readonly ensure: (declaration: ScheduleDeclaration) => Promise<'created' | 'updated' | 'unchanged'>
  readonly log: Logger
}

/**
 * Resolves after the first look; a schedule that could not be ensured is tried again with the next one.
 * @returns ends the looking
 */
export async function keepSchedules({ declared, ensure, log }: ScheduleKeeping): Promise<() => void> {
  /** Reason last told of each schedule, so that a fault that stays is said once. */
  const told = new Map<string, string>()
  const look = async () => {
    for (const declaration of await declared()) await lookAt(declaration)
  }
  const lookAt = async (declaration: ScheduleDeclaration) => {
    const { id } = declaration
    try {
      const outcome = await ensure(declaration)
      if (outcome === 'created') log.info('schedule.created', { id })
      if (outcome === 'updated') log.info('schedule.updated', { id })
      told.delete(id)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (told.get(id) !== reason) log.warn('schedule.not_ensured', { id, reason })
      told.set(id, reason)
    }
  }
  await look()
  const timer = setInterval(() => void look(), LOOK_MS)
  return () => clearInterval(timer)
}
