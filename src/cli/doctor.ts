/** `bvpro doctor`: goes through everything BVPro needs on this machine, and says what is missing and what to do. */
import type { Command } from 'commander'
import type { CheckOutcome, CheckStatus } from './checks/check.ts'
import { CommandFault } from './fault.ts'
import { paint, printJson, renderTable, type Terminal, type Tone } from './terminal.ts'

const TONE: Record<CheckStatus, Tone> = { ok: 'good', warning: 'warning', failed: 'bad', skipped: 'quiet' }

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('check what BVPro needs on this machine, and say what to do')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit code 1 when something BVPro needs is missing.\n\nExamples:\n  bvpro doctor\n  bvpro doctor --json',
    )
    .action(async (options: { json?: boolean }) => {
      // Loaded when needed: the checks know every part of BVPro.
      const { runChecks } = await import('./checks/all.ts')
      const outcomes = await runChecks(terminal.env)
      if (options.json) printJson(terminal, { ok: !hasFailed(outcomes), checks: outcomes })
      else terminal.print(renderOutcomes(terminal, outcomes))
      const failures = outcomes.filter(({ status }) => status === 'failed').length
      if (failures > 0) throw new CommandFault(failures === 1 ? 'One check failed.' : `${failures} checks failed.`)
    })
}

function hasFailed(outcomes: readonly CheckOutcome[]): boolean {
  return outcomes.some(({ status }) => status === 'failed')
}

function renderOutcomes(terminal: Terminal, outcomes: readonly CheckOutcome[]): string {
  return renderTable(
    terminal,
    ['check', '', 'found', 'what to do'],
    outcomes.map(({ name, status, found, advice }) => [
      name,
      paint(terminal, TONE[status], status),
      found,
      advice ?? '',
    ]),
  )
}
