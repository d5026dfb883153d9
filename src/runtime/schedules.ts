/** BVPro's schedules on a Temporal server: made as declared, and what operators see and do with them. */
import { createHash } from 'node:crypto'
import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  type ScheduleExecutionResult,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleUpdateOptions,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client'
import type { RUN_STATES, ScheduledRun, ScheduleOperations, ScheduleView } from '../api/schedule-routes.ts'
import { isoSeconds } from '../api/times.ts'
import { BadConfig, BvproError, EntityNotFound, Unavailable } from '../connectors/errors.ts'
import { SWEDISH_ZONE } from '../domain/time/day.ts'
import { workflowQueue } from '../workflows/queues.ts'
import type { ScheduleDeclaration } from './declared-schedules.ts'

/**
 * Memo of the workflows a schedule starts, and so a part of the schedule that an update can change: which declaration it
 * was made from. Comparing this, and not the schedule itself, leaves what an operator has edited alone until the
 * declaration changes.
 */
const DECLARATION = 'bvproDeclaration'

/** Each costs a question to the server. */
const RUNS_TOLD = 5

/**
 * Makes a schedule that is missing, and brings one up to date whose declaration has changed since. Whether it is paused,
 * and the note an operator has left, stay as they are.
 * @throws BadConfig when a schedule of this id starts workflows of somebody else; whatever Temporal throws
 */
export async function ensureSchedule(
  client: Client,
  queuePrefix: string,
  declaration: ScheduleDeclaration,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { id, paused = false } = declaration
  const options = optionsOf(declaration, queuePrefix)
  const handle = client.schedule.getHandle(id)
  const found = await describe(client, id)
  if (found === undefined) {
    try {
      await client.schedule.create({ scheduleId: id, ...options, state: { paused } })
      return 'created'
    } catch (error) {
      // Another worker was first.
      if (error instanceof ScheduleAlreadyRunning) return 'unchanged'
      throw error
    }
  }
  if (!isOurs(found, queuePrefix)) {
    throw new BadConfig(
      `the schedule ${id} starts workflows on the task queue ${found.action.taskQueue}, which is not of this BVPro: delete it if nobody needs it, or use another TEMPORAL_NAMESPACE`,
    )
  }
  if (found.action.memo?.[DECLARATION] === fingerprint(declaration)) return 'unchanged'
  await handle.update(({ state }) => ({ ...options, state }))
  return 'updated'
}

function optionsOf(declaration: ScheduleDeclaration, queuePrefix: string): Omit<ScheduleUpdateOptions, 'state'> {
  const { id, times, catchUpHours, workflowType, args } = declaration
  return {
    spec: { calendars: times.map(({ hour, minute }) => ({ hour, minute })), timezone: SWEDISH_ZONE },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: `${catchUpHours} hours` },
    action: {
      type: 'startWorkflow',
      workflowType,
      workflowId: id,
      taskQueue: workflowQueue(queuePrefix),
      args: [...args],
      memo: { [DECLARATION]: fingerprint(declaration) },
    },
  }
}

function fingerprint({ times, catchUpHours, workflowType, args }: ScheduleDeclaration): string {
  const text = JSON.stringify({ times, catchUpHours, workflowType, args })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

async function describe(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

function isOurs({ action }: ScheduleDescription, queuePrefix: string): boolean {
  return action.taskQueue === workflowQueue(queuePrefix)
}

/** @param declared the schedules of this installation; of others in the namespace nothing is seen or touched */
export function createScheduleOperations(
  client: Client,
  queuePrefix: string,
  declared: () => Promise<readonly ScheduleDeclaration[]>,
): ScheduleOperations {
  async function find({ id, does }: ScheduleDeclaration): Promise<ScheduleView | undefined> {
    const found = await describe(client, id)
    return found === undefined || !isOurs(found, queuePrefix) ? undefined : viewOf(client, does, found)
  }

  /** @throws EntityNotFound for an id that is not one of ours, or is not on the server */
  async function known(id: string): Promise<ScheduleView> {
    const declaration = (await declared()).find((candidate) => candidate.id === id)
    const view = declaration === undefined ? undefined : await find(declaration)
    if (view === undefined) throw new EntityNotFound(`there is no schedule ${id}`)
    return view
  }

  const handleOf = (id: string) => client.schedule.getHandle(id)
  return {
    list: () =>
      asUnavailable(async () => {
        const views = await Promise.all((await declared()).map(find))
        return views.filter((view) => view !== undefined)
      }),
    get: (id) => asUnavailable(() => known(id)),
    trigger: (id) =>
      asUnavailable(async () => {
        if ((await known(id)).running.length > 0) return 'running'
        await handleOf(id).trigger()
        return 'triggered'
      }),
    pause: (id, note) =>
      asUnavailable(async () => {
        await known(id)
        await handleOf(id).pause(note)
      }),
    resume: (id, note) =>
      asUnavailable(async () => {
        await known(id)
        await handleOf(id).unpause(note)
      }),
  }
}

async function asUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof BvproError) throw error
    throw new Unavailable('the Temporal server cannot be reached', { cause: error })
  }
}

async function viewOf(client: Client, does: string, description: ScheduleDescription): Promise<ScheduleView> {
  const { scheduleId, state, info, action } = description
  const newest = info.recentActions.slice(-RUNS_TOLD).reverse()
  const lastRuns = await Promise.all(newest.map((run) => runOf(client, run)))
  return {
    id: scheduleId,
    does,
    workflowType: action.workflowType,
    paused: state.paused,
    note: state.note || null,
    // Temporal goes on computing times that a paused schedule will let pass.
    nextTimes: state.paused ? [] : info.nextActionTimes.map((time) => isoSeconds(time.getTime())),
    running: lastRuns.filter((run) => run.state === 'running').map(({ workflowId }) => workflowId),
    lastRuns,
  }
}

/** The run itself is asked: what the schedule says of running workflows differs between versions of the server. */
async function runOf(client: Client, { scheduledAt, takenAt, action }: ScheduleExecutionResult): Promise<ScheduledRun> {
  const { workflowId } = action.workflow
  return {
    workflowId,
    scheduledAt: isoSeconds(scheduledAt.getTime()),
    startedAt: isoSeconds(takenAt.getTime()),
    state: await runState(client, workflowId),
  }
}

async function runState(client: Client, workflowId: string): Promise<ScheduledRun['state']> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe()
    return RUN_STATE_OF[status.name] ?? null
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null
    throw error
  }
}

const RUN_STATE_OF: Partial<Record<WorkflowExecutionStatusName, (typeof RUN_STATES)[number]>> = {
  RUNNING: 'running',
  COMPLETED: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
}
