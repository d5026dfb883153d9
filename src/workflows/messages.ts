/** Signals, queries and search attributes of the entity loops: what clients and the Web UI may send and see. */
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow'
import type { ZoneRequest } from '../activities/contract.ts'
import type { ControlMode, Health } from '../domain/entity.ts'

/** Configuration or credentials changed: forget any back-off and run a cycle now. */
export const configure = defineSignal('configure')
/** Run a cycle now, beside the aligned ones. */
export const pollNow = defineSignal('pollNow')
/** Stop polling until `resume`; survives restarts, Terminate and Reset. */
export const pause = defineSignal('pause')
export const resume = defineSignal('resume')

/** A person's wish for a zone; the next cycle takes it. `expiresAt` is epoch milliseconds. */
export const requestZone = defineUpdate<void, [{ readonly request: ZoneRequest; readonly expiresAt: number }]>(
  'requestZone',
)

export interface LoopStatus {
  readonly id: string
  readonly health: Health
  readonly reason: string | null
  readonly reasonCode: string | null
  readonly mode: ControlMode
  readonly paused: boolean
  readonly pollSeconds: number
  readonly failures: number
  /** ISO 8601 UTC, null when it has not happened yet. */
  readonly lastPollAt: string | null
  readonly lastGoodAt: string | null
  readonly nextPollAt: string | null
  /** Readings the store has not taken yet. */
  readonly carriedReadings: number
}

export const status = defineQuery<LoopStatus>('status')

/** Ask the reconciler to compare folders with workflows now. */
export const reconcileNow = defineSignal('reconcileNow')
/** Ask the weather loop to look for new places now. */
export const refreshWeatherNow = defineSignal('refreshWeatherNow')

export const SEARCH_ATTRIBUTES = {
  kind: defineSearchAttributeKey('BvproKind', SearchAttributeType.KEYWORD),
  entity: defineSearchAttributeKey('BvproEntity', SearchAttributeType.KEYWORD),
  health: defineSearchAttributeKey('BvproHealth', SearchAttributeType.KEYWORD),
  mode: defineSearchAttributeKey('BvproMode', SearchAttributeType.KEYWORD),
} as const
