/** Switch-back trials of houses as documents: beginning, ending, and what today is for. */
import { randomInt } from 'node:crypto'
import type { ControlMode } from '../../domain/entity.ts'
import {
  isUnderWay,
  plannedEnd,
  type SavingsTrial,
  type TrialPlan,
  trialDay,
  usualWashOut,
} from '../../domain/savings/trial.ts'
import { addDays, dayLabel } from '../../domain/time/day.ts'
import type { Logger } from '../../runtime/log.ts'
import { recordAudit } from '../../store/application/audit.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { steers } from '../control/house-turn.ts'
import { ControlRefused } from '../control/refused.ts'
import { houseKey } from '../thermal/thermal-house.ts'

export const SAVINGS_TRIALS = 'savings_trial'

type Documents = Pick<ApplicationStore, 'getDocument' | 'putDocument'>

export interface TrialDependencies {
  readonly application: Documents
  readonly log: Logger
  readonly now: () => number
}

/** The last trial of a house. */
export async function trialOf(
  application: Pick<Documents, 'getDocument'>,
  id: string,
): Promise<SavingsTrial | undefined> {
  return (await application.getDocument<SavingsTrial>(SAVINGS_TRIALS, houseKey(id)))?.value
}

export interface TrialWish extends Pick<TrialPlan, 'blockDays' | 'pairs'> {
  /** Half a block when absent. */
  readonly washOutDays?: number | undefined
  /** Drawn when absent. */
  readonly seed?: number | undefined
  readonly mode: ControlMode
  readonly by: string
}

/**
 * The trial that would begin: tomorrow, for the day that runs already has had another curve.
 * @throws ControlRefused when one is under way, or BVPro does not steer the house
 */
export async function plannedTrial(
  { application, now }: Pick<TrialDependencies, 'application' | 'now'>,
  id: string,
  { blockDays, pairs, washOutDays, seed, mode, by }: TrialWish,
): Promise<SavingsTrial> {
  const today = dayLabel(now())
  const before = await trialOf(application, id)
  if (before !== undefined && isUnderWay(before, today)) {
    throw new ControlRefused(`a trial of ${id} is under way until ${plannedEnd(before)}; stop it first`)
  }
  if (!steers(mode)) throw new ControlRefused(`${id} is in mode ${mode}; a trial needs rules or optimise`)
  return {
    seed: seed ?? randomInt(2 ** 31),
    start: addDays(today, 1),
    blockDays,
    washOutDays: washOutDays ?? usualWashOut(blockDays),
    pairs,
    begunBy: by,
    begunAt: iso(now()),
    stoppedOn: null,
    stopReason: null,
  }
}

/** @throws ControlRefused as {@link plannedTrial} does */
export async function beginTrial(dependencies: TrialDependencies, id: string, wish: TrialWish): Promise<SavingsTrial> {
  const { application, log, now } = dependencies
  const trial = await plannedTrial(dependencies, id, wish)
  await application.putDocument(SAVINGS_TRIALS, houseKey(id), trial)
  const { start, blockDays, pairs, seed } = trial
  const detail = `from ${start}, ${pairs} pairs of blocks of ${blockDays} days`
  await recordAudit(application, { by: wish.by, action: 'trial.begun', entity: { kind: 'house', id }, detail }, now())
  log.info('trial.begun', { kind: 'house', id, start, blockDays, pairs, seed, by: wish.by })
  return trial
}

/** Ends a trial from today on; one that has ended stays as it is. @returns undefined when the house never had one */
export async function stopTrial(
  { application, log, now }: TrialDependencies,
  id: string,
  { by, reason }: { readonly by: string; readonly reason: string },
): Promise<SavingsTrial | undefined> {
  const trial = await trialOf(application, id)
  const today = dayLabel(now())
  if (trial === undefined || !isUnderWay(trial, today)) return trial
  const stopped: SavingsTrial = { ...trial, stoppedOn: today, stopReason: reason }
  await application.putDocument(SAVINGS_TRIALS, houseKey(id), stopped)
  const entity = { kind: 'house', id } as const
  await recordAudit(application, { by, action: 'trial.stopped', entity, detail: reason }, now())
  log.info('trial.stopped', { kind: 'house', id, reason, by })
  return stopped
}

/** A trial ends with the mode it was begun in: nobody decides any more what it compares with. */
export async function stopTrialUnlessSteered(
  dependencies: TrialDependencies,
  id: string,
  mode: ControlMode,
): Promise<void> {
  if (steers(mode)) return
  await stopTrial(dependencies, id, { by: 'BVPro', reason: `The mode is ${mode}.` })
}

/** Whether a trial keeps the house on its own curve at a time. @param time epoch milliseconds */
export async function isBaselineDay(
  application: Pick<Documents, 'getDocument'>,
  id: string,
  time: number,
): Promise<boolean> {
  const trial = await trialOf(application, id)
  return trial !== undefined && trialDay(trial, dayLabel(time))?.arm === 'baseline'
}

function iso(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
