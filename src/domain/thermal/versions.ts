/** Which of a house's fitted models is in use: a new one is taken, and given back when it foretells worse than nothing. */

export interface ModelVersion {
  readonly version: string
  /** Epoch milliseconds. */
  readonly fittedAt: number
  readonly from: number
  readonly to: number
  readonly logLikelihood: number
  /** Excited and plausible at the fit. */
  readonly accepted: boolean
  /** Skill of its forecasts against persistence over the last seven days it was in use; null before there are any. */
  readonly skill: number | null
}

export interface VersionChoice {
  /** Null: no model is good enough; the reference model or persistence stands in. */
  readonly version: ModelVersion | null
  /** One sentence. */
  readonly reason: string
}

/**
 * The newest accepted version, unless seven days have shown that it is worse than persistence: then the newest one before
 * it that has shown skill. A version that has not been judged yet is only gone back to when none has.
 * @param versions in any order
 */
export function chooseVersion(versions: readonly ModelVersion[]): VersionChoice {
  const usable = versions.filter(({ accepted }) => accepted).sort((one, other) => other.fittedAt - one.fittedAt)
  const newest = usable[0]
  if (newest === undefined) return { version: null, reason: 'No model has been accepted yet.' }
  if (newest.skill === null) return { version: newest, reason: 'The newest model; its forecasts are not judged yet.' }
  if (newest.skill >= 0) return { version: newest, reason: 'The newest model; its forecasts beat persistence.' }
  const older = usable.slice(1)
  const proven = older.find(({ skill }) => skill !== null && skill >= 0)
  if (proven !== undefined) {
    return {
      version: proven,
      reason: `Model ${newest.version} was worse than persistence for seven days; back to ${proven.version}.`,
    }
  }
  const unjudged = older.find(({ skill }) => skill === null)
  return {
    version: unjudged ?? null,
    reason: `Model ${newest.version} was worse than persistence for seven days, and no earlier one has shown skill.`,
  }
}
