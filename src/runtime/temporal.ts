/** BVPro's side of a Temporal server: search attributes, the entity loops, and messages to them. */
import { randomUUID } from 'node:crypto'
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client'
import { type SignalDefinition, TypedSearchAttributes } from '@temporalio/common'
import type { ZoneRequest } from '../activities/contract.ts'
import type { EntityLoops } from '../activities/reconcile.ts'
import type { Operations } from '../api/dependencies.ts'
import { EntityNotFound, Unavailable } from '../connectors/errors.ts'
import { type EntityKind, type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import type { house, reconcileEntities, refreshWeather } from '../workflows/index.ts'
import {
  configure,
  pause,
  pollNow,
  reconcileNow,
  refreshWeatherNow,
  requestZone,
  resume,
  SEARCH_ATTRIBUTES,
} from '../workflows/messages.ts'
import { workflowQueue } from '../workflows/queues.ts'
import { StartupFault } from './servers/startup-fault.ts'

export const RECONCILE_WORKFLOW_ID = 'reconcile'
export const WEATHER_WORKFLOW_ID = 'weather'

/** Workflow type of each kind that this version runs. */
const LOOP_TYPES: Partial<Record<EntityKind, string>> = { house: 'house', building: 'building', zone: 'zone' }

/** `INDEXED_VALUE_TYPE_KEYWORD`; all of BVPro's attributes are exact words. */
const KEYWORD = 2

/**
 * Registers the search attributes and checks that they have the type BVPro writes.
 * @throws StartupFault when the namespace holds one of them with another type, which the server never changes
 */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const { namespace } = client.options
  const { operatorService } = client.connection
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name)
  const present = (await operatorService.listSearchAttributes({ namespace })).customAttributes ?? {}
  const missing = names.filter((name) => present[name] === undefined)
  if (missing.length > 0) {
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    })
  }
  const wrong = names.filter((name) => present[name] !== undefined && present[name] !== KEYWORD)
  if (wrong.length > 0) {
    throw new StartupFault(
      `the Temporal namespace "${namespace}" has the search attributes ${wrong.join(', ')} with another type than Keyword; remove them or use another TEMPORAL_NAMESPACE`,
    )
  }
}

/** Starts the two loops every installation has; starting them again changes nothing. */
export async function startSystemLoops(client: Client, queuePrefix: string): Promise<void> {
  const options = {
    taskQueue: workflowQueue(queuePrefix),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  }
  await client.workflow.start<typeof refreshWeather>('refreshWeather', {
    ...options,
    workflowId: WEATHER_WORKFLOW_ID,
    args: [],
  })
  await client.workflow.signalWithStart<typeof reconcileEntities, []>('reconcileEntities', {
    ...options,
    workflowId: RECONCILE_WORKFLOW_ID,
    args: [],
    signal: reconcileNow,
    signalArgs: [],
  })
}

/**
 * Starts those of the two loops that do not run, because somebody has ended them.
 * @returns their workflow ids
 */
