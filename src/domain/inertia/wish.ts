/** What a person may choose of an inertia test, within which limits, and what holds where they choose nothing. */

export interface InertiaWish {
  /** Longest time the supply stays lowered, h. */
  readonly hours?: number
  /** Fall of the room temperature at which the test has seen enough, K. */
  readonly dropK?: number
  /** How far the points of the curve are lowered at most, K; the safety layer may allow less. */
  readonly cutK?: number
  /** How long the proposal waits for somebody to approve it, h. */
  readonly approvalHours?: number
  /** Not before this, epoch milliseconds. */
  readonly earliest?: number
  /** Past what only makes the result worse, such as sun and wind; never past a rule that keeps the house safe. */
  readonly force?: boolean
}

export interface InertiaOptions {
  readonly hours: number
  readonly dropK: number
  readonly cutK: number
  readonly approvalHours: number
  /** Null: as soon as the weather is right. */
  readonly earliest: number | null
  readonly force: boolean
}

interface Range {
  readonly least: number
  readonly most: number
  readonly usual: number
  readonly unit: string
}

/** Three minutes are too short for any result; they show a test from its beginning to its end. */
export const WISH_LIMITS = {
  hours: { least: 0.05, most: 12, usual: 10, unit: 'h' },
  dropK: { least: 0.2, most: 1.5, usual: 0.8, unit: 'K' },
  cutK: { least: 1, most: 10, usual: 6, unit: 'K' },
  approvalHours: { least: 0.02, most: 72, usual: 24, unit: 'h' },
} as const satisfies Record<string, Range>

const CHOSEN = Object.keys(WISH_LIMITS) as (keyof typeof WISH_LIMITS)[]

/** Sentences about what is outside its limits; empty when the wish can be granted. */
export function faultsOf(wish: InertiaWish): string[] {
  return CHOSEN.flatMap((name) => {
    const { least, most, unit } = WISH_LIMITS[name]
    const value = wish[name]
    if (value === undefined || (value >= least && value <= most)) return []
    return [`${name} is ${least} to ${most} ${unit}, not ${value}`]
  })
}

/** The wish with what is usual wherever nothing was chosen. */
export function optionsOf({ earliest, force, ...wish }: InertiaWish): InertiaOptions {
  return {
    hours: wish.hours ?? WISH_LIMITS.hours.usual,
    dropK: wish.dropK ?? WISH_LIMITS.dropK.usual,
    cutK: wish.cutK ?? WISH_LIMITS.cutK.usual,
    approvalHours: wish.approvalHours ?? WISH_LIMITS.approvalHours.usual,
    earliest: earliest ?? null,
    force: force ?? false,
  }
}
