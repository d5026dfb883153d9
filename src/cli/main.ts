/** The command line `bvpro`: what commands there are, and how they end (0 done, 1 failed, 2 wrong usage). */
import { Command, CommanderError } from 'commander'
import { BvproError } from '../connectors/errors.ts'
import { redactSecrets } from '../runtime/log.ts'
import { StartupFault } from '../runtime/servers/startup-fault.ts'
import { bvproVersion } from '../runtime/version.ts'
import { addAnalyzeCommands } from './analyze/index.ts'
import { addCompletionCommand } from './completion.ts'
import { addCredentialCommands } from './credentials.ts'
import { addDoctorCommand } from './doctor.ts'
import { addDropboxCommands } from './dropbox.ts'
import { addEnergyCommands } from './energy.ts'
import { addEntityCommands } from './entity.ts'
import { CommandFault } from './fault.ts'
import { addGapCommands } from './gaps.ts'
import { addGroupExamples } from './group-examples.ts'
import { addOperationCommands } from './operations.ts'
import { addProcessCommands } from './processes.ts'
import { addScheduleCommands } from './schedule.ts'
import { addSimulateCommand } from './simulate.ts'
import { systemTerminal, type Terminal } from './terminal.ts'

const EXAMPLES = `
Examples:
  bvpro up                          start everything on this machine
  bvpro doctor                      say what is missing or wrong, and what to do
  bvpro house list --health offline
  bvpro house show HEM_FJV_Villa_901 --json
  bvpro zone pause --all
  bvpro house add                   asks for what it needs

Exit codes: 0 done, 1 failed, 2 wrong usage.`

export function buildProgram(terminal: Terminal): Command {
  const program = new Command('bvpro')
    .description('BVPro watches and steers heating: every house, building and zone is one durable workflow.')
    .version(bvproVersion(), '-V, --version', 'print the version')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(add --help for what there is)')
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.printError(text.trimEnd()),
      getOutHasColors: () => terminal.colour,
    })
    .exitOverride()
  addProcessCommands(program)
  addDoctorCommand(program, terminal)
  addEntityCommands(program, terminal)
  addCredentialCommands(program, terminal)
  addOperationCommands(program, terminal)
  addGapCommands(program, terminal)
  addScheduleCommands(program, terminal)
  addEnergyCommands(program, terminal)
  addDropboxCommands(program, terminal)
  addAnalyzeCommands(program, terminal)
  addSimulateCommand(program, terminal)
  addCompletionCommand(program, terminal)
  addGroupExamples(program)
  return program
}

/** Told by name, so that `--help` need not load the schema of the environment. */
function isEnvironmentInvalid(error: unknown): error is Error {
  return error instanceof Error && error.name === 'EnvironmentInvalid'
}

/** Runs one command line (without `node` and the script's name); resolves with the exit code and never rejects. */
export async function main(args: readonly string[], terminal: Terminal = systemTerminal()): Promise<number> {
  const program = buildProgram(terminal)
  if (args.length === 0) {
    program.outputHelp({ error: true })
    return 2
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return 0
  } catch (error) {
    // Commander has printed its own words already; code 0 means --help or --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof CommandFault) {
      if (error.message !== '') terminal.printError(`bvpro: ${redactSecrets(error.message)}`)
      return error.exitCode
    }
    if (error instanceof StartupFault || error instanceof BvproError || isEnvironmentInvalid(error)) {
      terminal.printError(`bvpro: ${redactSecrets(error.message)}`)
      return 1
    }
    // A refusal of the system ("EACCES: permission denied, mkdir '/srv'") says all there is to say.
    if (error instanceof Error && 'syscall' in error) {
      terminal.printError(`bvpro: ${redactSecrets(error.message)}`)
      return 1
    }
    terminal.printError(
      `bvpro: ${redactSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
    )
    return 1
  }
}
