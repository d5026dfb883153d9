/** A real InfluxDB for tests: `influxd` of its own in an empty folder, on a free port. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { startServer } from './child-process.ts'
import { serverPath } from './servers.ts'

export interface InfluxServer {
  readonly url: string
  readonly token: string
  readonly org: string
  readonly bucket: string
  /** A further, empty bucket; resolves to its name. */
  createBucket(name: string): Promise<string>
  stop(): Promise<void>
}

const ORG = 'bvpro'
const BUCKET = 'heating'
const TOKEN = 'token-of-a-test-server'

/** Throws when `influxd` cannot be had. */
export async function startInfluxd(): Promise<InfluxServer> {
  const binary = await serverPath('influxd')
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-influxd-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = [
    ['--bolt-path', join(folder, 'influxd.bolt')],
    ['--sqlite-path', join(folder, 'influxd.sqlite')],
    ['--engine-path', join(folder, 'engine')],
    ['--http-bind-address', `127.0.0.1:${port}`],
  ].flat()
  const server = await startServer(binary, [...args, '--reporting-disabled'], {}, () => answers(`${url}/health`))
  const setup = await post<{ org: { id: string } }>(`${url}/api/v2/setup`, {
    username: 'test',
    password: 'password-of-a-test-server',
    org: ORG,
    bucket: BUCKET,
    token: TOKEN,
    retentionPeriodSeconds: 0,
  })
  return {
    url,
    token: TOKEN,
    org: ORG,
    bucket: BUCKET,
    createBucket: async (name) => {
      await post(`${url}/api/v2/buckets`, { orgID: setup.org.id, name, retentionRules: [] }, TOKEN)
      return name
    },
    stop: async () => {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    // Not listening yet: asked again until the start times out.
    return false
  }
}

async function post<T>(url: string, body: unknown, token?: string): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Token ${token}` }),
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}
