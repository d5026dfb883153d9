/**
 * The switch-back trial: for some weeks a house stands in turn on its own curve and on what control decides, in blocks of
 * days. The plan is a pure function of seed, start and date, so it is the same after any crash.
 */
import { addDays, labelToTime } from '../time/day.ts'

const DAY_MS = 86_400_000

export interface TrialPlan {
  /** Draws which of the two blocks of each pair comes first. */
  readonly seed: number
  /** First date. */
  readonly start: string
  readonly blockDays: number
  /** First days of each block that do not count: the house still answers to the block before. */
  readonly washOutDays: number
  /** Pairs of blocks that are planned. */
  readonly pairs: number
}

/** A trial as it is kept; the last one of a house. */
export interface SavingsTrial extends TrialPlan {
  readonly begunBy: string
  /** ISO 8601 UTC. */
  readonly begunAt: string
  /** From this date on no day counts any more; null unless it was stopped before its end. */
  readonly stoppedOn: string | null
  /** Why, a sentence. */
  readonly stopReason: string | null
}

export type TrialArm = 'baseline' | 'control'

export interface TrialDay {
  /** From 0. */
  readonly pair: number
  readonly arm: TrialArm
  /** Past the wash-out. */
  readonly counts: boolean
}

export const TRIAL_DEFAULTS = { blockDays: 2, pairs: 7 } as const
/** With fewer pairs no difference can be told from chance: of four, one order in eight looks as good as any. */
export const LEAST_PAIRS = 5
export const TRIAL_LIMITS = { blockDays: [1, 14], pairs: [LEAST_PAIRS, 60] } as const

/** Half a block, when nothing else is said. */
export function usualWashOut(blockDays: number): number {
  return Math.floor(blockDays / 2)
}

/** First date after the plan. */
export function plannedEnd({ start, blockDays, pairs }: TrialPlan): string {
  return addDays(start, 2 * pairs * blockDays)
}

/** What a date is for; null outside the trial, and from the date it was stopped on. */
export function trialDay(trial: TrialPlan & Partial<Pick<SavingsTrial, 'stoppedOn'>>, date: string): TrialDay | null {
  const { seed, start, blockDays, washOutDays, pairs, stoppedOn } = trial
  const day = Math.round((labelToTime(date) - labelToTime(start)) / DAY_MS)
  const block = Math.floor(day / blockDays)
  if (day < 0 || block >= 2 * pairs || (stoppedOn != null && date >= stoppedOn)) return null
  const pair = Math.floor(block / 2)
  const isFirst = block % 2 === 0
  return {
    pair,
    arm: isFirst === baselineComesFirst(seed, pair) ? 'baseline' : 'control',
    counts: day - block * blockDays >= washOutDays,
  }
}

/** A fair coin for each pair. */
function baselineComesFirst(seed: number, pair: number): boolean {
  return scrambled(scrambled(seed) + pair) % 2 === 0
}

/** Mixes the bits of an integer (the finaliser of MurmurHash3). */
export function scrambled(value: number): number {
  let bits = value >>> 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

export type TrialState = 'planned' | 'running' | 'ended' | 'stopped'

/** @param today a date */
export function stateOf(trial: SavingsTrial, today: string): TrialState {
  if (trial.stoppedOn !== null) return 'stopped'
  if (today < trial.start) return 'planned'
  return today < plannedEnd(trial) ? 'running' : 'ended'
}

export function isUnderWay(trial: SavingsTrial, today: string): boolean {
  const state = stateOf(trial, today)
  return state === 'planned' || state === 'running'
}
