/** `bvpro zone set`, and the other commands that zones have beside the common ones. */
import type { Command } from 'commander'
import type { ConfigProblem } from '../domain/entity.ts'
import { CommandFault } from './fault.ts'
import { changing, clientFor } from './server.ts'
import { printJson, type Terminal } from './terminal.ts'
import { addZoneAdd } from './zone-add.ts'
import { type Document, type DocumentOptions, documentOf, withFields } from './zone-fields.ts'
import { addSetpointCommands } from './zone-setpoint.ts'

export function addZoneCommands(group: Command, terminal: Terminal): void {
  addZoneAdd(group, terminal)

  const set = changing(group.command('set <id>'), 'change the configuration of a zone', [
    'bvpro zone set living-room --occupied 20.5',
    'bvpro zone set living-room --control off --dry-run',
  ])
  withFields(set)
    .option('--file <file>', 'merge patch (RFC 7396) in a JSON file; flags go on top of it')
    .action((id: string, options: DocumentOptions) => setZone(id, options, set, terminal))

  addSetpointCommands(group, terminal)
}

async function setZone(id: string, options: DocumentOptions, command: Command, terminal: Terminal): Promise<void> {
  const change = documentOf(options, command)
  if (Object.keys(change).length === 0) throw new CommandFault('Give at least one field to change; see --help.', 2)
  const client = await clientFor(options, terminal)
  const configPath = `/api/v1/entities/zone/${encodeURIComponent(id)}/config`
  if (options.dryRun) {
    const problems = await faultsAfter(await client.get<Document>(configPath), change, id)
    if (options.json) printJson(terminal, { dryRun: true, id, change, problems })
    else {
      terminal.print(`zone ${id}: would be changed:\n${JSON.stringify(change, null, 2)}`)
      for (const { path, message } of problems) terminal.print(`${path}: ${message}`)
    }
    if (problems.length > 0) throw new CommandFault(`Zone ${id} would not be valid any more.`)
    return
  }
  const config = await client.patch<Document>(configPath, change)
  if (options.json) return printJson(terminal, { dryRun: false, id, config })
  terminal.print(`zone ${id}: changed`)
}

/** What would be wrong with the configuration after the change. Whether its device may be dialled, only BVPro knows. */
async function faultsAfter(present: Document, change: Document, id: string): Promise<readonly ConfigProblem[]> {
  const [{ applyMergePatch }, { parseZone }] = await Promise.all([
    import('../config/merge-patch.ts'),
    import('../config/zone.ts'),
  ])
  return parseZone(applyMergePatch(present, change), { id }).problems
}
