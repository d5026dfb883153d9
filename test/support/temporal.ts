/** Temporal servers for tests: one whose clock skips ahead, and the real dev server on free ports. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { silentLogger } from '../../src/runtime/log.ts'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { type DevServer, startTemporalDevServer } from '../../src/runtime/servers/temporal-dev-server.ts'
import { PortInUse } from '../../src/runtime/servers/temporal-errors.ts'
import { serverPath } from './servers.ts'

/**
 * An environment whose time skips to the next timer while a result is awaited. Call `teardown()` afterwards. Throws
 * when the server cannot be had: ask `testServer('time-skipping')` first to skip instead.
 */
export async function createTimeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const path = await serverPath('time-skipping')
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } })
}

export interface TestDevServer extends DevServer {
  readonly dataFile: string
  readonly namespace: string
  /** Ends the server and removes its data. */
  remove(): Promise<void>
}

export interface TestDevServerOptions {
  readonly namespace?: string
  readonly searchAttributes?: Readonly<Record<string, string>>
}

/** A real dev server on free ports and an empty data file of its own. Throws when the program cannot be had. */
export async function startDevServer(options: TestDevServerOptions = {}): Promise<TestDevServer> {
  const binary = await serverPath('temporal')
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-temporal-'))
  const dataFile = join(folder, 'temporal.db')
  const namespace = options.namespace ?? 'default'
  const start = async () =>
    startTemporalDevServer({
      binary,
      dataFile,
      port: await freePort(),
      uiPort: await freePort(),
      namespace,
      log: silentLogger,
      ...(options.searchAttributes === undefined ? {} : { searchAttributes: options.searchAttributes }),
    })
  const server = await start().catch((error: unknown) => {
    // Somebody else was given the same free port meanwhile: once more, with others.
    if (error instanceof PortInUse) return start()
    throw error
  })
  return {
    ...server,
    dataFile,
    namespace,
    remove: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
