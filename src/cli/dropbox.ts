/**
 * `bvpro dropbox login`: has a person allow BVPro's Dropbox app in a browser, and keeps the refresh token in `.env`.
 * The proof that the code is ours (PKCE) never leaves this machine before the exchange.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import type { Environment } from '../config/environment.ts'
import { isErrno } from '../runtime/servers/file-lock.ts'
import { CommandFault } from './fault.ts'
import { ask } from './prompts.ts'
import { printJson, type Terminal } from './terminal.ts'

interface LoginOptions {
  readonly appKey?: string
  readonly code?: string
  readonly json?: boolean
}

/** A login that waits for its code. */
interface Begun {
  readonly appKey: string
  readonly verifier: string
}

const AUTHORIZE_URL = 'https://www.dropbox.com/oauth2/authorize'
const SCOPES = ['account_info.read', 'files.metadata.read', 'files.content.read', 'files.content.write']
const OWNER = {
  name: 'Dropbox',
  variables: ['DROPBOX_APP_KEY', 'DROPBOX_APP_SECRET', 'DROPBOX_REFRESH_TOKEN', 'DROPBOX_ACCESS_TOKEN'],
}

export function addDropboxCommands(program: Command, terminal: Terminal): void {
  const group = program.command('dropbox').description('the Dropbox folder meter files are exchanged in')
  group
    .command('login')
    .description('allow BVPro to use the app folder, and keep the refresh token in .env')
    .option('--app-key <key>', 'key of the Dropbox app (default: DROPBOX_APP_KEY)')
    .option('--code <code>', 'the code Dropbox has shown, for a login that was begun without a terminal')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  bvpro dropbox login\n' +
        '  bvpro dropbox login --app-key abc123def456ghi < /dev/null    prints the address to open\n' +
        '  bvpro dropbox login --code CODE                              goes on with it\n' +
        '\nThe app needs the permissions files.metadata.read, files.content.read and files.content.write.',
    )
    .action((options: LoginOptions) => login(options, terminal))
}

async function login({ appKey, code, json = false }: LoginOptions, terminal: Terminal): Promise<void> {
  const { loadEnvironment } = await import('../config/environment.ts')
  const environment = loadEnvironment({ env: terminal.env })
  if (code !== undefined) return conclude(environment, await recall(environment), code, json, terminal)

  const flag = '--app-key or DROPBOX_APP_KEY'
  const key = appKey || environment.dropbox.appKey || (await ask(terminal, { question: 'App key', flag }))
  const begun = { appKey: key, verifier: randomBytes(64).toString('base64url') }
  const url = authorizeUrl(begun)
  if (terminal.interactive !== true) {
    await remember(environment, begun)
    if (json) return printJson(terminal, { authorizeUrl: url, next: 'bvpro dropbox login --code CODE' })
    return terminal.print(`Open this address, allow access, then run "bvpro dropbox login --code CODE":\n${url}`)
  }
  // What is printed stays clean for programs.
  const say = json ? terminal.printError : terminal.print
  say(`Open this address in a browser and allow access; Dropbox then shows a code:\n\n${url}\n`)
  const given = await ask(terminal, { question: 'Code', flag: '--code' })
  await conclude(environment, begun, given, json, terminal)
}

function authorizeUrl({ appKey, verifier }: Begun): string {
  const url = new URL(AUTHORIZE_URL)
  url.search = new URLSearchParams({
    client_id: appKey,
    response_type: 'code',
    token_access_type: 'offline',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: SCOPES.join(' '),
  }).toString()
  return url.href
}

async function conclude(
  environment: Environment,
  { appKey, verifier }: Begun,
  code: string,
  json: boolean,
  terminal: Terminal,
): Promise<void> {
  const { requestToken } = await import('../connectors/energy-exchange/dropbox-access.ts')
  const { apiUrl } = environment.dropbox
  const form = { grant_type: 'authorization_code', code: code.trim(), client_id: appKey, code_verifier: verifier }
  const answer = await requestToken(apiUrl, new URLSearchParams(form))
  if ('refused' in answer) {
    throw new CommandFault(
      `Dropbox does not accept the code (${answer.refused}). Begin anew: a code is good once, for minutes.`,
    )
  }
  const { accessToken, refreshToken } = answer
  if (refreshToken === undefined) throw new CommandFault('Dropbox gave no refresh token; begin anew.')
  const waiting = await filesWaiting(environment, accessToken)
  await keep(environment, appKey, refreshToken)
  await rm(begunFile(environment), { force: true })

  const { environmentFile, energyInbox } = environment
  if (json) return printJson(terminal, { environmentFile, waiting, inForce: energyInbox === undefined })
  terminal.print(`Access to Dropbox is kept in ${environmentFile}; ${waiting} meter files wait there.`)
  if (energyInbox !== undefined) terminal.print('ENERGY_INBOX is set and counts more: remove it to use Dropbox.')
  else terminal.print('A BVPro that uses Dropbox already goes on with it; any other takes it up at its next start.')
}

/** Tried before anything is kept: permissions that are missing show here. */
async function filesWaiting({ dropbox }: Environment, accessToken: string): Promise<number> {
  const { createDropboxExchange } = await import('../connectors/energy-exchange/dropbox.ts')
  const { silentLogger } = await import('../runtime/log.ts')
  const { apiUrl, contentUrl, requestFile } = dropbox
  const tokens = { appKey: undefined, appSecret: undefined, refreshToken: undefined, accessToken }
  const exchange = createDropboxExchange({
    apiUrl,
    contentUrl,
    requestFile,
    tokens: async () => tokens,
    log: silentLogger,
  })
  return (await exchange.list()).length
}

async function keep(
  { environmentFile, home, dropbox }: Environment,
  appKey: string,
  refreshToken: string,
): Promise<void> {
  const { EnvironmentEditor } = await import('../connectors/credentials/environment-editor.ts')
  const { editEnvironmentText } = await import('../connectors/credentials/environment-text.ts')
  const editor = new EnvironmentEditor({ environmentFile, lockFile: join(home, 'data', 'environment-file.lock') })
  const set = { DROPBOX_APP_KEY: appKey, DROPBOX_REFRESH_TOKEN: refreshToken }
  // The secret of another app would make Dropbox refuse the token.
  const remove = appKey === dropbox.appKey ? [] : ['DROPBOX_APP_SECRET']
  await editor.edit((text) => editEnvironmentText(text, { set, remove, owner: OWNER }))
}

function begunFile({ home }: Environment): string {
  return join(home, 'data', 'dropbox-login.json')
}

async function remember(environment: Environment, begun: Begun): Promise<void> {
  const file = begunFile(environment)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  // An earlier one may have other permissions.
  await rm(file, { force: true })
  await writeFile(file, JSON.stringify(begun), { mode: 0o600, flag: 'wx' })
}

async function recall(environment: Environment): Promise<Begun> {
  try {
    return JSON.parse(await readFile(begunFile(environment), 'utf8'))
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error
    throw new CommandFault('No login waits for a code. Run "bvpro dropbox login" first, without --code.', 2)
  }
}
