/** The databases of a production installation, each only when it is configured. */
import pg from 'pg'
import { redactSecrets, registerSecret } from '../../runtime/log.ts'
import { type CheckOutcome, failed, messageOf, ok, skipped } from './check.ts'

const TIMEOUT_MS = 5_000

export async function checkInflux(url: string | undefined): Promise<CheckOutcome> {
  const name = 'InfluxDB'
  if (!url) return skipped(name, 'not configured: time series are kept in a file')
  const { origin } = new URL(url)
  try {
    const response = await fetch(`${url.replace(/\/+$/, '')}/health`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    const { status, version } = (await response.json()) as { status?: unknown; version?: unknown }
    if (response.ok && status === 'pass') return ok(name, `${origin}, version ${String(version ?? 'unknown')}`)
    return failed(name, `${origin} answers ${response.status}, health ${String(status)}`, 'look into its log')
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return failed(name, `${origin} cannot be reached: ${messageOf(cause)}`, 'start it, or correct INFLUX_URL')
  }
}

export async function checkPostgres(url: string | undefined): Promise<CheckOutcome> {
  const name = 'PostgreSQL'
  if (!url) return skipped(name, 'not configured: application state is kept in a file')
  registerSecret(url)
  if (!URL.canParse(url)) return failed(name, 'DATABASE_URL is no address', 'correct DATABASE_URL')
  const { host, pathname, password } = new URL(url)
  if (password !== '') registerSecret(decodeURIComponent(password))
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  })
  try {
    await client.connect()
    const { rows } = await client.query<{ server_version: string }>('SHOW server_version')
    return ok(name, `${host}${pathname}, version ${rows[0]?.server_version ?? 'unknown'}`)
  } catch (error) {
    const reason =
      messageOf(error) || (error instanceof Error && 'code' in error ? String(error.code) : 'no reason given')
    return failed(name, `${host} refuses: ${redactSecrets(reason)}`, 'start it, or correct DATABASE_URL')
  } finally {
    // Also after a failed connect: the socket may be half open. Nothing is lost when closing fails.
    await client.end().catch(() => undefined)
  }
}
