/** What the commands that add a house, building or zone have in common: flags, and the wait for the on-boarding. */
import { type Command, InvalidArgumentError } from 'commander'
import type { EntityKind } from '../domain/entity.ts'
import type { OperationProgress } from '../workflows/progress-messages.ts'
import { decimal, wholeNumber } from './argument-readers.ts'
import type { ApiClient } from './client.ts'
import { CommandFault, LeftOff } from './fault.ts'
import { faultOf, followOperation } from './operations.ts'
import type { ChangeOptions } from './server.ts'
import { paint, printJson, type Terminal } from './terminal.ts'
import type { Accepted } from './watch.ts'

export interface AddOptions extends ChangeOptions {
  readonly wait: boolean
  readonly yes?: boolean
}

export interface PlaceOptions {
  readonly name?: string
  readonly lat?: number
  readonly lon?: number
  readonly meterId?: readonly string[]
  readonly importDays?: number
}

/** `--no-wait` and `--yes`. */
export function addingOptions(command: Command): Command {
  return command
    .option('--no-wait', 'return at once with the id of the workflow; the on-boarding goes on')
    .option('--yes', 'ask nothing that can be done without asking')
}

/** What a person knows of a house or building and its vendor does not. */
export function placeOptions(command: Command): Command {
  return command
    .option('--name <name>', 'display name (default: what the vendor calls it)')
    .option('--lat <degrees>', 'latitude, for weather and sun', degrees(90))
    .option('--lon <degrees>', 'longitude', degrees(180))
    .option('--meter-id <id>', 'meter in the energy files; repeat for several', collect)
    .option('--import-days <number>', 'how much history to fetch; 0 = none', wholeNumber)
}

/** The part of the request's body that these options are. */
export function placeOf({ name, lat, lon, meterId, importDays }: PlaceOptions): object {
  if ((lat === undefined) !== (lon === undefined)) throw new CommandFault('--lat and --lon go together.', 2)
  return withoutUndefined({ name, lat, lon, meterIds: meterId, importDays })
}

export function withoutUndefined(object: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}

function degrees(limit: number): (text: string) => number {
  return (text) => {
    const value = decimal(text)
    if (Math.abs(value) <= limit) return value
    throw new InvalidArgumentError(`It is a number from -${limit} to ${limit}.`)
  }
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}

/** One entity to be added. */
export interface Addition {
  readonly kind: EntityKind
  /** Known before it is added; what the person sees while it is. */
  readonly title: string
  readonly body: object
}

/** What the API would write. */
interface DryRun {
  readonly id: string | null
  readonly config: object | null
  readonly returning?: boolean
  readonly problems?: readonly string[]
}

const PATHS: Record<EntityKind, string> = {
  house: '/api/v1/houses',
  building: '/api/v1/buildings',
  zone: '/api/v1/zones',
}

/**
 * Has entities added, or says what would be; waits for them unless told not to. As JSON one addition is its own
 * answer, and `several` are a list of such. One that fails keeps no other from being added; it is thrown at the end.
 */
export async function addEntities(
  client: ApiClient,
  additions: readonly Addition[],
  options: AddOptions & { readonly several: boolean; readonly limitMs?: number },
  terminal: Terminal,
): Promise<void> {
  const answers: object[] = []
  const faults: CommandFault[] = []
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof CommandFault) || error instanceof LeftOff) throw error
      faults.push(error)
      return undefined
    }
  }
  const begun: { readonly addition: Addition; readonly accepted: Accepted }[] = []
  for (const addition of additions) {
    const path = `${PATHS[addition.kind]}${options.dryRun === true ? '?dryRun=true' : ''}`
    const answer = await attempt(() => client.post<Accepted & DryRun>(path, addition.body, options.limitMs))
    if (answer === undefined) continue
    if (options.dryRun === true) {
      answers.push({ dryRun: true, ...answer })
      if (!options.json) tellDryRun(addition, answer, terminal)
    } else begun.push({ addition, accepted: answer })
  }
  for (const [index, { addition, accepted }] of begun.entries()) {
    const answer = options.wait
      ? await attempt(() => settle(client, addition, accepted, options, terminal)).catch((error) => {
          if (!(error instanceof LeftOff)) throw error
          throw new LeftOff(begun.slice(index).map(({ accepted: { workflowId } }) => workflowId))
        })
      : accepted
    if (answer !== undefined) answers.push(answer)
    if (!options.wait && !options.json) terminal.print(`on-boarding has begun as ${accepted.workflowId}`)
    faults.push(...faultsIn(answer))
  }
  if (options.json) {
    if (options.several) printJson(terminal, { additions: answers })
    else if (answers[0] !== undefined) printJson(terminal, answers[0])
  }
  const [first] = faults
  if (first !== undefined) throw new CommandFault(faults.map(({ message }) => message).join('\n'), first.exitCode)
}

function tellDryRun({ kind, title }: Addition, { id, config, returning, problems = [] }: DryRun, terminal: Terminal) {
  const comes = returning === true ? 'would come back, changed by' : 'would be added'
  terminal.print(`${kind} ${id ?? title}: ${comes}:\n${JSON.stringify(config, null, 2)}`)
  for (const problem of problems) terminal.print(`${paint(terminal, 'warning', 'note')}: ${problem}`)
}

type Settled = OperationProgress & { readonly workflowId: string }

async function settle(
  client: ApiClient,
  { kind, title }: Addition,
  accepted: Accepted,
  { several, json }: { readonly several: boolean; readonly json?: boolean },
  terminal: Terminal,
): Promise<Settled> {
  if (several && !json) terminal.print(`${kind} ${title}:`)
  const progress = await followOperation(client, accepted, terminal, { quiet: json === true })
  if (progress.state === 'done' && !json) {
    const id = progress.entityId ?? title
    terminal.print(`${kind} ${id}: ${paint(terminal, 'good', 'added')}; "bvpro ${kind} show ${id}" tells how it is`)
  }
  return { ...progress, workflowId: accepted.workflowId }
}

function faultsIn(answer: Accepted | Settled | undefined): readonly CommandFault[] {
  if (answer === undefined || !('state' in answer)) return []
  const fault = faultOf(answer, 'The on-boarding')
  return fault === undefined ? [] : [fault]
}
