/** One cycle of an entity of any kind: read it, store what was read, leave the outcome in its status row. */
import { Context } from '@temporalio/activity'
import { BvproError, StoreUnavailable } from '../connectors/errors.ts'
import type { EntityRef } from '../domain/entity.ts'
import type { CompactReading } from '../domain/reading.ts'
import type { EventFields, Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { ReadingSpool } from '../store/spool.ts'
import type { Point, TimeSeriesStore } from '../store/timeseries/port.ts'
import { type Concern, POLL_ATTEMPTS, type PollInput, type PollResult } from './contract.ts'
import { describeError, toApplicationFailure } from './failures.ts'
import { type PolledEntity, recordFailedPoll, recordGoodPoll } from './status-rows.ts'

/** Readings a workflow carries while the store refuses; about 6 kB. Older ones go to the disk spool. */
const CARRIED_READINGS = 12

/** With neither store nor spool: a day at five minutes, far below what a workflow's input may hold. */
const CARRIED_AT_MOST = 288

const HEARTBEAT_MS = 3_000

export interface PollDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'write'>
  readonly application: ApplicationStore
  readonly spool: ReadingSpool
  readonly log: Logger
  readonly now: () => number
}

/** What reading an entity brought. */
export interface EntityReading {
  readonly entity: PolledEntity
  /** Fields of the kind's own measurement, as they are carried when the store refuses. */
  readonly fields: Readonly<Record<string, number>>
  /** Further fields of the event `poll.done`. */
  readonly logged: EventFields
  /** What is wrong with an entity that can be read, such as a device that does not keep its setpoint. */
  readonly concern?: Concern
}

export interface PollKind {
  read(dueAt: number): Promise<EntityReading>
  /** All points that follow from a reading, also from one that was carried. */
  points(reading: CompactReading): Point[]
}

/** Runs one attempt of a cycle inside an activity. Throws an `ApplicationFailure` that says whether it is recorded. */
export async function pollEntity(
  dependencies: PollDependencies,
  entity: EntityRef,
  input: PollInput,
  kind: PollKind,
): Promise<PollResult> {
  const stopBeating = heartbeatWhileWorking()
  try {
    return await runCycle(dependencies, entity, input, kind)
  } catch (error) {
    const { info, cancellationSignal } = Context.current()
    if (cancellationSignal.aborted) throw error
    const { reason, reasonCode } = describeError(error)
    dependencies.log.warn('poll.failed', { ...entity, reasonCode, reason, attempt: info.attempt })
    const last = info.attempt >= POLL_ATTEMPTS || (error instanceof BvproError && !error.retryable)
    const recorded = last && (await tryToRecord(dependencies, entity, input.dueAt, reason, reasonCode))
    throw toApplicationFailure(error, recorded)
  } finally {
    stopBeating()
  }
}

async function runCycle(
  dependencies: PollDependencies,
  entity: EntityRef,
  { dueAt, carried }: PollInput,
  kind: PollKind,
): Promise<PollResult> {
  const { application, log, now } = dependencies
  const startedAt = now()
  const reading = await kind.read(dueAt)
  const { unstored, problem } = await store(
    dependencies,
    entity,
    [...carried, { time: dueAt, fields: reading.fields }],
    kind,
  )
  try {
    await recordGoodPoll(
      application,
      entity,
      {
        ...reading.entity,
        dueAt,
        lastReading: reading.fields,
        storeProblem: problem,
        concern: reading.concern ?? null,
      },
      now(),
    )
  } catch (error) {
    // The reading is safe; a list that is one cycle old must not make this cycle fail and be read again.
    log.warn('status.not_recorded', { ...entity, reason: describeError(error).reason })
  }
  log.info('poll.done', {
    ...entity,
    due: new Date(dueAt).toISOString(),
    latenessMs: now() - dueAt,
    durationMs: now() - startedAt,
    fields: Object.keys(reading.fields).length,
    unstored: unstored.length,
    ...reading.logged,
  })
  const { pollSeconds, mode } = reading.entity
  return { pollSeconds, mode, unstored, storeProblem: problem, concern: reading.concern ?? null }
}

/** Writes all readings, or says which are still to be written and why. Nothing read is lost. */
async function store(
  dependencies: PollDependencies,
  entity: EntityRef,
  readings: readonly CompactReading[],
  kind: PollKind,
): Promise<{ unstored: readonly CompactReading[]; problem: string | null }> {
  const { timeSeries, spool, log } = dependencies
  const write = (batch: readonly CompactReading[]) => timeSeries.write(batch.flatMap((reading) => kind.points(reading)))
  try {
    await write(readings)
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    log.error('store.refused', { ...entity, reason: error.message })
    return { unstored: await spoolOldest(dependencies, entity, readings), problem: error.message }
  }
  try {
    const drained = await spool.drain(entity, write)
    if (drained > 0) log.info('spool.drained', { ...entity, readings: drained })
  } catch (error) {
    // This cycle's reading is stored; what is spooled stays where it is for the next one.
    log.error('spool.not_drained', { ...entity, reason: describeError(error).reason })
  }
  return { unstored: [], problem: null }
}

async function spoolOldest(
  { spool, log }: PollDependencies,
  entity: EntityRef,
  readings: readonly CompactReading[],
): Promise<readonly CompactReading[]> {
  if (readings.length <= CARRIED_READINGS) return readings
  // All but the newest go to disk at once, so that the next cycles do not write one line each.
  const oldest = readings.slice(0, -1)
  try {
    await spool.append(entity, oldest)
    log.warn('spool.appended', { ...entity, readings: oldest.length })
    return readings.slice(-1)
  } catch (error) {
    log.error('spool.refused', { ...entity, reason: describeError(error).reason })
    return carriable(log, entity, readings)
  }
}

/** All readings, or as many of the newest as a workflow can carry; what is given up is said. */
function carriable(log: Logger, entity: EntityRef, readings: readonly CompactReading[]): readonly CompactReading[] {
  const lost = readings.slice(0, Math.max(0, readings.length - CARRIED_AT_MOST))
  const [first, last] = [lost[0], lost.at(-1)]
  if (first === undefined || last === undefined) return readings
  log.error('readings.lost', {
    ...entity,
    readings: lost.length,
    from: new Date(first.time).toISOString(),
    to: new Date(last.time).toISOString(),
  })
  return readings.slice(lost.length)
}

async function tryToRecord(
  { application, log, now }: PollDependencies,
  entity: EntityRef,
  dueAt: number,
  reason: string,
  reasonCode: string,
): Promise<boolean> {
  try {
    await recordFailedPoll(application, entity, { dueAt, reason, reasonCode }, now())
    return true
  } catch (error) {
    log.error('status.not_recorded', { ...entity, reason: describeError(error).reason })
    return false
  }
}

/** Waiting for a slow vendor is alive as long as this process is; without beats the server gives the cycle to another. */
function heartbeatWhileWorking(): () => void {
  const context = Context.current()
  const timer = setInterval(() => context.heartbeat(), HEARTBEAT_MS)
  return () => clearInterval(timer)
}
