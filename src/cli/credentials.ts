/**
 * `bvpro credentials …` and `bvpro house|building set-password`: hands passwords to a running BVPro. They come from a
 * prompt, from standard input or from BVPRO_PASSWORD; never from an argument, which everybody on the machine can read.
 */
import type { Command } from 'commander'
import { type Account, type AccountOptions, accountOf, usernameAndPasswordOptions } from './account.ts'
import { CommandFault } from './fault.ts'
import { askPassword, type PasswordOptions } from './prompts.ts'
import { type ChangeOptions, changing, clientFor } from './server.ts'
import { printJson, type Terminal } from './terminal.ts'

interface AddOptions extends ChangeOptions, Omit<AccountOptions, 'reference'> {}

interface SetPasswordOptions extends ChangeOptions, PasswordOptions {
  readonly username?: string
}

const PATH = '/api/v1/credentials'

export function addCredentialCommands(program: Command, terminal: Terminal): void {
  const group = program.command('credentials').description('keep user names and passwords in a running BVPro')

  usernameAndPasswordOptions(
    changing(group.command('add'), 'keep a user name and password for an on-boarding, and print their reference', [
      'bvpro credentials add',
      'bvpro credentials add --username FC2000000001 --password-stdin < password.txt',
      'reference=$(bvpro credentials add --username FC2000000001 --password-stdin < password.txt)',
    ]),
  ).action((options: AddOptions) => add(options, terminal))

  changing(group.command('rotate-key'), 'seal all credentials with the present BVPRO_SECRETS_KEY', [
    'bvpro credentials rotate-key --dry-run',
    'bvpro credentials rotate-key',
  ])
    .addHelpText(
      'after',
      '\nBefore: set BVPRO_SECRETS_KEY to the new key and BVPRO_SECRETS_KEY_PREVIOUS to the old one, and restart every\n' +
        'BVPro process. Afterwards BVPRO_SECRETS_KEY_PREVIOUS can go.',
    )
    .action((options: ChangeOptions) => rotateKey(options, terminal))
}

export function addSetPasswordCommand(
  group: Command,
  kind: 'house' | 'building',
  exampleId: string,
  terminal: Terminal,
): void {
  usernameAndPasswordOptions(
    changing(group.command('set-password <id>'), `give a ${kind} another password, and another user name if wanted`, [
      `bvpro ${kind} set-password ${exampleId}`,
      `bvpro ${kind} set-password ${exampleId} --password-stdin < password.txt`,
    ]),
    'another user name; the present one stays when left out',
  ).action((id: string, options: SetPasswordOptions) => setPassword(kind, id, options, terminal))
}

/** Prints the reference alone, so that a script can take it. */
async function add(options: AddOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const account: Account = await accountOf(options, terminal)
  if (options.dryRun === true) return said({ dryRun: true }, 'would be kept', options, terminal)
  const kept = await client.post<{ readonly reference: string }>(PATH, account)
  return said(kept, kept.reference, options, terminal)
}

async function setPassword(
  kind: 'house' | 'building',
  id: string,
  options: SetPasswordOptions,
  terminal: Terminal,
): Promise<void> {
  const { username, dryRun = false } = options
  if (username === '') throw new CommandFault('--username is empty; leave it out to keep the present one.', 2)
  const client = await clientFor(options, terminal)
  const path = `/api/v1/entities/${kind}/${encodeURIComponent(id)}`
  // Nobody is asked for the password of something that is not there.
  await client.get(path)
  const password = await askPassword(terminal, options, `New password of ${kind} ${id}`)
  if (!dryRun) await client.put(`${path}/credentials`, { ...(username === undefined ? {} : { username }), password })
  const result = { kind, id, changed: !dryRun }
  said(result, `${kind} ${id}: the password ${dryRun ? 'would be' : 'is'} changed`, options, terminal)
}

async function rotateKey(options: ChangeOptions, terminal: Terminal): Promise<void> {
  const client = await clientFor(options, terminal)
  const query = options.dryRun === true ? '?dryRun=true' : ''
  const result = await client.post<{ readonly resealed: number }>(`${PATH}/reseal${query}`)
  const done = options.dryRun === true ? 'would be sealed' : 'sealed'
  said(result, `${result.resealed} ${done} with the present key`, options, terminal)
}

function said(result: object, sentence: string, { json }: ChangeOptions, terminal: Terminal): void {
  if (json) printJson(terminal, result)
  else terminal.print(sentence)
}
