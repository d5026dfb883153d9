/** What the activity that tells savings takes and gives. Types only: workflows import them. */

export interface EvaluatedSavings {
  /** Houses with days that were told. */
  readonly houses: number
  readonly days: number
  /** Houses of which something went wrong; the log has it. */
  readonly failed: number
  /** Where to go on; null when these were the last. */
  readonly next: string | null
}

export interface SavingsActivities {
  /**
   * Tells what steering has saved on the closed days of houses, in the order of their ids; a day told again overwrites
   * itself.
   * @param after where an earlier answer ended; null at the beginning
   */
  evaluateSavings(after: string | null): Promise<EvaluatedSavings>
}
