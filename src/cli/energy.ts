/** `bvpro energy …`: has a running BVPro import meter files and uploads, split energy, and work out heat losses. */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { z } from '@hono/zod-openapi'
import { type Command, InvalidArgumentError } from 'commander'
import type { EnergyAnswer, EnergyImportsAnswer, OperationSchema, UploadSchema } from '../api/energy/schemas.ts'
import { isDayLabel } from '../domain/time/day.ts'
import type { ApiClient } from './client.ts'
import { CommandFault } from './fault.ts'
import { confirm } from './prompts.ts'
import { clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'
import { type Accepted, watch } from './watch.ts'

type Operation = z.infer<typeof OperationSchema>
type Upload = z.infer<typeof UploadSchema>

interface JsonOptions extends ServerOptions {
  readonly json?: boolean
}

interface WaitOptions extends JsonOptions {
  readonly wait: boolean
}

interface EntityOptions {
  readonly house?: string
  readonly building?: string
}

interface RangeOptions {
  readonly from?: string
  readonly to?: string
}

interface DryOptions extends WaitOptions {
  readonly dryRun?: boolean
}

interface ImportOptions extends DryOptions, EntityOptions {
  readonly yes?: boolean
}

type SeparateOptions = DryOptions & EntityOptions & RangeOptions

const HOUSE = 'HEM_FJV_Villa_901'
const PROBLEMS_SHOWN = 10

export function addEnergyCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('energy')
    .description('meter files, their split into heating and hot water, heat losses')

  command(group, 'sync', 'look for meter files now, import them and split what they touch', [
    'bvpro energy sync',
    'bvpro energy sync --no-wait --json',
  ])
    .option('--dry-run', 'say what would be done, do nothing')
    .option('--no-wait', 'return at once; the import goes on')
    .action((options: DryOptions) => sync(options, terminal))

  ofEntity(
    command(group, 'import <file>', "import a supplier's meter file (.txt), or a customer portal's export (.csv)", [
      'bvpro energy import energy_20260110.txt',
      `bvpro energy import export.csv --house ${HOUSE} --dry-run`,
      'bvpro energy import export.csv --building TE901_KVARNEN --yes --json',
    ]),
  )
    .option('--dry-run', 'only show what a .csv would change')
    .option('--yes', 'store a .csv without asking')
    .option('--no-wait', 'do not wait until a .txt is imported')
    .action((file: string, options: ImportOptions) => importFile(file, options, terminal))

  range(
    ofEntity(
      command(group, 'separate', 'split energy into heating and hot water: the days given, or those that need it', [
        `bvpro energy separate --house ${HOUSE}`,
        `bvpro energy separate --house ${HOUSE} --from 2026-01-01 --to 2026-01-31 --dry-run`,
      ]),
    ),
  )
    .option('--dry-run', 'work everything out, write nothing')
    .option('--no-wait', 'return at once; the work goes on')
    .action((options: SeparateOptions) => separate(options, terminal))

  ofEntity(
    command(group, 'recalibrate', 'work out the heat loss coefficient now', [
      `bvpro energy recalibrate --house ${HOUSE}`,
      'bvpro energy recalibrate --building TE901_KVARNEN --json',
    ]),
  )
    .option('--dry-run', 'say what would be done, do nothing')
    .option('--no-wait', 'return at once; the work goes on')
    .action((options: DryOptions & EntityOptions) => recalibrate(options, terminal))

  range(
    ofEntity(
      command(group, 'show', 'energy by day, and the heat loss coefficient', [
        `bvpro energy show --house ${HOUSE}`,
        `bvpro energy show --house ${HOUSE} --from 2026-01-01 --json`,
      ]),
    ),
  ).action((options: JsonOptions & EntityOptions & RangeOptions) => show(options, terminal))
}

function command(group: Command, usage: string, description: string, examples: readonly string[]): Command {
  return serverOptions(group.command(usage))
    .description(description)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
}

function ofEntity(wanted: Command): Command {
  return wanted.option('--house <id>', 'of this house').option('--building <id>', 'of this building')
}

function range(wanted: Command): Command {
  return wanted
    .option('--from <date>', 'first Swedish date', readDate)
    .option('--to <date>', 'last Swedish date', readDate)
}

function readDate(text: string): string {
  if (isDayLabel(text)) return text
  throw new InvalidArgumentError('It is a date such as 2026-01-10.')
}

/** Path of the one house or building that is named. */
function pathOf({ house, building }: EntityOptions): { readonly name: string; readonly path: string } {
  const [kind, id] = house === undefined ? ['building', building] : ['house', house]
  if (id === undefined || (house !== undefined && building !== undefined)) {
    throw new CommandFault('Give one of --house ID and --building ID.', 2)
  }
  return { name: `${kind} ${id}`, path: `/api/v1/entities/${kind}/${encodeURIComponent(id)}/energy` }
}

