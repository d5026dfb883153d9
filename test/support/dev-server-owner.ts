/**
 * A process of its own that starts a Temporal dev server and says so on standard output; tests kill it to see what
 * becomes of the server. Arguments: the options of `startTemporalDevServer` as JSON, without the logger.
 */
import { silentLogger } from '../../src/runtime/log.ts'
import { type DevServerOptions, startTemporalDevServer } from '../../src/runtime/servers/temporal-dev-server.ts'

const options = JSON.parse(process.argv[2] ?? '{}') as Omit<DevServerOptions, 'log'>
const server = await startTemporalDevServer({ ...options, log: silentLogger })
process.stdout.write(`${JSON.stringify({ pid: server.pid })}\n`)
// Stays until it is killed, as the launcher does.
setInterval(() => undefined, 60_000)
