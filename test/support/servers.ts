/**
 * The real servers tests run against: found on the machine or in the cache, else obtained once into the cache. A
 * server that cannot be had is a loud skip, or a failure where `BVPRO_TEST_REQUIRE` names it (`all` names every one).
 */
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { cacheDirectory, type ReportStep } from '../../src/runtime/servers/cache.ts'
import { findOnPath, isExecutable } from '../../src/runtime/servers/executable.ts'
import { findTemporalBinary } from '../../src/runtime/servers/temporal-binary.ts'
import { obtainInfluxd } from './obtain-influxd.ts'
import { obtainTestServer } from './obtain-test-server.ts'

export const TEST_SERVERS = ['temporal', 'time-skipping', 'influxd', 'postgres', 'chromium'] as const
/**
 * `temporal`: the dev server's program. `time-skipping`: Temporal's test server. `influxd`: InfluxDB 2.7.
 * `postgres`: the folder with `initdb` and `postgres`. `chromium`: a headless browser.
 */
export type TestServer = (typeof TEST_SERVERS)[number]

export interface Unobtainable {
  readonly server: TestServer
  readonly reason: string
}

/** Set by the test runner: what it already failed to obtain, as JSON, so that not every test file tries again. */
export const UNOBTAINABLE_VARIABLE = 'BVPRO_TEST_UNOBTAINABLE'

const OBTAIN: Record<TestServer, (report: ReportStep) => Promise<string>> = {
  temporal: async (report) => (await findTemporalBinary({ report })).path,
  'time-skipping': (report) => obtainTestServer(cacheDirectory(), report),
  influxd: async (report) => namedProgram('BVPRO_INFLUXD') ?? obtainInfluxd(cacheDirectory(), report),
  postgres: async () => findPostgres(),
  chromium: async () => namedProgram('CHROMIUM_PATH') ?? findChromium(),
}

export function isRequired(server: TestServer, required = process.env.BVPRO_TEST_REQUIRE): boolean {
  const names = (required ?? '').split(/[\s,]+/)
  return names.includes('all') || names.includes(server)
}

const known = new Map<TestServer, Promise<string | undefined>>()

/**
 * Path of a server's program (of its folder for `postgres`); undefined when it cannot be had here, which is said on
 * standard error once. For `describe.skipIf(path === undefined)`. Throws when the server is required and missing.
 */
export function testServer(server: TestServer): Promise<string | undefined> {
  const present = known.get(server)
  if (present !== undefined) return present
  const answer = look(server)
  known.set(server, answer)
  return answer
}

/** The same for what starts a server; throws when it cannot be had, so ask `testServer` first to skip instead. */
export async function serverPath(server: TestServer): Promise<string> {
  const path = await testServer(server)
  if (path === undefined) throw new Error(`${server} cannot be had here`)
  return path
}

async function look(server: TestServer): Promise<string | undefined> {
  const problem = earlierFailure(server)
  if (problem === undefined) {
    try {
      return await OBTAIN[server]((sentence) => process.stderr.write(`${server}: ${sentence}\n`))
    } catch (error) {
      return refuse(server, error instanceof Error ? error.message : String(error))
    }
  }
  return refuse(server, problem)
}

function refuse(server: TestServer, reason: string): undefined {
  if (isRequired(server)) throw new Error(`these tests need ${server}, which BVPRO_TEST_REQUIRE demands: ${reason}`)
  process.stderr.write(`SKIPPED: the tests that need ${server}, because it cannot be had here: ${reason}\n`)
  return undefined
}

function earlierFailure(server: TestServer): string | undefined {
  const text = process.env[UNOBTAINABLE_VARIABLE]
  if (!text) return undefined
  const failures = JSON.parse(text) as readonly Unobtainable[]
  return failures.find((failure) => failure.server === server)?.reason
}

export interface Obtained {
  readonly paths: ReadonlyMap<TestServer, string>
  readonly unobtainable: readonly Unobtainable[]
}

/** Obtains every server, one after another: a build alone keeps a small machine busy. */
export async function obtainAll(report: (server: TestServer, sentence: string) => void): Promise<Obtained> {
  const paths = new Map<TestServer, string>()
  const unobtainable: Unobtainable[] = []
  for (const server of TEST_SERVERS) {
    try {
      const path = await OBTAIN[server]((sentence) => report(server, sentence))
      paths.set(server, path)
      report(server, path)
    } catch (error) {
      unobtainable.push({ server, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { paths, unobtainable }
}

/** Who names a program wants that one: where it does not run, no other is looked for. */
function namedProgram(variable: string): string | undefined {
  const path = process.env[variable]
  if (!path) return undefined
  if (!isExecutable(path)) throw new Error(`${variable} names ${path}, which is no program that runs here`)
  return path
}

/** Debian keeps the server's programs out of PATH, one folder per major version; the newest is taken. */
function findPostgres(): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ]
  const folder = folders.find((candidate) =>
    ['initdb', 'postgres'].every((name) => isExecutable(join(candidate, name))),
  )
  if (folder === undefined) throw new Error('PostgreSQL is not installed (Debian: apt-get install postgresql)')
  return folder
}

function findChromium(): string {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const path = findOnPath(name)
    if (path !== undefined) return path
  }
  throw new Error('Chromium is not installed (Debian: apt-get install chromium)')
}