async function sync(options: DryOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  if (options.dryRun !== true) return syncWith(client, options, terminal)
  // Asked all the same: a dry run against nobody must not look well.
  const { places } = await client.get<EnergyImportsAnswer>('/api/v1/energy/imports?limit=1')
  if (options.json) return printJson(terminal, { dryRun: true, places })
  terminal.print('meter files would be looked for and imported, and the days they touch split')
  for (const { place, lookedAt, error } of places) {
    terminal.print(`  ${place}, last looked at ${lookedAt}${error === null ? '' : `: ${error.message}`}`)
  }
}

async function syncWith(client: ApiClient, options: WaitOptions, terminal: Terminal): Promise<void> {
  const accepted = await client.post<Accepted>('/api/v1/energy/sync')
  const done = await finished(client, accepted, options, terminal)
  if (done?.pipeline == null) return
  const { files, separated, recalibrated, failures } = done.pipeline
  if (!options.json) {
    terminal.print(
      `${files.imported} meter files imported: ${files.hoursAdded} hours new, ${files.hoursCorrected} corrected, ` +
        `${files.rowsRefused} rows refused`,
    )
    terminal.print(
      `${separated.days} days of ${separated.entities} entities split, ${separated.notSeparable} not separable; ` +
        `${recalibrated.accepted} heat losses accepted, ${recalibrated.kept} kept as they were`,
    )
    for (const { what, message } of failures) terminal.print(`${paint(terminal, 'bad', 'failed')}: ${what}: ${message}`)
  }
  if (failures.length > 0) throw new CommandFault(`${failures.length} of the steps failed; the others are done.`)
}

async function importFile(file: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  if (/\.csv$/i.test(file)) return importUpload(file, options, terminal)
  if (!/\.txt$/i.test(file)) throw new CommandFault('The file ends with .txt (of a supplier) or .csv (of a portal).', 2)
  if (options.house !== undefined || options.building !== undefined || options.dryRun === true) {
    throw new CommandFault("A supplier's file names its meters itself and has no dry run; only a .csv takes these.", 2)
  }
  const content = await readFile(file)
  const client = await clientFor(options, terminal)
  const path = `/api/v1/energy/files?name=${encodeURIComponent(basename(file))}`
  const { place } = await client.upload<{ readonly place: string }>(path, 'application/octet-stream', content)
  if (!options.json) terminal.print(`${basename(file)} lies in ${place}`)
  await syncWith(client, options, terminal)
}

async function importUpload(file: string, options: ImportOptions, terminal: Terminal): Promise<void> {
  const { name, path } = pathOf(options)
  const { dryRun = false, yes = false, json = false } = options
  const content = await readFile(file)
  const client = await clientFor(options, terminal)
  const send = (dry: boolean) => client.upload<Upload>(`${path}/upload?dryRun=${dry}`, 'text/csv', content)

  const preview = await send(true)
  if (!json) describeUpload(name, preview, terminal)
  if (dryRun) {
    if (json) printJson(terminal, preview)
    return
  }
  if (preview.added + preview.changed === 0) {
    if (json) printJson(terminal, { ...preview, dryRun: false })
    else terminal.print('All of it is stored already.')
    return
  }
  if (!yes && !(await confirm(terminal, { question: `Store it for ${name}?`, flag: '--yes or --dry-run' }))) {
    throw new CommandFault('Nothing was stored.')
  }
  const stored = await send(false)
  if (json) return printJson(terminal, stored)
  const then =
    stored.separation === null ? 'its days are split within the hour' : `its days are split as ${stored.separation}`
  terminal.print(`${paint(terminal, 'good', 'stored')}: ${stored.added} hours new, ${stored.changed} changed; ${then}`)
}

function describeUpload(name: string, upload: Upload, terminal: Terminal): void {
  const { hours, from, to, kwh, trimmedDays, added, changed, unchanged, problems } = upload
  terminal.print(`${name}: ${hours} hours from ${from} to ${to}, ${kwh.toFixed(1)} kWh`)
  terminal.print(`${added} are new, ${changed} have another value than stored, ${unchanged} are stored already`)
  if (trimmedDays > 0) terminal.print(`${trimmedDays} days at the end hold zeros only and are left out`)
  for (const { line, message } of problems.slice(0, PROBLEMS_SHOWN)) {
    terminal.print(`${paint(terminal, 'warning', `line ${line}`)}: ${message}`)
  }
  if (problems.length > PROBLEMS_SHOWN) terminal.print(`and ${problems.length - PROBLEMS_SHOWN} more lines`)
}

async function separate(options: SeparateOptions, terminal: Terminal): Promise<void> {
  const { name, path } = pathOf(options)
  const { from, to, dryRun = false } = options
  const client = await clientFor(options, terminal)
  const wish = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), dryRun }
  const accepted = await client.post<Accepted>(`${path}/separate`, wish)
  const done = await finished(client, accepted, options, terminal)
  if (done?.separation == null || options.json) return
  const { days, separable, method, reason } = done.separation
  const [first, last] = [days[0], days.at(-1)]
  const stretch = first === undefined || last === undefined ? '' : ` from ${first} to ${last}`
  terminal.print(`${name}: ${days.length} days${stretch} ${dryRun ? 'would be' : 'were'} split`)
  if (!separable) terminal.print(`${paint(terminal, 'warning', 'totals only')}: ${reason ?? 'not separable'}`)
  else if (method !== null) terminal.print(`method: ${method}`)
}

