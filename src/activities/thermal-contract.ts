/** What the activities that learn how houses keep their warmth take and give. Types only: workflows import them. */

export interface HousesToLearn {
  /** Ids, ascending. */
  readonly houses: readonly string[]
  /** Where to go on asking; null when these were the last. */
  readonly next: string | null
}

export interface LearnedHouse {
  readonly house: string
  /** `fitted`: a new version; `kept`: the last fit stands; `none`: there is no model, `reason` says why. */
  readonly outcome: 'fitted' | 'kept' | 'none'
  /** The version in use afterwards; null when none is. */
  readonly version: string | null
  /** One sentence. */
  readonly reason: string
}

export interface IndoorForecasts {
  readonly issued: number
  /** Earlier forecasts that were compared with what came. */
  readonly scored: number
  /** Houses that could not be forecast, such as those without a model. */
  readonly without: number
}

export interface ThermalActivities {
  /**
   * Houses to look at, in the order of their ids.
   * @param onlyNew those without a model or with a first coarse one, and those whose past has changed
   * @param after where an earlier answer ended; null at the beginning
   */
  housesToLearn(onlyNew: boolean, after: string | null): Promise<HousesToLearn>
  /** Judges the versions of a house's model by their forecasts, fits a new one when it is time, and chooses. */
  learnHouse(house: string): Promise<LearnedHouse>
  /** Compares forecasts whose time has come, and issues new ones. @param houses all of them when null */
  forecastIndoor(houses: readonly string[] | null): Promise<IndoorForecasts>
}
