/** A real PostgreSQL for tests: a throw-away cluster on a free port, gone after the run. */
import { execFileSync } from 'node:child_process'
import { chownSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from '../../src/runtime/servers/ports.ts'
import { startServer } from './child-process.ts'
import { serverPath } from './servers.ts'

export interface PostgresServer {
  /** `postgres://` URL of the cluster's first database. */
  readonly databaseUrl: string
  /** A further, empty database; resolves to its URL. */
  createDatabase(name: string): Promise<string>
  stop(): Promise<void>
}

interface Account {
  readonly uid: number
  readonly gid: number
}

/** Throws when PostgreSQL cannot be had. */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = await serverPath('postgres')
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-postgres-'))
  // PostgreSQL refuses to run as root.
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined
  if (account !== undefined) chownSync(folder, account.uid, account.gid)
  const options = { cwd: folder, ...account }

  const cluster = join(folder, 'cluster')
  const init = ['-D', cluster, '-U', 'bvpro', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  execFileSync(join(binaries, 'initdb'), init, { ...options, stdio: 'pipe' })
  const port = await freePort()
  const urlOf = (database: string) => `postgres://bvpro@127.0.0.1:${port}/${database}`
  const run = ['-D', cluster, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-F']
  const server = await startServer(join(binaries, 'postgres'), run, options, () => answers(urlOf('postgres')))
  return {
    databaseUrl: urlOf('postgres'),
    createDatabase: async (name) => {
      await query(urlOf('postgres'), `CREATE DATABASE ${pg.escapeIdentifier(name)}`)
      return urlOf(name)
    },
    stop: async () => {
      // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
      await server.stop('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function answers(databaseUrl: string): Promise<boolean> {
  try {
    await query(databaseUrl, 'SELECT 1')
    return true
  } catch {
    // Not listening yet: asked again until the start times out.
    return false
  }
}

async function query(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function unprivilegedAccount(): Account {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  const entry = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (entry === undefined) throw new Error('neither an account postgres nor nobody: PostgreSQL refuses to run as root')
  return { uid: Number(entry[2]), gid: Number(entry[3]) }
}