async function recalibrate(options: DryOptions & EntityOptions, terminal: Terminal): Promise<void> {
  const { name, path } = pathOf(options)
  const client = await clientFor(options, terminal)
  if (options.dryRun === true) {
    const { heatLoss } = await client.get<EnergyAnswer>(path)
    if (options.json) return printJson(terminal, { dryRun: true, heatLoss })
    const present = heatLoss === null ? 'there is none yet' : `at present it is ${wattsPerKelvin(heatLoss.kwPerK)}`
    return terminal.print(`${name}: the heat loss coefficient would be worked out anew; ${present}`)
  }
  const accepted = await client.post<Accepted>(`${path}/recalibrate`)
  const done = await finished(client, accepted, options, terminal)
  const { done: [outcome] = [], failures = [] } = done?.recalibration ?? {}
  const [failure] = failures
  if (failure !== undefined) throw new CommandFault(failure.message)
  if (outcome === undefined || options.json) return
  const { accepted: taken, kwPerK, low, high, inForce, reason } = outcome
  if (kwPerK !== null) terminal.print(`${name}: ${wattsPerKelvin(kwPerK)} ${interval(low, high)}`.trimEnd())
  if (taken) terminal.print(paint(terminal, 'good', 'accepted'))
  else terminal.print(`${paint(terminal, 'warning', 'not accepted')}: ${reason ?? ''}`)
  if (inForce !== null) terminal.print(`in force: ${wattsPerKelvin(inForce)}`)
}

async function show(options: JsonOptions & EntityOptions & RangeOptions, terminal: Terminal): Promise<void> {
  const { name, path } = pathOf(options)
  const { from, to } = options
  const query = new URLSearchParams({ ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) })
  const client = await clientFor(options, terminal)
  const energy = await client.get<EnergyAnswer>(query.size === 0 ? path : `${path}?${query}`)
  if (options.json) return printJson(terminal, energy)
  const { days, heatLoss, lastCalculation } = energy
  if (days.length === 0) terminal.print(`${name}: no energy is known of these days.`)
  else
    terminal.print(
      renderTable(terminal, ['date', 'kWh', 'heating', 'hot water', '95 %', 'method', 'grade'], days.map(row)),
    )
  if (heatLoss === null) terminal.print('heat loss: not known')
  else {
    const since = heatLoss.validFrom === null ? '' : ` since ${heatLoss.validFrom}`
    const doubt = heatLoss.accepted ? '' : ', not accepted'
    const { kwPerK, low, high } = heatLoss
    terminal.print(`heat loss: ${[wattsPerKelvin(kwPerK), interval(low, high)].join(' ').trimEnd()}${since}${doubt}`)
  }
  if (lastCalculation !== null && !lastCalculation.accepted) {
    terminal.print(`last calculation (${lastCalculation.at}) not accepted: ${lastCalculation.reason ?? ''}`)
  }
}

function row(day: EnergyAnswer['days'][number]): string[] {
  const { date, totalKwh, heatingKwh, dhwKwh, dhwLowKwh, dhwHighKwh, method, grade, complete } = day
  const spread =
    dhwLowKwh === null || dhwHighKwh === null ? '' : `${kilowattHours(dhwLowKwh)} to ${kilowattHours(dhwHighKwh)}`
  const total = `${kilowattHours(totalKwh)}${complete ? '' : ' (part)'}`
  return [date, total, kilowattHours(heatingKwh), kilowattHours(dhwKwh), spread, method ?? '', grade ?? '']
}

function kilowattHours(value: number | null): string {
  return value === null ? '' : value.toFixed(1)
}

function wattsPerKelvin(kwPerK: number): string {
  return `${Math.round(kwPerK * 1000)} W/K`
}

function interval(low: number | null, high: number | null): string {
  return low === null || high === null ? '' : `(${Math.round(low * 1000)} to ${Math.round(high * 1000)})`
}

/**
 * Waits for the end, unless nobody wants to; prints what is JSON.
 * @returns undefined when nobody waited
 * @throws CommandFault when it failed or was cancelled
 */
async function finished(
  client: ApiClient,
  accepted: Accepted,
  { wait, json = false }: WaitOptions,
  terminal: Terminal,
): Promise<Operation | undefined> {
  if (!wait) {
    if (json) printJson(terminal, accepted)
    else terminal.print(`begun as ${accepted.workflowId}`)
    return undefined
  }
  const seen = await watch(
    {
      look: () => client.get<Operation>(accepted.progressUrl),
      ended: ({ state }) => state !== 'running',
      show: ({ state, step }) => {
        if (state === 'running') terminal.status?.(step)
      },
    },
    terminal,
  )
  if (json) printJson(terminal, seen)
  if (seen.state === 'cancelled') throw new CommandFault('It was cancelled.')
  if (seen.state !== 'done') throw new CommandFault(seen.error?.message ?? 'It failed.')
  return seen
}
