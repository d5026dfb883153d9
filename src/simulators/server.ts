/**
 * Runs the town alone: `node --import tsx src/simulators/server.ts --houses 4 --port 9000`. Prints one JSON line with
 * its URLs when it listens; SIGTERM and SIGINT end it, and on request the end of its input or of its parent.
 */
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { createLogger } from '../runtime/log.ts'
import { startTown, type TownOptions, writeDemoHome } from './town.ts'

const USAGE = `usage: server.ts [--houses N] [--port N] [--host ADDRESS] [--seed N]
  [--directory DIR]         keep the state of the houses there
  [--home DIR]              write profiles and credentials of the houses there, where absent
  [--pending-ms N] [--token-lifetime-ms N]
  [--exit-on-stdin-end]     stop when the input ends
  [--exit-with-parent]      stop when the parent process has gone`

const PARENT_CHECK_MS = 1_000

interface Arguments {
  readonly options: TownOptions
  readonly home: string | undefined
  readonly exitOnStdinEnd: boolean
  readonly exitWithParent: boolean
}

/** Throws what `parseArgs` throws, and a RangeError for a number that is none. */
function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      houses: { type: 'string', default: '4' },
      port: { type: 'string', default: '0' },
      host: { type: 'string', default: '127.0.0.1' },
      seed: { type: 'string' },
      directory: { type: 'string' },
      home: { type: 'string' },
      'pending-ms': { type: 'string' },
      'token-lifetime-ms': { type: 'string' },
      'exit-on-stdin-end': { type: 'boolean', default: false },
      'exit-with-parent': { type: 'boolean', default: false },
    },
  })
  const number = (name: 'houses' | 'port' | 'seed' | 'pending-ms' | 'token-lifetime-ms'): number | undefined => {
    const text = values[name]
    if (text === undefined) return undefined
    if (!/^\d+$/.test(text)) throw new RangeError(`--${name} wants a whole number, not "${text}"`)
    return Number(text)
  }
  const seed = number('seed')
  const pendingMs = number('pending-ms')
  const tokenLifetimeMs = number('token-lifetime-ms')
  return {
    options: {
      houses: number('houses') ?? 0,
      port: number('port') ?? 0,
      host: values.host,
      ...(values.directory === undefined ? {} : { directory: values.directory }),
      ...(seed === undefined ? {} : { seed }),
      ...(pendingMs === undefined ? {} : { pendingMs }),
      ...(tokenLifetimeMs === undefined ? {} : { tokenLifetimeMs }),
      // Standard output carries the one line others read.
      log: createLogger('warn', pino.destination({ dest: 2, sync: true })),
    },
    home: values.home,
    exitOnStdinEnd: values['exit-on-stdin-end'],
    exitWithParent: values['exit-with-parent'],
  }
}

async function run({ options, home, exitOnStdinEnd, exitWithParent }: Arguments): Promise<void> {
  const town = await startTown(options)
  if (home !== undefined) await writeDemoHome(home, town.houses)

  let closing = false
  const stop = () => {
    if (closing) return
    closing = true
    town.close().then(
      () => process.exit(0),
      (error: unknown) => fail(`the town could not keep its state: ${String(error)}`, 1),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (exitOnStdinEnd) {
    process.stdin.once('end', stop)
    process.stdin.once('close', stop)
    process.stdin.resume()
  }
  if (exitWithParent) {
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) stop()
    }, PARENT_CHECK_MS)
  }
  const { houses, url, homesideUrl, homesideHistoryUrl, smhiForecastUrl, smhiObservationsUrl } = town
  const urls = { url, homesideUrl, homesideHistoryUrl, smhiForecastUrl, smhiObservationsUrl }
  const line = { ...urls, houses: houses.length, pid: process.pid }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function fail(message: string, exitCode: number): never {
  process.stderr.write(`${message}\n`)
  process.exit(exitCode)
}

function main(): void {
  let given: Arguments
  try {
    given = readArguments()
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`, 2)
  }
  run(given).catch((error: unknown) => fail(error instanceof Error ? error.message : String(error), 1))
}

main()
