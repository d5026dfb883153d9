/** `bvpro house add`: signs in to a HomeSide account and takes one or all of its houses into service. */
import type { Command } from 'commander'
import { type Account, type AccountOptions, accountOf, accountOptions } from './account.ts'
import {
  type AddOptions,
  addEntities,
  addingOptions,
  type PlaceOptions,
  placeOf,
  placeOptions,
  withoutUndefined,
} from './adding.ts'
import { type ApiClient, SIGN_IN_MS } from './client.ts'
import { CommandFault } from './fault.ts'
import { choose, confirm } from './prompts.ts'
import { changing, clientFor } from './server.ts'
import type { Terminal } from './terminal.ts'

interface HouseAddOptions extends AddOptions, AccountOptions, PlaceOptions {
  readonly house?: string
  readonly all?: boolean
}

interface FoundHouse {
  readonly id: string
  readonly name: string
  readonly configured: boolean
}

const ALL = 'all of them'

export function addHouseAdd(group: Command, terminal: Terminal): void {
  const command = changing(
    group.command('add'),
    'take a house into service: sign in, configure, read, import history',
    [
      'bvpro house add',
      'bvpro house add --username FC2000000001 --password-stdin < password.txt',
      'bvpro house add --username FC2000000001 --house HEM_FJV_Villa_901 --lat 56.67 --lon 12.86 --no-wait --json',
      'bvpro house add --username FC2000000001 --all --import-days 0',
    ],
  )
  placeOptions(accountOptions(command))
    .option('--house <id>', 'which house, when the account has several')
    .option('--all', 'every house of the account that is not in service yet')
  addingOptions(command).action((options: HouseAddOptions) => addHouses(options, terminal))
}

async function addHouses(options: HouseAddOptions, terminal: Terminal): Promise<void> {
  const { house, all } = options
  if (all === true) refuseWithAll(options)
  const place = placeOf(options)
  const account = await accountOf(options, terminal)
  const client = await clientFor(options, terminal)
  const ids = house === undefined ? await housesToAdd(client, account, options, terminal) : [house]
  if (ids.length > 1 && (options.name !== undefined || options.meterId !== undefined)) {
    throw new CommandFault('--name and --meter-id belong to one house; add the houses one by one.', 2)
  }
  const additions = ids.map((houseId) => ({
    kind: 'house' as const,
    title: houseId,
    body: withoutUndefined({ ...account, ...place, houseId }),
  }))
  const several = all === true || ids.length > 1
  await addEntities(client, additions, { ...options, several, limitMs: SIGN_IN_MS }, terminal)
}

function refuseWithAll({ house, name, meterId, reference }: HouseAddOptions): void {
  if (house !== undefined) throw new CommandFault('Give --house or --all, not both.', 2)
  if (name !== undefined || meterId !== undefined) {
    throw new CommandFault('--name and --meter-id belong to one house; they do not go with --all.', 2)
  }
  if (reference !== undefined) {
    throw new CommandFault('A reference serves one house; give user name and password with --all.', 2)
  }
}

/** Ids of the houses meant; throws wrong usage when that cannot be told and nobody can be asked. */
async function housesToAdd(
  client: ApiClient,
  account: Account,
  { all, yes }: HouseAddOptions,
  terminal: Terminal,
): Promise<readonly string[]> {
  const { houses } = await client.post<{ houses: FoundHouse[] }>('/api/v1/houses/discover', account, SIGN_IN_MS)
  if (houses.length === 0) throw new CommandFault('This account has no house.')
  const open = houses.filter(({ configured }) => !configured)
  const [first] = open
  if (first === undefined) {
    throw new CommandFault(`Every house of this account is in service already: ${houses.map(named).join(', ')}.`)
  }
  if (all === true) return open.map(({ id }) => id)
  if (houses.length === 1) {
    const sure = terminal.interactive !== true || yes === true
    if (sure || (await confirm(terminal, { question: `Add ${named(first)}?`, flag: '--yes' }))) return [first.id]
    throw new CommandFault('Cancelled; nothing was changed.')
  }
  if (terminal.interactive !== true) {
    throw new CommandFault(
      `This account has several houses; give --house <id> or --all. Not in service: ${open.map(named).join(', ')}.`,
      2,
    )
  }
  const choices = open.map(({ id, name }) => ({ value: id, label: name, hint: id }))
  const chosen = await choose(terminal, {
    question: 'Which house?',
    flag: '--house or --all',
    choices: open.length > 1 ? [...choices, { value: ALL, label: ALL }] : choices,
  })
  return chosen === ALL ? open.map(({ id }) => id) : [chosen]
}

function named({ id, name }: FoundHouse): string {
  return `${id} (${name})`
}
