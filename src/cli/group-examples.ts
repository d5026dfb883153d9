/** What the help of a group of commands, such as `bvpro house`, shows of it. */
import type { Command } from 'commander'

/** The common way through each group, in the order things are done. */
const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  house: [
    'bvpro house list --health offline',
    'bvpro house add --username FC2000000001 --password-stdin --all',
    'bvpro house mode HEM_FJV_Villa_901 shadow',
    'bvpro house remove HEM_FJV_Villa_901 --dry-run',
  ],
  building: [
    'bvpro building discover --host bms.example.com --username operator --password-stdin',
    'bvpro building add --host bms.example.com --username operator --password-stdin --signals all',
    'bvpro building show TE901_KVARNEN --json',
  ],
  zone: [
    'bvpro zone add Kitchen --host 192.0.2.10 --port 502',
    'bvpro zone list',
    'bvpro zone command kitchen 21.5 --hours 3',
  ],
  credentials: [
    'printf %s "$PASSWORD" | bvpro credentials add --username FC2000000001 --password-stdin',
    'bvpro credentials rotate-key --dry-run',
  ],
  operations: [
    'bvpro operations show onboard:house:c0123456789abcdef',
    'bvpro operations show offboard:house:HEM_FJV_Villa_901 --json',
  ],
  gaps: ['bvpro gaps fill --dry-run', 'bvpro gaps fill --days 7'],
  schedule: ['bvpro schedule list', 'bvpro schedule trigger fillGaps', 'bvpro schedule pause dailyEnergy'],
  energy: [
    'bvpro energy show --house HEM_FJV_Villa_901',
    'bvpro energy import FILE.csv --house HEM_FJV_Villa_901 --dry-run',
    'bvpro energy separate --house HEM_FJV_Villa_901',
  ],
  dropbox: ['bvpro dropbox login'],
  analyze: [
    'bvpro analyze separation FILE.csv --json',
    'bvpro analyze heat-loss FILE.csv --lat 57.7 --lon 12',
    'bvpro analyze thermal FILE.csv --plot forecasts.svg',
  ],
}

/** Adds examples to the help of every command that has commands of its own. */
export function addGroupExamples(program: Command): void {
  for (const group of program.commands) {
    const examples = EXAMPLES[group.name()]
    if (group.commands.length === 0 || examples === undefined) continue
    group.addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  }
}
