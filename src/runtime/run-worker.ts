/** `bvpro worker`: the workers alone, against a Temporal server that runs elsewhere. Logs to standard output. */
import { loadEnvironment } from '../config/environment.ts'
import { BadConfig } from '../connectors/errors.ts'
import { connectTemporal, startWorkerSide } from './engine.ts'
import { createLogger, standardOutput } from './log.ts'
import { RunningParts, untilAskedToStop } from './parts.ts'
import { createServices } from './services.ts'

/** Resolves when the process was asked to stop and all has ended. */
export async function runWorker(): Promise<void> {
  const environment = loadEnvironment()
  const log = createLogger(environment.logLevel, standardOutput())
  const { address, namespace } = environment.temporal
  if (address === undefined) {
    throw new BadConfig('TEMPORAL_ADDRESS is not set; `bvpro worker` needs a Temporal server that runs elsewhere')
  }
  const parts = new RunningParts(log)
  try {
    const client = await connectTemporal(address, namespace)
    parts.add('temporal client', () => client.connection.close())
    const services = await createServices(environment, log, undefined)
    parts.add('stores', () => services.close())
    const workers = await startWorkerSide(environment, address, client, services, log)
    parts.add('workers', () => workers.stop())
    log.info('worker.ready', { address, namespace })
    await untilAskedToStop(() => parts.hurry())
  } finally {
    await parts.stop()
  }
}
