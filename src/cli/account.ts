/** The user name and password of a vendor's account, as the commands that sign in somewhere take them. */
import type { Command } from 'commander'
import { CommandFault } from './fault.ts'
import { ask, askPassword, type PasswordOptions } from './prompts.ts'
import type { Terminal } from './terminal.ts'

export interface AccountOptions extends PasswordOptions {
  readonly username?: string
  readonly reference?: string
}

/** What the API takes: the account itself, or what "bvpro credentials add" kept it under. */
export type Account = { readonly username: string; readonly password: string } | { readonly reference: string }

export function usernameAndPasswordOptions(
  command: Command,
  username = 'user name of the account; asked for when left out',
): Command {
  return command
    .option('--username <name>', username)
    .option('--password-stdin', 'read the password from standard input (else BVPRO_PASSWORD, else it is asked for)')
}

export function accountOptions(command: Command): Command {
  return usernameAndPasswordOptions(command).option(
    '--reference <reference>',
    'instead of both: what "bvpro credentials add" printed',
  )
}

export async function accountOf(options: AccountOptions, terminal: Terminal): Promise<Account> {
  const { username, reference, passwordStdin } = options
  if (reference !== undefined) {
    if (username !== undefined || passwordStdin === true) {
      throw new CommandFault('--reference stands for user name and password; leave those out.', 2)
    }
    return { reference }
  }
  const name = username ?? (await ask(terminal, { question: 'User name', flag: '--username' }))
  return { username: name, password: await askPassword(terminal, options, `Password of ${name}`) }
}
