/** One thing `bvpro doctor` looks at, and what came of it. */

/** `warning`: BVPro runs, but a person should know. `skipped`: does not apply to this installation. */
export type CheckStatus = 'ok' | 'warning' | 'failed' | 'skipped'

export interface CheckOutcome {
  readonly name: string
  readonly status: CheckStatus
  /** What was found, as a short sentence. */
  readonly found: string
  /** What a person can do; null when there is nothing to do. */
  readonly advice: string | null
}

export const ok = (name: string, found: string): CheckOutcome => ({ name, status: 'ok', found, advice: null })
export const skipped = (name: string, found: string): CheckOutcome => ({ name, status: 'skipped', found, advice: null })
export const warning = (name: string, found: string, advice: string): CheckOutcome => ({
  name,
  status: 'warning',
  found,
  advice,
})
export const failed = (name: string, found: string, advice: string): CheckOutcome => ({
  name,
  status: 'failed',
  found,
  advice,
})

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
