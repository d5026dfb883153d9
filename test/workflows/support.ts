/** An entity loop on the time-skipping server with activities that a test scripts. */
import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApplicationFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import type {
  BookkeepingActivities,
  FailedCycle,
  OpenedEntity,
  PollActivities,
  PollInput,
  PollResult,
} from '../../src/activities/contract.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import type { LoopInput } from '../../src/workflows/entity-loop.ts'
import type { house } from '../../src/workflows/house.ts'
import { SEARCH_ATTRIBUTES } from '../../src/workflows/messages.ts'
import '../support/quiet-temporal.ts'

export interface ScriptedLoop {
  readonly polls: PollInput[]
  readonly failedCycles: FailedCycle[]
  readonly pauses: boolean[]
  /** Answer to each poll; the default reads and stores. */
  onPoll: (input: PollInput, poll: number) => Partial<PollResult> | Promise<Partial<PollResult>>
  onOpen: () => Partial<OpenedEntity>
}

export function failure(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: ['recorded'] })
}

export function scriptedActivities(script: ScriptedLoop): PollActivities & BookkeepingActivities {
  const poll = async (input: PollInput): Promise<PollResult> => {
    script.polls.push(input)
    const answer = await script.onPoll(input, script.polls.length)
    return { pollSeconds: 300, mode: 'monitor', unstored: [], storeProblem: null, concern: null, ...answer }
  }
  return {
    pollHouse: poll,
    pollBuilding: poll,
    pollZone: poll,
    async openEntity() {
      return {
        paused: false,
        pollSeconds: 300,
        mode: 'monitor',
        registeredAt: Date.now(),
        lastPollAt: null,
        lastGoodAt: null,
        ...script.onOpen(),
      }
    },
    async recordFailedCycle(cycle) {
      script.failedCycles.push(cycle)
    },
    async recordPaused({ paused }) {
      script.pauses.push(paused)
    },
  }
}

const attributesKnownTo = new WeakSet<object>()

/** The time-skipping server cannot list search attributes, and refuses to add one twice. */
export async function addSearchAttributes({ client }: TestWorkflowEnvironment): Promise<void> {
  if (attributesKnownTo.has(client)) return
  attributesKnownTo.add(client)
  const keyword = 2
  await client.connection.operatorService.addSearchAttributes({
    namespace: client.options.namespace,
    searchAttributes: Object.fromEntries(Object.values(SEARCH_ATTRIBUTES).map(({ name }) => [name, keyword])),
  })
}

const QUEUE_OF = { house: 'homeside', building: 'arrigo', zone: 'modbus' } as const
type LoopType = keyof typeof QUEUE_OF

/**
 * Runs `body` beside a worker for one entity, a house unless told otherwise. Afterwards the history of every run is replayed against the present
 * code, so that each test also proves determinism, and the loop is terminated.
 */
export async function withLoop(
  kind: LoopType,
  environment: TestWorkflowEnvironment,
  options: Partial<LoopInput> & {
    readonly script?: Partial<ScriptedLoop>
    /** Further activities of the kind's queue. */
    readonly activities?: Readonly<Record<string, (...args: never[]) => Promise<unknown>>>
  },
  body: (context: {
    readonly handle: Awaited<ReturnType<typeof startLoop>>
    readonly script: ScriptedLoop
  }) => Promise<void>,
): Promise<void> {
  const { script: given, activities: further, ...input } = options
  const script: ScriptedLoop = {
    polls: [],
    failedCycles: [],
    pauses: [],
    onPoll: () => ({}),
    onOpen: () => ({}),
    ...given,
  }
  await addSearchAttributes(environment)
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const codePath = await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles'))
  const workflows = await Worker.create({
    connection,
    taskQueue: `${prefix}-workflows`,
    workflowBundle: { codePath },
  })
  const activities = await Worker.create({
    connection,
    taskQueue: `${prefix}-${QUEUE_OF[kind]}`,
    activities: { ...scriptedActivities(script), ...further },
  })
  await workflows.runUntil(
    activities.runUntil(async () => {
      const handle = await startLoop(environment, kind, prefix, {
        id: `HEM_FJV_Villa_${randomUUID().slice(0, 8)}`,
        ...input,
      })
      try {
        await body({ handle, script })
        await replayRuns(environment, handle, codePath)
      } finally {
        await handle.terminate('test is over')
      }
    }),
  )
}

/** Replays the first and the present run of a workflow; a loop that was renewed has both. */
async function replayRuns(
  { client }: TestWorkflowEnvironment,
  handle: { readonly workflowId: string; readonly firstExecutionRunId: string },
  codePath: string,
): Promise<void> {
  const { runId } = await client.workflow.getHandle(handle.workflowId).describe()
  for (const run of new Set([handle.firstExecutionRunId, runId])) {
    const history = await client.workflow.getHandle(handle.workflowId, run).fetchHistory()
    await Worker.runReplayHistory({ workflowBundle: { codePath } }, history, handle.workflowId)
  }
}

function startLoop(environment: TestWorkflowEnvironment, kind: LoopType, prefix: string, input: LoopInput) {
  return environment.client.workflow.start<typeof house>(kind, {
    taskQueue: `${prefix}-workflows`,
    workflowId: `${kind}:${input.id}`,
    args: [input],
  })
}

export const withHouse = (
  environment: TestWorkflowEnvironment,
  options: Parameters<typeof withLoop>[2],
  body: Parameters<typeof withLoop>[3],
) => withLoop('house', environment, options, body)
