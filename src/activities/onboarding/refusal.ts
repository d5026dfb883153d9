/** Why an on-boarding cannot go on, beside the failures of the outside world. */

export type RefusalCode =
  /** The entity is configured already, or is being added by another on-boarding. */
  | 'exists'
  /** The account has several houses and none was named. */
  | 'choose'

export class OnboardingRefused extends Error {
  override readonly name = 'OnboardingRefused'
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
