/** Temporal, and the ports that BVPro and its Temporal server listen on. */
import { join } from 'node:path'
import { Connection } from '@temporalio/client'
import type { Environment } from '../../config/environment.ts'
import { findOnPath } from '../../runtime/servers/executable.ts'
import { describePortHolder, isPortFree } from '../../runtime/servers/ports.ts'
import { findInstalledTemporal } from '../../runtime/servers/temporal-binary.ts'
import { readServerRecord } from '../../runtime/servers/temporal-record.ts'
import { type CheckOutcome, failed, messageOf, ok, warning } from './check.ts'

const TIMEOUT_MS = 5_000

export async function checkTemporal({ temporal, cache }: Environment): Promise<CheckOutcome> {
  return temporal.address === undefined
    ? checkProgram(temporal.cliPath, cache)
    : checkServer(temporal.address, temporal.namespace)
}

async function checkServer(address: string, namespace: string): Promise<CheckOutcome> {
  const name = 'Temporal server'
  let connection: Connection
  try {
    connection = await Connection.connect({ address, connectTimeout: TIMEOUT_MS })
  } catch (error) {
    return failed(name, `${address} does not answer: ${messageOf(error)}`, 'start it, or correct TEMPORAL_ADDRESS')
  }
  try {
    await connection.withDeadline(Date.now() + TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace }),
    )
    return ok(name, `${address}, namespace ${namespace}`)
  } catch (error) {
    return failed(
      name,
      `${address} answers, but not for namespace ${namespace}: ${messageOf(error)}`,
      `make the namespace (temporal operator namespace create -n ${namespace}), or correct TEMPORAL_NAMESPACE`,
    )
  } finally {
    await connection.close()
  }
}

async function checkProgram(cliPath: string | undefined, cache: string): Promise<CheckOutcome> {
  const name = 'Temporal dev server'
  try {
    const found = await findInstalledTemporal({ ...process.env, TEMPORAL_CLI_PATH: cliPath }, cache, [])
    if (found !== undefined) return ok(name, `${found.path} (${found.version})`)
  } catch (error) {
    return failed(name, messageOf(error), 'correct or unset TEMPORAL_CLI_PATH')
  }
  const found = 'not installed yet'
  if (findOnPath('go') !== undefined) return warning(name, found, '"bvpro up" downloads it, or builds it with Go, once')
  return warning(name, found, '"bvpro up" downloads it; without a network install the Temporal CLI or Go first')
}

interface WantedPort {
  readonly port: number
  readonly purpose: string
  readonly variable: string
  /** Whether the process that listens there is part of this BVPro. */
  readonly isOurs: () => boolean | Promise<boolean>
}

/** Port 0 means any free one, so there is nothing to check. */
export async function checkPorts({ home, port, temporal }: Environment): Promise<CheckOutcome[]> {
  const wanted: WantedPort[] = [
    { port, purpose: 'API and web page', variable: 'BVPRO_PORT', isOurs: () => answersLikeBvpro(port) },
  ]
  if (temporal.address === undefined) {
    const record = readServerRecord(join(home, 'data', 'temporal.db'))
    wanted.push(
      {
        port: temporal.port,
        purpose: 'Temporal',
        variable: 'BVPRO_TEMPORAL_PORT',
        isOurs: () => record?.port === temporal.port,
      },
      {
        port: temporal.uiPort,
        purpose: 'Temporal Web UI',
        variable: 'BVPRO_TEMPORAL_UI_PORT',
        isOurs: () => record?.uiPort === temporal.uiPort,
      },
    )
  }
  return Promise.all(wanted.filter((each) => each.port !== 0).map(checkPort))
}

async function checkPort({ port, purpose, variable, isOurs }: WantedPort): Promise<CheckOutcome> {
  const name = `port ${port}, ${purpose}`
  try {
    if (await isPortFree(port)) return ok(name, 'free')
  } catch (error) {
    return failed(name, messageOf(error), `set ${variable} to a port BVPro may use`)
  }
  if (await isOurs()) return ok(name, 'in use by BVPro')
  return failed(name, `in use by ${describePortHolder(port)}`, `stop that program, or set ${variable} to a free port`)
}

async function answersLikeBvpro(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/openapi.json`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    const document = (await response.json()) as { info?: { title?: unknown } }
    return typeof document.info?.title === 'string' && document.info.title.includes('BVPro')
  } catch {
    // No HTTP, no JSON: some other program.
    return false
  }
}
