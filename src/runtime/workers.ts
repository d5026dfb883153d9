/** The Temporal workers of one process: workflow code on one queue, each kind of outside system on its own. */
import { setTimeout as delay } from 'node:timers/promises'
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker'
import type {
  BookkeepingActivities,
  PollActivities,
  ReconcileActivities,
  WeatherActivities,
} from '../activities/contract.ts'
import type { HouseControlActivities } from '../activities/control-contract.ts'
import type { EnergyActivities } from '../activities/energy-contract.ts'
import type { EnergyImportActivities } from '../activities/energy-import-contract.ts'
import type { FillActivities, ImportActivities } from '../activities/history-contract.ts'
import type { HouseTestActivities, InertiaActivities } from '../activities/inertia-contract.ts'
import type { OffboardingActivities, ReleaseActivities, SweepActivities } from '../activities/offboarding-contract.ts'
import type { OnboardingByQueue } from '../activities/onboarding/index.ts'
import type { SavingsActivities } from '../activities/savings-contract.ts'
import type { ThermalActivities } from '../activities/thermal-contract.ts'
import { type ActivityQueue, activityQueue, workflowQueue } from '../workflows/queues.ts'
import type { Logger } from './log.ts'

export interface WorkerActivities {
  readonly homeside: Pick<PollActivities, 'pollHouse'> &
    BookkeepingActivities &
    HouseControlActivities &
    HouseTestActivities &
    InertiaActivities &
    ReleaseActivities &
    OnboardingByQueue['homeside']
  readonly arrigo: Pick<PollActivities, 'pollBuilding'> & BookkeepingActivities & OnboardingByQueue['arrigo']
  readonly modbus: Pick<PollActivities, 'pollZone'> & BookkeepingActivities
  readonly imports: ImportActivities & FillActivities
  readonly energy: EnergyImportActivities & EnergyActivities
  readonly learning: ThermalActivities & SavingsActivities
  readonly pipelines: ReconcileActivities &
    WeatherActivities &
    OffboardingActivities &
    SweepActivities &
    OnboardingByQueue['pipelines']
}

export interface StartWorkersOptions {
  /** `host:port` of the Temporal server. */
  readonly address: string
  readonly namespace: string
  readonly queuePrefix: string
  readonly workflowBundlePath: string
  readonly activities: WorkerActivities
  readonly log: Logger
}

export interface RunningWorkers {
  /** Lets activities in progress end (a few seconds), then stops. */
  stop(): Promise<void>
}

/** Loops kept in memory between two cycles, 0.26 MB each; one that falls out is replayed at its next cycle. */
const CACHED_WORKFLOWS = 2_500

/** Slots of a vendor kind. A vendor that hangs for 30 s with all its houses must still leave room for the others. */
const SLOTS = {
  homeside: 400,
  arrigo: 100,
  modbus: 200,
  pipelines: 8,
  imports: 2,
  energy: 4,
  learning: 4,
} as const satisfies Partial<Record<ActivityQueue, number>>
const QUEUES = Object.keys(SLOTS) as (keyof typeof SLOTS)[]

const RESTART_DELAY_MS = 2_000

let runtimeInstalled = false

/** The SDK's own messages go to our log; there is one runtime per process. */
function installRuntime(log: Logger): void {
  if (runtimeInstalled) return
  runtimeInstalled = true
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = { message, ...printableMeta(meta) }
      if (level === 'ERROR') log.error('temporal.sdk', fields)
      else log.warn('temporal.sdk', fields)
    }),
    // The native part of the SDK would write to the terminal, into the middle of the status line.
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
    // Ctrl-C is the launcher's to handle: it stops workers, servers and children in order.
    shutdownSignals: [],
  })
}

function printableMeta(meta: Record<string | symbol, unknown> | undefined): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const key of ['taskQueue', 'workflowId', 'workflowType', 'activityType', 'error', 'id', 'reasonCode']) {
    const value = meta?.[key]
    if (value !== undefined) fields[key === 'error' ? 'reason' : key] = String(value)
  }
  return fields
}

export async function startWorkers(options: StartWorkersOptions): Promise<RunningWorkers> {
  const { address, namespace, queuePrefix, log, activities } = options
  installRuntime(log)
  const connection = await NativeConnection.connect({ address })
  const common = {
    connection,
    namespace,
    shutdownGraceTime: '3 seconds',
    shutdownForceTime: '10 seconds',
  } satisfies Partial<WorkerOptions>
  const outcomes = await Promise.allSettled([
    supervise(log, workflowQueue(queuePrefix), () =>
      Worker.create({
        ...common,
        taskQueue: workflowQueue(queuePrefix),
        workflowBundle: { codePath: options.workflowBundlePath },
        maxCachedWorkflows: CACHED_WORKFLOWS,
        maxConcurrentWorkflowTaskExecutions: 100,
        workflowThreadPoolSize: 1,
      }),
    ),
    ...QUEUES.map((queue) =>
      supervise(log, activityQueue(queuePrefix, queue), () =>
        Worker.create({
          ...common,
          taskQueue: activityQueue(queuePrefix, queue),
          activities: { ...activities[queue] },
          maxConcurrentActivityTaskExecutions: SLOTS[queue],
        }),
      ),
    ),
  ])
  const running = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
  const stop = async () => {
    await Promise.all(running.map((worker) => worker.stop()))
    await connection.close()
  }
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { stop }
}

/** Runs a worker and, when it fails instead of being stopped, replaces it: a lost server must not end the process. */
async function supervise(log: Logger, taskQueue: string, create: () => Promise<Worker>) {
  let stopping = false
  let worker = await create()
  const stopped = (async () => {
    while (!stopping) {
      try {
        await worker.run()
      } catch (error) {
        log.error('worker.failed', { taskQueue, reason: String(error) })
      }
      while (!stopping) {
        await delay(RESTART_DELAY_MS)
        if (stopping) break
        try {
          worker = await create()
          log.info('worker.replaced', { taskQueue })
          break
        } catch (error) {
          log.error('worker.not_replaced', { taskQueue, reason: String(error) })
        }
      }
    }
  })()
  return {
    async stop() {
      stopping = true
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await stopped
    },
  }
}
