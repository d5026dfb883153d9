/** `bvpro up`, `worker` and `api`: the processes. Each is loaded when it is asked for, so that `--help` stays quick. */
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'

interface UpOptions {
  readonly home?: string
  readonly port?: number
  readonly demo?: string
  readonly pollSeconds?: number
}

function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value
    throw new InvalidArgumentError(`It is a whole number from ${lowest} to ${highest}.`)
  }
}

/** Flags are the environment's variables by another name; the environment is validated in one place, at the start. */
function applyToEnvironment(options: UpOptions): void {
  if (options.home !== undefined) process.env.BVPRO_HOME = resolve(options.home)
  if (options.port !== undefined) process.env.BVPRO_PORT = String(options.port)
  if (options.demo !== undefined) process.env.BVPRO_DEMO = options.demo
  if (options.pollSeconds !== undefined) process.env.BVPRO_POLL_SECONDS = String(options.pollSeconds)
}

export function addProcessCommands(program: Command): void {
  program
    .command('up')
    .description('start everything on this machine: Temporal, worker, API and web page')
    .option('--home <folder>', 'folder with profiles/, buildings/, zones/ and data/ (BVPRO_HOME)')
    .option('--port <number>', 'port of the API and the web page (BVPRO_PORT)', wholeNumber(0, 65_535))
    .addOption(new Option('--demo <when>', 'run the simulated town (BVPRO_DEMO)').choices(['auto', '1', '0']))
    .option('--poll-seconds <seconds>', 'overrides every poll interval (BVPRO_POLL_SECONDS)', wholeNumber(1, 86_400))
    .addHelpText('after', '\nExamples:\n  bvpro up\n  bvpro up --home /srv/bvpro --port 8081 --demo 0')
    .action(async (options: UpOptions) => {
      applyToEnvironment(options)
      const { runUp } = await import('../runtime/up.ts')
      await runUp({})
    })

  program
    .command('worker')
    .description('run the workflows and activities against the Temporal server of TEMPORAL_ADDRESS')
    .addHelpText('after', '\nExample:\n  TEMPORAL_ADDRESS=temporal:7233 bvpro worker')
    .action(async () => {
      const { runWorker } = await import('../runtime/run-worker.ts')
      await runWorker()
    })

  program
    .command('api')
    .description('serve the REST API and the web page')
    .addHelpText('after', '\nExample:\n  TEMPORAL_ADDRESS=temporal:7233 BVPRO_PORT=8080 bvpro api')
    .action(async () => {
      const { runApi } = await import('../runtime/run-api.ts')
      await runApi()
    })
}
