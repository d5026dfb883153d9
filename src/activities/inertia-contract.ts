/**
 * What an inertia test is made of: what it asks the loop of the house, its own activities, and the record of it. Types
 * only: workflows import them.
 */
import type { TestEnd, TestEndReason } from '../domain/inertia/hold.ts'
import type { InertiaPlan } from '../domain/inertia/plan.ts'
import type { Objection } from '../domain/inertia/preconditions.ts'
import type { InertiaResult } from '../domain/inertia/result.ts'
import type { InertiaState } from '../domain/inertia/states.ts'
import type { InertiaOptions, InertiaWish } from '../domain/inertia/wish.ts'

/** Also typed by hand for the `temporal` command: all but `id` may be left out. */
export interface InertiaTestInput extends InertiaWish {
  /** The house. */
  readonly id: string
  /** Who asked, for the audit. */
  readonly by?: string
  /** Finds the test again in records and logs; made up when it is left out. */
  readonly testId?: string
}

export interface BeginTestRequest {
  readonly testId: string
  /** Who approved it. */
  readonly by: string
  readonly options: InertiaOptions
  /** As it was proposed: end, and the weather it is for. */
  readonly window: {
    readonly startAt: number
    readonly endAt: number
    readonly coldest: number
    readonly mildest: number
  }
  /** The house gives up when nobody has looked at the test for this long, ms. */
  readonly silenceMs: number
}

export interface BegunTest {
  /** Epoch milliseconds. */
  readonly begunAt: number
  readonly until: number
  /** °C. */
  readonly startIndoor: number
  readonly lowestIndoor: number
}

export interface EndTestRequest {
  readonly testId: string
  readonly reason: TestEndReason
  /** A sentence for people. */
  readonly detail: string
}

/** How a test has ended at the house. Null when the house was never held for it. */
export type EndedTest = TestEnd | null

/** Runs for the loop of a house, which alone writes to its controller. */
export interface HouseTestActivities {
  /** Takes the heat curve for a test, after a last look at everything. A repeated request changes nothing. */
  beginInertiaTest(id: string, request: BeginTestRequest): Promise<BegunTest>
  /** Gives the heat curve back, verified, when it is held for this test. */
  endInertiaTest(id: string, request: EndTestRequest): Promise<EndedTest>
}

export interface PreparedTest {
  readonly objections: readonly Objection[]
  /** Null when so much is unknown that there is nothing to propose. */
  readonly plan: InertiaPlan | null
}

export interface TestLook {
  /** Whether the house is held for the test still. */
  readonly held: boolean
  readonly ended: EndedTest
  /** °C; null when it is not known. */
  readonly indoor: number | null
  /** Supply temperature of the curve that stands less that of the baseline, in the present weather, K. */
  readonly shiftK: number | null
}

export interface InertiaActivities {
  prepareInertiaTest(id: string, options: InertiaOptions): Promise<PreparedTest>
  /** Keeps the record, and tells log and audit what is new in it. */
  recordInertiaTest(record: InertiaTestRecord): Promise<void>
  askHouseToBeginTest(id: string, request: BeginTestRequest): Promise<BegunTest>
  /** Looks at the test, and lets the house know that somebody does. */
  watchInertiaTest(id: string, testId: string): Promise<TestLook>
  askHouseToEndTest(id: string, request: EndTestRequest): Promise<EndedTest>
  analyseInertiaTest(id: string, test: { readonly begunAt: number; readonly endedAt: number }): Promise<InertiaResult>
}

/** A test from its wish to its result; kept in the application store, and what the query `status` answers. */
export interface InertiaTestRecord {
  readonly testId: string
  readonly house: string
  readonly state: InertiaState
  readonly options: InertiaOptions
  /** Epoch milliseconds, as all times here. */
  readonly requestedAt: number
  readonly requestedBy: string
  readonly objections: readonly Objection[]
  readonly plan: InertiaPlan | null
  /** Until when it waits for somebody to approve it; null before it is proposed. */
  readonly expiresAt: number | null
  readonly approvedAt: number | null
  readonly approvedBy: string | null
  readonly begunAt: number | null
  readonly startIndoor: number | null
  readonly lowestIndoor: number | null
  /** The last look at it. */
  readonly look: TestLook | null
  readonly endedAt: number | null
  /** How it ended at the house, or why it did not come to that. */
  readonly end: { readonly reason: string; readonly detail: string | null } | null
  /** What it waits for or tries again; null when it goes on. */
  readonly waitingFor: string | null
  readonly result: InertiaResult | null
}
