/**
 * Health of an entity, derived from the age of its last good reading. Pages, API and alarms derive it again
 * when they show it, so a loop that is stuck by a bug of ours cannot look healthy.
 */
import { type ConfigProblem, formatProblems, type Health } from './entity.ts'

/** The facts a poll leaves behind; all times are epoch milliseconds. */
export interface HealthFacts {
  readonly registeredAt: number
  readonly lastPollAt: number | null
  readonly lastGoodAt: number | null
  readonly failures: number
  readonly reason: string | null
  readonly reasonCode: string | null
  readonly problems: readonly ConfigProblem[]
  readonly pollSeconds: number
  readonly paused: boolean
  readonly offboarding: boolean
}

export interface DerivedHealth {
  readonly health: Health
  readonly reason: string | null
  readonly reasonCode: string | null
}

/** A loop that has missed this many cycles is in alarm, whatever its last words were. */
export const MISSED_CYCLES_ALARM = 3

/** What a slow but healthy cycle may take beyond its due time: a login, one slow read, storing. */
const CYCLE_GRACE_MS = 20_000

/**
 * Rules, first match wins: off-boarding; a broken configuration file; no or refused credentials; paused → ok, because
 * silence is what was asked for; three missed cycles → offline; never read → starting, or degraded when that failed;
 * last cycle failed, late, or with a fault to tell → degraded; else ok.
 * @param now epoch milliseconds
 */
export function deriveHealth(facts: HealthFacts, now: number): DerivedHealth {
  const said = { reason: facts.reason, reasonCode: facts.reasonCode }
  if (facts.offboarding) return { health: 'offboarding', reason: 'being off-boarded', reasonCode: null }
  if (facts.problems.length > 0) {
    return { health: 'misconfigured', reason: formatProblems(facts.problems).join('; '), reasonCode: 'BadConfig' }
  }
  if (facts.reasonCode === 'BadConfig') return { health: 'misconfigured', ...said }
  if (facts.reasonCode === 'CredentialsMissing') return { health: 'needs_credentials', ...said }
  if (facts.reasonCode === 'CredentialsRejected') return { health: 'offline', ...said }

  const intervalMs = facts.pollSeconds * 1000
  const since = facts.lastGoodAt ?? facts.registeredAt
  const silence = now - since - CYCLE_GRACE_MS
  if (facts.paused) return { health: 'ok', reason: 'paused', reasonCode: null }
  if (silence >= MISSED_CYCLES_ALARM * intervalMs) {
    const stuck =
      facts.lastPollAt === null || now - facts.lastPollAt - CYCLE_GRACE_MS >= MISSED_CYCLES_ALARM * intervalMs
    if (facts.failures > 0 && !stuck) return { health: 'offline', ...said }
    // Whatever a loop said last, it has since fallen silent: that is the fault to look for.
    const last = new Date(facts.lastPollAt ?? facts.registeredAt).toISOString()
    const before = facts.reason === null ? '' : `; before that: ${facts.reason}`
    return {
      health: 'offline',
      reason: `no cycle has ended since ${last}: no worker runs, or the loop is stuck${before}`,
      reasonCode: 'LoopStalled',
    }
  }
  if (facts.lastGoodAt === null) return { health: facts.failures > 0 ? 'degraded' : 'starting', ...said }
  if (facts.failures > 0) return { health: 'degraded', ...said }
  if (silence >= intervalMs) {
    return { health: 'degraded', reason: 'the last cycle is late', reasonCode: 'Late' }
  }
  // A cycle that went well may still have found a fault, such as a device that does not keep its setpoint.
  if (facts.reason !== null) return { health: 'degraded', ...said }
  return { health: 'ok', reason: null, reasonCode: null }
}
