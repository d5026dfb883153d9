/** Inner signal of the connector: a new sign-in may help. Never leaves it. */
import type { BvproError } from '../errors.ts'

export class SessionExpired extends Error {
  /** What the caller is told when a new sign-in did not help. */
  readonly otherwise: BvproError

  constructor(symptom: string, otherwise: BvproError) {
    super(symptom)
    this.name = 'SessionExpired'
    this.otherwise = otherwise
  }
}
