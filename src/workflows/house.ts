/** The loop of one house, and the only hand that writes to its controller. */
import { ActivityFailure, ApplicationFailure, HandlerUnfinishedPolicy } from '@temporalio/common'
import { continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow'
import type { HouseControlActivities } from '../activities/control-contract.ts'
import type { HouseTestActivities } from '../activities/inertia-contract.ts'
import type { ReleaseOutcome } from '../activities/offboarding-contract.ts'
import { CONTROL_MODES } from '../domain/entity.ts'
import { EntityLoop, type LoopInput } from './entity-loop.ts'
import { beginTest, type Expiring, endTest, setMode, setSetpoint, takeControl } from './house-messages.ts'
import { releaseControl } from './offboarding-messages.ts'
import { siblingQueue } from './queues.ts'

/** Room targets the controllers have a form for, °C. */
const SETPOINTS = { from: 15, to: 28 }

export async function house(input: LoopInput): Promise<void> {
  const { id } = input
  const loop = new EntityLoop(
    { kind: 'house', queue: 'homeside', poll: 'pollHouse', renew: (next) => continueAsNew<typeof house>(next) },
    input,
  )
  let releasing: Promise<ReleaseOutcome> | undefined
  setHandler(
    releaseControl,
    ({ request }) => {
      // A person's release is audited and has an outcome of its own; off-boardings wait for one another's.
      if (request !== undefined) return asked(() => controlOf().releaseHouse(id, request)).finally(() => loop.wake())
      releasing ??= asked(() => controlOf().releaseHouse(id)).finally(() => {
        releasing = undefined
      })
      return releasing
    },
    { validator: refuseLate, unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  )
  setHandler(
    takeControl,
    ({ requestId, by, force }) =>
      asked(() => controlOf().takeControl(id, { requestId, by, force })).finally(() => loop.wake()),
    { validator: refuseLate },
  )
  setHandler(
    setSetpoint,
    ({ requestId, by, temperature }) =>
      asked(() => controlOf().setSetpoint(id, { requestId, by, temperature })).finally(() => loop.wake()),
    { validator: refuseSetpoint },
  )
  setHandler(
    setMode,
    ({ requestId, by, mode, force }) =>
      asked(() => controlOf().setMode(id, { requestId, by, mode, force })).finally(() => loop.wake()),
    { validator: refuseMode },
  )
  setHandler(
    beginTest,
    ({ expiresAt: _, ...request }) => asked(() => controlOf().beginInertiaTest(id, request)).finally(() => loop.wake()),
    { validator: refuseLate },
  )
  setHandler(
    endTest,
    ({ expiresAt: _, ...request }) => asked(() => controlOf().endInertiaTest(id, request)).finally(() => loop.wake()),
    { validator: refuseLate, unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON },
  )
  await loop.run()
}

function controlOf() {
  return proxyActivities<HouseControlActivities & HouseTestActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'homeside'),
    // Two writes, each read back, on a portal that may take a minute for pending values.
    startToCloseTimeout: '4 minutes',
    scheduleToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { maximumAttempts: 1 },
  })
}

/** @throws ApplicationFailure with the type of what is in the way; whoever asked decides about asking again */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : error
    if (cause instanceof ApplicationFailure) {
      throw ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'Unknown')
    }
    throw ApplicationFailure.nonRetryable('no worker has done it in time, or the loop has ended', 'Unavailable')
  }
}

function refuseLate({ expiresAt }: { readonly expiresAt: number }): void {
  if (Date.now() > expiresAt) throw ApplicationFailure.nonRetryable('the request has expired', 'Expired')
}

function refuseSetpoint(request: Expiring<{ readonly temperature: number }>): void {
  refuseLate(request)
  const { temperature } = request
  if (temperature >= SETPOINTS.from && temperature <= SETPOINTS.to) return
  throw ApplicationFailure.nonRetryable(
    `a room target is ${SETPOINTS.from} to ${SETPOINTS.to} °C, not ${temperature}`,
    'ControlRefused',
  )
}

function refuseMode(request: Expiring<{ readonly mode: string }>): void {
  refuseLate(request)
  if ((CONTROL_MODES as readonly string[]).includes(request.mode)) return
  throw ApplicationFailure.nonRetryable(`there is no mode ${request.mode}`, 'ControlRefused')
}
