/** Types of the plain-Node pre-step, for the code and tests in TypeScript that use it. */
export class InstallProblem extends Error {}
export interface InstallFacts {
  /** SHA-256 of package-lock.json; null when there is none (an image carries its dependencies). */
  readonly lockHash: string | null
  readonly lockTime: number | null
  readonly stampHash: string | null
  readonly npmStampTime: number | null
}
export function isAtLeast(actual: string, minimum: string): boolean
export function decide(facts: InstallFacts): 'nothing' | 'stamp' | 'install'
export function isNetworkProblem(said: string): boolean
export function prepare(root: string): Promise<void>
