/** What an inertia test goes through, from its wish to its result. */

export const INERTIA_STATES = [
  'preparing',
  'proposed',
  'approved',
  'beginning',
  /** The house is held on the lowered curve. */
  'lowered',
  'restoring',
  'analysing',
  'done',
  'refused',
  'declined',
  'expired',
  'cancelled',
  'failed',
] as const
export type InertiaState = (typeof INERTIA_STATES)[number]

/** States in which nothing happens any more. */
export const FINAL_INERTIA_STATES: readonly InertiaState[] = [
  'done',
  'refused',
  'declined',
  'expired',
  'cancelled',
  'failed',
]
