/** The activities by which the loop of a house does what people and off-boarding ask of its control. */
import { Context } from '@temporalio/activity'
import { controlModeOf } from '../../config/house.ts'
import type { CallOptions } from '../../connectors/homeside/index.ts'
import type { ControlOutcome, ControlRequest, HouseControlActivities } from '../control-contract.ts'
import { describeError, toApplicationFailure } from '../failures.ts'
import { startHeartbeat } from '../heartbeat.ts'
import { releaseHouse } from '../release-control.ts'
import { controlView } from './control-view.ts'
import { setMode, setSetpoint, takeControl } from './house-controls.ts'
import { type ControlDependencies, profileOf } from './house-turn.ts'
import { closeRequest } from './requests.ts'
import { controlRecordOf } from './turn.ts'

export function createHouseControlActivities(dependencies: ControlDependencies): HouseControlActivities {
  const outcome = (id: string) => controlOutcome(dependencies, id)
  const asked = async (
    request: ControlRequest,
    work: (call: CallOptions) => Promise<ControlOutcome>,
  ): Promise<ControlOutcome> => {
    const { application } = dependencies
    try {
      const done = await working(work)
      await closeRequest(application, request.requestId, { state: 'done', reason: null, outcome: done })
      return done
    } catch (error) {
      const { reason, reasonCode } = describeError(error)
      const state = reasonCode === 'ControlRefused' ? 'refused' : 'failed'
      await closeRequest(application, request.requestId, { state, reason, outcome: null })
      throw error
    }
  }
  return {
    async releaseHouse(id, request) {
      if (request === undefined) return working((call) => releaseHouse(dependencies, id, call))
      let released: Awaited<ReturnType<typeof releaseHouse>> = 'not_held'
      await asked(request, async (call) => {
        released = await releaseHouse(dependencies, id, call, request.by)
        return outcome(id)
      })
      return released
    },
    takeControl: (id, request) =>
      asked(request, async (call) => {
        await takeControl(dependencies, id, request, call)
        return outcome(id)
      }),
    setSetpoint: (id, request) =>
      asked(request, async (call) => {
        const { applied } = await setSetpoint(dependencies, id, request, call)
        return { ...(await outcome(id)), temperature: applied }
      }),
    setMode: (id, request) =>
      asked(request, async (call) => {
        await setMode(dependencies, id, request, call)
        return outcome(id)
      }),
  }
}

/** Control of a house as it stands, with its mode. */
export async function controlOutcome(
  { application, config }: Pick<ControlDependencies, 'application' | 'config'>,
  id: string,
): Promise<ControlOutcome> {
  const [record, { profile }] = await Promise.all([controlRecordOf(application, id), profileOf(config, id)])
  return { control: controlView(record), mode: controlModeOf(profile) }
}

/** Alive as long as this process is; errors leave with their type. */
async function working<T>(work: (call: CallOptions) => Promise<T>): Promise<T> {
  const heartbeat = startHeartbeat<never>()
  try {
    const signal = Context.current().cancellationSignal
    return await work({ heartbeat: () => heartbeat.beat(), signal })
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw error
    throw toApplicationFailure(error)
  } finally {
    heartbeat.stop()
  }
}
