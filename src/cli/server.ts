/** The options of every command that talks to a running BVPro, and the client they lead to. */
import type { Command } from 'commander'
import { type ApiClient, createApiClient } from './client.ts'
import type { Terminal } from './terminal.ts'

export interface ServerOptions {
  readonly url?: string
  readonly token?: string
}

export function serverOptions(command: Command): Command {
  return command
    .option('--url <address>', 'BVPro to ask (default: BVPRO_URL, else this machine)')
    .option('--token <token>', 'API token (default: BVPRO_API_TOKEN, else data/api-token)')
}

/** Loaded when needed: judging the environment takes longer than printing a help text. */
export async function clientFor(options: ServerOptions, { env }: Terminal): Promise<ApiClient> {
  const { loadEnvironment } = await import('../config/environment.ts')
  return createApiClient({ ...options, environment: loadEnvironment({ env }) })
}

export interface ChangeOptions extends ServerOptions {
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** A command that changes something, with what all of those have. */
export function changing(command: Command, description: string, examples: readonly string[]): Command {
  return serverOptions(command)
    .description(description)
    .option('--dry-run', 'say what would be done, change nothing')
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
}
