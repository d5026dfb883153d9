/** `bvpro house take|release|setpoint|mode`: asks BVPro to take, give back and steer the heat curve of a house. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type {
  ControlAcceptedSchema,
  ControlDryRunSchema,
  ControlOutcomeSchema,
  ControlRequestSchema,
} from '../api/entities/control-schemas.ts'
import { CONTROL_MODES, type ControlMode } from '../domain/entity.ts'
import { decimal } from './argument-readers.ts'
import type { ApiClient } from './client.ts'
import { CommandFault } from './fault.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { printJson, type Terminal } from './terminal.ts'

type Outcome = z.infer<typeof ControlOutcomeSchema>
type DryRun = z.infer<typeof ControlDryRunSchema>
type Accepted = z.infer<typeof ControlAcceptedSchema>
type Request = z.infer<typeof ControlRequestSchema>

interface ForceOptions extends ChangeOptions {
  readonly force?: boolean
}

/** A house that takes longer than the API waits is asked about for this long. */
const FOLLOW_MS = 6 * 60_000
const LOOK_EVERY_MS = 2_000

export function addControlCommands(group: Command, terminal: Terminal): void {
  changing(group.command('take <id>'), 'take control of the heat curve, as it stands', [
    'bvpro house take HEM_FJV_Villa_901',
    'bvpro house take HEM_FJV_Villa_901 --dry-run',
  ])
    .option('--force', 'also where the house did not follow last time')
    .action((id: string, options: ForceOptions) =>
      ask(id, options, terminal, (client, query) => client.post(`${path(id)}/control/take${query(options.force)}`)),
    )

  changing(group.command('release <id>'), 'give the heat curve back, verified in the controller', [
    'bvpro house release HEM_FJV_Villa_901',
    'bvpro house release HEM_FJV_Villa_901 --json',
  ]).action((id: string, options: ChangeOptions) =>
    ask(id, options, terminal, (client, query) => client.post(`${path(id)}/control/release${query()}`)),
  )

  changing(group.command('setpoint <id>'), 'set the room target', [
    'bvpro house setpoint HEM_FJV_Villa_901 21.5',
    'bvpro house setpoint HEM_FJV_Villa_901 21.5 --dry-run',
  ])
    .argument('<celsius>', 'the room target, 15 to 28 °C', decimal)
    .action((id: string, temperature: number, options: ChangeOptions) =>
      ask(id, options, terminal, (client, query) => client.put(`${path(id)}/setpoint${query()}`, { temperature })),
    )

  changing(group.command('mode <id> <mode>'), `choose who decides: ${CONTROL_MODES.join(', ')}`, [
    'bvpro house mode HEM_FJV_Villa_901 shadow',
    'bvpro house mode HEM_FJV_Villa_901 rules --dry-run',
    'bvpro house mode HEM_FJV_Villa_901 optimise --force',
  ])
    .option('--force', 'past what a rule says of the mode; this is audited')
    .action((id: string, mode: string, options: ForceOptions) => {
      const { force = false } = options
      const chosen = modeOf(mode)
      return ask(id, options, terminal, (client, query) =>
        client.put(`${path(id)}/mode${query()}`, { mode: chosen, force }),
      )
    })
}

function path(id: string): string {
  return `/api/v1/entities/house/${encodeURIComponent(id)}`
}

function modeOf(text: string): ControlMode {
  const found = CONTROL_MODES.find((mode) => mode === text)
  if (found === undefined) {
    throw new CommandFault(`There is no mode "${text}"; the modes are ${CONTROL_MODES.join(', ')}.`, 2)
  }
  return found
}

async function ask(
  id: string,
  options: ChangeOptions,
  terminal: Terminal,
  send: (client: ApiClient, query: (force?: boolean) => string) => Promise<Outcome | DryRun | Accepted>,
): Promise<void> {
  const { dryRun = false, json = false } = options
  const client = await clientFor(options, terminal)
  const query = (force = false) => {
    const flags = { ...(dryRun ? { dryRun: 'true' } : {}), ...(force ? { force: 'true' } : {}) }
    const text = new URLSearchParams(flags).toString()
    return text === '' ? '' : `?${text}`
  }
  const answer = await send(client, query)
  const settled = 'statusUrl' in answer ? await followed(client, answer, terminal) : answer
  if (json) return printJson(terminal, settled)
  if ('would' in settled) return terminal.print(`house ${id}: ${settled.would}`)
  terminal.print(`house ${id}: ${describe(settled)}`)
}

/** The house takes its time: asks until the request is settled. */
async function followed(client: ApiClient, { statusUrl }: Accepted, terminal: Terminal): Promise<Outcome> {
  const giveUpAt = terminal.now() + FOLLOW_MS
  for (;;) {
    const request = await client.get<Request>(statusUrl)
    const { requestId, state, reason, control, mode, temperature } = request
    if (state === 'done' && control !== null && mode !== null) {
      return { requestId, control, mode, ...(temperature === null ? {} : { temperature }) }
    }
    if (state !== 'pending') throw new CommandFault(reason ?? 'Nobody has taken the request in time.')
    if (terminal.now() > giveUpAt) throw new CommandFault(`The house has not confirmed it yet; see ${statusUrl}.`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

function describe({ control, temperature }: Outcome): string {
  const { state, leaseUntil } = control
  const held = state === 'held' && leaseUntil !== null ? `held, until ${leaseUntil} without further cycles` : state
  return temperature === undefined ? `the heat curve is ${held}` : `the room target is ${temperature.toFixed(1)} °C`
}
