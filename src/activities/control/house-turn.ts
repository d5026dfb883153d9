/** Writing to one house in a turn of its own: who may, with which client, and how what has lapsed is settled first. */
import type { ConfigStore } from '../../config/catalogue.ts'
import type { HouseConfig } from '../../config/house.ts'
import { BadConfig, EntityNotFound } from '../../connectors/errors.ts'
import type { CallOptions, HomeSideClient } from '../../connectors/homeside/index.ts'
import { type ControlMode, formatProblems } from '../../domain/entity.ts'
import { adopted, type ControlRecord, type EndReason, needsRestore } from '../../domain/safety/house-control.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { earlierBaseline, RELEASED_PROFILE } from './earlier-system.ts'
import { type HouseInTurn, restoreHouse, type TransactionParts } from './transactions.ts'
import { type Turn, withTurn } from './turn.ts'

/** What giving back needs; everybody may do that at any time. */
export interface WritingDependencies extends TransactionParts {
  readonly application: ApplicationStore
  readonly config: Pick<ConfigStore, 'get' | 'patch'>
  readonly homeSideClient: (house: { readonly id: string; readonly origin: 'real' | 'demo' }) => HomeSideClient
  /** This process, for messages to others that wait for it. */
  readonly holder: string
  /** How long somebody who asked waits for another's turn, ms. A cycle does not wait: it comes again. */
  readonly patienceMs: number
}

export interface ControlDependencies extends WritingDependencies {
  /** Whether the scores of a house's model allow to plan by it, and why not. */
  readonly mayOptimise: (id: string) => Promise<{ readonly allowed: boolean; readonly reason: string }>
}

/** Modes in which BVPro writes by itself. */
export function steers(mode: ControlMode): boolean {
  return mode === 'rules' || mode === 'optimise'
}

export async function profileOf(
  config: Pick<ConfigStore, 'get'>,
  id: string,
): Promise<{ readonly origin: 'real' | 'demo'; readonly profile: HouseConfig }> {
  const found = await config.get({ kind: 'house', id })
  if (found === undefined) throw new EntityNotFound(`the profile of ${id} is gone`)
  if (found.config === null) throw new BadConfig(formatProblems(found.problems).join('; '))
  return { origin: found.origin, profile: found.config as HouseConfig }
}

/** Restores what has to be restored, in a turn that is held already. @returns whether anything was */
export async function settle(
  dependencies: WritingDependencies,
  house: HouseInTurn,
  profile: HouseConfig | null,
  origin: ControlRecord['origin'],
): Promise<boolean> {
  const { turn, id } = house
  if (profile?.heat_curve_control.in_control) await adopt(turn, id, profile, origin)
  if (!needsRestore(turn.record, dependencies.now())) return false
  await finishRestore(dependencies, house, 'lapsed', null)
  return true
}

export async function adopt(
  turn: Turn,
  id: string,
  profile: HouseConfig,
  origin: ControlRecord['origin'],
): Promise<void> {
  if (turn.record.phase === 'free') await turn.save(adopted(earlierBaseline(id, profile), origin))
}

export async function finishRestore(
  dependencies: WritingDependencies,
  house: HouseInTurn,
  reason: EndReason,
  detail: string | null,
): Promise<void> {
  const { config } = dependencies
  const { id } = house
  await restoreHouse(dependencies, house, reason, detail)
  const found = await config.get({ kind: 'house', id })
  const profile = found?.config as HouseConfig | null | undefined
  if (profile?.heat_curve_control.in_control) await config.patch({ kind: 'house', id }, RELEASED_PROFILE)
}

export function inTurn<T>(
  { application, homeSideClient, holder, patienceMs: usual }: WritingDependencies,
  id: string,
  origin: 'real' | 'demo',
  call: CallOptions,
  work: (house: HouseInTurn) => Promise<T>,
  patienceMs = usual,
): Promise<T> {
  return withTurn(application, { id, holder, patienceMs, signal: call.signal }, (turn) =>
    work({ id, turn, client: homeSideClient({ id, origin }), call }),
  )
}
