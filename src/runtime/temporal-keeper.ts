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

export async function keepTemporalRunning(
  options: Omit<DevServerOptions, 'onExit' | 'log'>,
  log: Logger,
): Promise<TemporalKeeper> {
  let stopping = false
  const stopped = new AbortController()
  let restarting: Promise<void> | undefined

  const start = (): Promise<DevServer> =>
    startTemporalDevServer({
      ...options,
      log,
      onExit: ({ code, signal }) => {
        if (stopping) return
        log.error('temporal.ended', { code, signal })
        restarting = restart()
      },
    })

  async function restart(): Promise<void> {
    for (let wait = FIRST_RESTART_MS; !stopping; wait = Math.min(wait * 2, LAST_RESTART_MS)) {
      await delay(wait, undefined, { signal: stopped.signal }).catch(() => undefined)
      if (stopping) return
      try {
        server = await start()
        log.info('temporal.restarted', { pid: server.pid })
        return
      } catch (error) {
        log.error('temporal.not_restarted', { reason: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  let server = await start()
  const { address, uiUrl, adopted } = server
  return {
    address,
    uiUrl,
    adopted,
    async stop() {
      stopping = true
      stopped.abort()
      await restarting
      await server.stop()
    },
  }
}
