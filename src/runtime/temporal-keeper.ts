/** Keeps the embedded Temporal server running: a server that ends by itself is started again on the same data. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from './log.ts'
import { type DevServer, type DevServerOptions, startTemporalDevServer } from './servers/temporal-dev-server.ts'

export interface TemporalKeeper {
  readonly address: string
  readonly uiUrl: string
  readonly adopted: boolean
  stop(): Promise<void>
}

const FIRST_RESTART_MS = 500
const LAST_RESTART_MS = 30_000

/**
 * Starts the server and looks after it until `stop`.
 * @param signal breaks off the first start; the server, if it runs already, is ended
 * @throws what `startTemporalDevServer` throws
 */
export async function keepTemporalRunning(
  options: Omit<DevServerOptions, 'onExit' | 'log' | 'signal'>,
  log: Logger,
  signal?: AbortSignal,
): Promise<TemporalKeeper> {
  const stopping = new AbortController()
  let restarting: Promise<void> | undefined

  const start = (until: AbortSignal | undefined): Promise<DevServer> =>
    startTemporalDevServer({
      ...options,
      log,
      signal: until,
      onExit: (exit) => {
        if (stopping.signal.aborted) return
        log.error('temporal.ended', { code: exit.code, signal: exit.signal })
        restarting = restart()
      },
    })

  async function restart(): Promise<void> {
    for (let wait = FIRST_RESTART_MS; ; wait = Math.min(wait * 2, LAST_RESTART_MS)) {
      try {
        await delay(wait, undefined, { signal: stopping.signal })
        server = await start(stopping.signal)
        log.info('temporal.restarted', { pid: server.pid })
        return
      } catch (error) {
        if (stopping.signal.aborted) return
        log.error('temporal.not_restarted', { reason: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  let server = await start(signal)
  const { address, uiUrl, adopted } = server
  return {
    address,
    uiUrl,
    adopted,
    async stop() {
      stopping.abort()
      await restarting
      await server.stop()
    },
  }
}
