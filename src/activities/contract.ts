/** What activities take and give. Workflows import these types and nothing else of this folder. */
import type { ControlMode, EntityRef } from '../domain/entity.ts'
import type { CompactReading } from '../domain/reading.ts'

/** Attempts of one cycle; the last one records the failure in the status row. */
export const POLL_ATTEMPTS = 3

export interface PollInput {
  readonly id: string
  /** Due time of the cycle, epoch milliseconds: the time of the point, so that a retry overwrites. */
  readonly dueAt: number
  /** Earlier readings the store has refused; stored before the new one. */
  readonly carried: readonly CompactReading[]
  /** What a person asked of a zone since its last good cycle. */
  readonly request?: ZoneRequest
}

/** A person's wish for a zone; it is in force until its end, whatever the schedule says. */
export type ZoneRequest =
  | {
      readonly type: 'override'
      readonly requestId: string
      /** °C */
      readonly temperature: number
      /** Epoch milliseconds. */
      readonly until: number
      readonly by: string
    }
  | { readonly type: 'clear-override'; readonly requestId: string }

/** A fault of an entity that can be read: its health is `degraded` for this reason. */
export interface Concern {
  readonly reason: string
  readonly reasonCode: string
}

export interface PollResult {
  readonly pollSeconds: number
  readonly mode: ControlMode
  /** Readings not stored yet, oldest first; empty when all is durable. */
  readonly unstored: readonly CompactReading[]
  /** Why the store refused; null when it did not. */
  readonly storeProblem: string | null
  readonly concern: Concern | null
}

/** What a new run needs to know of the runs before it; read from the application store. */
export interface OpenedEntity {
  readonly paused: boolean
  readonly pollSeconds: number
  readonly mode: ControlMode
  readonly registeredAt: number
  readonly lastPollAt: number | null
  readonly lastGoodAt: number | null
}

export interface FailedCycle {
  readonly entity: EntityRef
  readonly dueAt: number
  readonly reason: string
  readonly reasonCode: string
}

/** Reading and storing are one activity, so that an ordinary cycle costs at most 12 history events. */
export interface PollActivities {
  pollHouse(input: PollInput): Promise<PollResult>
  pollBuilding(input: PollInput): Promise<PollResult>
  /** Reads a zone and, when its control is due, decides and writes. */
  pollZone(input: PollInput): Promise<PollResult>
}

/** Short writes and reads of the status row that loops of every kind need. */
export interface BookkeepingActivities {
  openEntity(entity: EntityRef): Promise<OpenedEntity>
  /** Records a cycle whose own activity had no chance to: it timed out or no worker took it. */
  recordFailedCycle(cycle: FailedCycle): Promise<void>
  recordPaused(input: { readonly entity: EntityRef; readonly paused: boolean }): Promise<void>
}

export interface ReconcileReport {
  /** ISO 8601 UTC. */
  readonly at: string
  readonly configured: number
  readonly started: readonly string[]
  readonly stopped: readonly string[]
  readonly changed: readonly string[]
  /** Entities whose file has a fault. */
  readonly misconfigured: readonly string[]
  /** Why vanished entities were left running; null when nothing was refused. */
  readonly refused: string | null
}

export interface ReconcileActivities {
  reconcile(): Promise<ReconcileReport>
}

export interface WeatherRefreshReport {
  readonly places: number
  readonly updated: number
  /** Places whose sources all failed, with the reason. */
  readonly failed: readonly { readonly place: string; readonly reason: string }[]
}

export interface WeatherActivities {
  refreshWeather(): Promise<WeatherRefreshReport>
}