export async function restartSystemLoops(client: Client, queuePrefix: string): Promise<string[]> {
  const loops = { [WEATHER_WORKFLOW_ID]: 'refreshWeather', [RECONCILE_WORKFLOW_ID]: 'reconcileEntities' }
  const started: string[] = []
  for (const [workflowId, type] of Object.entries(loops)) {
    try {
      await client.workflow.start(type, { taskQueue: workflowQueue(queuePrefix), workflowId, args: [] })
      started.push(workflowId)
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
  }
  return started
}

export function createEntityLoops(client: Client, queuePrefix: string): EntityLoops {
  const taskQueue = workflowQueue(queuePrefix)
  const kinds = Object.keys(LOOP_TYPES) as EntityKind[]
  return {
    kinds,

    async listRunning() {
      const types = kinds.map((kind) => `"${kind}"`).join(', ')
      const query = `WorkflowType IN (${types}) AND ExecutionStatus = "Running" AND TaskQueue = "${taskQueue}"`
      const running: EntityRef[] = []
      for await (const { workflowId } of client.workflow.list({ query, pageSize: 1000 })) {
        const kind = kinds.find((candidate) => workflowId.startsWith(`${candidate}:`))
        if (kind !== undefined) running.push({ kind, id: workflowId.slice(kind.length + 1) })
      }
      return running
    },

    async start(entity, name) {
      const type = LOOP_TYPES[entity.kind]
      if (type === undefined) throw new Error(`no loop for ${entity.kind}s`)
      await client.workflow.start<typeof house>(type, {
        taskQueue,
        workflowId: entityWorkflowId(entity),
        args: [{ id: entity.id }],
        staticSummary: name,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        typedSearchAttributes: new TypedSearchAttributes([
          { key: SEARCH_ATTRIBUTES.kind, value: entity.kind },
          { key: SEARCH_ATTRIBUTES.entity, value: entity.id },
        ]),
      })
    },

    signalConfigure: (entity) => ignoreGone(client.workflow.getHandle(entityWorkflowId(entity)).signal(configure)),

    stop: (entity) =>
      ignoreGone(
        client.workflow
          .getHandle(entityWorkflowId(entity))
          .cancel()
          .then(() => undefined),
      ),

    async refreshWeather() {
      await client.workflow.signalWithStart<typeof refreshWeather, []>('refreshWeather', {
        taskQueue,
        workflowId: WEATHER_WORKFLOW_ID,
        args: [],
        signal: refreshWeatherNow,
        signalArgs: [],
      })
    },
  }
}

/** A loop that ended between listing and message needs no message. */
async function ignoreGone(message: Promise<void>): Promise<void> {
  try {
    await message
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error
  }
}

/** A caller who has waited this long is told that nobody took the request, and nobody will. */
const REQUEST_EXPIRY_MS = 15_000

export function createOperations(client: Client, queuePrefix: string): Operations {
  const send = async (entity: EntityRef, message: SignalDefinition) => {
    try {
      await client.workflow.getHandle(entityWorkflowId(entity)).signal(message)
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) {
        throw new EntityNotFound(`no loop runs for ${entity.kind} ${entity.id}`, { cause: error })
      }
      throw new Unavailable('the Temporal server cannot be reached', { cause: error })
    }
  }
  const ask = async (entity: EntityRef, request: ZoneRequest) => {
    const handle = client.workflow.getHandle(entityWorkflowId(entity))
    const message = { request, expiresAt: Date.now() + REQUEST_EXPIRY_MS }
    try {
      await client.withDeadline(message.expiresAt, () => handle.executeUpdate(requestZone, { args: [message] }))
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) {
        throw new EntityNotFound(`no loop runs for ${entity.kind} ${entity.id}`, { cause: error })
      }
      throw new Unavailable('no worker took the request in time', { cause: error })
    }
  }
  return {
    pollNow: (entity) => send(entity, pollNow),
    pause: (entity) => send(entity, pause),
    resume: (entity) => send(entity, resume),
    overrideZone: (entity, override) => ask(entity, { type: 'override', ...override }),
    clearOverride: (entity) => ask(entity, { type: 'clear-override', requestId: randomUUID() }),
    async reconcileNow() {
      const asked = client.workflow.signalWithStart<typeof reconcileEntities, []>('reconcileEntities', {
        taskQueue: workflowQueue(queuePrefix),
        workflowId: RECONCILE_WORKFLOW_ID,
        args: [],
        signal: reconcileNow,
        signalArgs: [],
      })
      await asked.catch((error: unknown) => {
        throw new Unavailable('the Temporal server cannot be reached', { cause: error })
      })
    },
    async check() {
      try {
        await client.connection.withDeadline(Date.now() + 3_000, () =>
          client.connection.workflowService.getSystemInfo({}),
        )
      } catch (error) {
        throw new Unavailable('the Temporal server does not answer', { cause: error })
      }
    },
  }
}
