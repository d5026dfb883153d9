/** Fetches weather once per place and model run, for all entities together. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { WeatherActivities } from '../activities/contract.ts'
import { refreshWeatherNow } from './messages.ts'
import { repeatUntilRenewal } from './periodic.ts'
import { siblingQueue } from './queues.ts'

/** SMHI publishes hourly, usable a quarter past; asking every ten minutes for the run's stamp keeps within what it asks of clients. */
const PERIOD_MS = 10 * 60_000

export async function refreshWeather(): Promise<void> {
  let asked = false
  setHandler(refreshWeatherNow, () => {
    asked = true
  })
  const activities = proxyActivities<WeatherActivities>({
    taskQueue: siblingQueue(workflowInfo().taskQueue, 'pipelines'),
    startToCloseTimeout: '10 minutes',
    heartbeatTimeout: '10 seconds',
    retry: { initialInterval: '5 seconds', maximumInterval: '1 minute', maximumAttempts: 3 },
  })
  await repeatUntilRenewal({
    periodMs: PERIOD_MS,
    asked: () => asked,
    isFatal: isCancellation,
    work: async () => {
      asked = false
      await activities.refreshWeather()
    },
  })
  await condition(allHandlersFinished)
  await continueAsNew<typeof refreshWeather>()
}
