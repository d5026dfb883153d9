/** `bvpro api`: REST API and pages alone. Logs to standard output. */
import { loadEnvironment } from '../config/environment.ts'
import { BadConfig } from '../connectors/errors.ts'
import { ensureApiToken } from './api-token.ts'
import { connectTemporal, startApiSide } from './engine.ts'
import { createLogger, standardOutput } from './log.ts'
import { RunningParts, untilAskedToStop } from './parts.ts'
import { createServices } from './services.ts'

/** Resolves when the process was asked to stop and all has ended. */
export async function runApi(): Promise<void> {
  const environment = loadEnvironment()
  const log = createLogger(environment.logLevel, standardOutput())
  const { address, namespace } = environment.temporal
  if (address === undefined) {
    throw new BadConfig('TEMPORAL_ADDRESS is not set; `bvpro api` needs a Temporal server that runs elsewhere')
  }
  const parts = new RunningParts(log)
  try {
    const client = await connectTemporal(address, namespace)
    parts.add('temporal client', () => client.connection.close())
    const services = await createServices(environment, log, undefined)
    parts.add('stores', () => services.close())
    const apiToken = await ensureApiToken(environment)
    const api = await startApiSide(environment, client, services, log, { apiToken, temporalUiUrl: null })
    parts.add('api', () => api.close())
    log.info('api.ready', { url: api.url })
    await untilAskedToStop(() => parts.hurry())
  } finally {
    await parts.stop()
  }
}
