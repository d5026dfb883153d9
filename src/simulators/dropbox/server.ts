/**
 * Dropbox as a program sees it: the HTTP API of one app folder, with the answers, status codes and trouble of the real
 * one (https://www.dropbox.com/developers/documentation/http/documentation). Both of its hosts are one here.
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { repeated, strikes, transport } from '../faults.ts'
import { type Exchange, openExchange, sendJson, sendText, suffer } from '../http.ts'
import { AppFolder, fileEntry, fileMetadata, type StoredFile } from './files.ts'
import { type AppCredentials, Tokens } from './tokens.ts'

export const dropboxFaultsSchema = z.strictObject({
  ...transport,
  /** HTTP 429 on the files, not on the tokens. */
  rateLimited: repeated.optional(),
  /** What 429 asks to wait. */
  retryAfterSeconds: z.number().int().min(0).default(300),
  /** The scopes of the app lack what a call needs. */
  missingScope: z.boolean().optional(),
  /** The cursor of a listing is void: the listing has to be begun anew. */
  listingReset: repeated.optional(),
  /** Another delivery replaces the file just before it is read, or just before it is moved. */
  replacedBeforeDownload: repeated.optional(),
  replacedBeforeMove: repeated.optional(),
  /** The connection breaks in the middle of a file. */
  downloadBreaksOff: repeated.optional(),
})
export type DropboxFaults = z.input<typeof dropboxFaultsSchema>

export interface DropboxOptions {
  readonly app?: AppCredentials
  /** Entries of a page of a listing at most, whatever is asked for. */
  readonly pageEntries?: number
  readonly now?: () => number
  readonly port?: number
}

export interface RunningDropbox {
  readonly url: string
  readonly folder: AppFolder
  readonly tokens: Tokens
  readonly app: AppCredentials
  faults: DropboxFaults
  /** Paths of the requests, in their order. */
  readonly asked: string[]
  close(): Promise<void>
}

const MAX_UPLOAD_BYTES = 150 * 1024 * 1024
const PATH = /^(\/(.|[\r\n])*|id:.*|rev:[0-9a-f]{9,}|ns:[0-9]+(\/.*)?)$/

const listSchema = z.object({
  path: z.string(),
  recursive: z.boolean().optional(),
  limit: z.int().min(1).max(2000).optional(),
})
const continueSchema = z.object({ cursor: z.string().min(1) })
const pathSchema = z.object({ path: z.string().regex(PATH) })
const moveSchema = z.object({
  from_path: z.string().regex(PATH),
  to_path: z.string().regex(PATH),
  autorename: z.boolean().default(false),
})
const uploadSchema = z.object({
  path: z.string().regex(PATH),
  mode: z.union([z.enum(['add', 'overwrite']), z.object({ '.tag': z.enum(['add', 'overwrite']) })]).default('add'),
  autorename: z.boolean().default(false),
})

export async function startDropbox(options: DropboxOptions = {}): Promise<RunningDropbox> {
  const { app = { appKey: 'inventedappkey', appSecret: 'inventedappsecret' }, now = Date.now } = options
  const simulated = new SimulatedDropbox(app, options.pageEntries ?? 2_000, now)
  const server = createServer((request, response) => {
    const exchange = openExchange(request, response)
    simulated.handle(exchange).catch((error: unknown) => sendText(exchange, 500, String(error), 'text/plain'))
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(simulated, {
    url: `http://127.0.0.1:${port}`,
    app,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

/** A call that was judged: its body, or the summary of an error of the endpoint (HTTP 409). */
type Outcome = { readonly body: object } | { readonly error: string }

class SimulatedDropbox {
  readonly folder: AppFolder
  readonly tokens: Tokens
  readonly asked: string[] = []
  faults: DropboxFaults = {}
  readonly #cursors = new Map<string, object[]>()
  readonly #pageEntries: number

  constructor(app: AppCredentials, pageEntries: number, now: () => number) {
    this.folder = new AppFolder(now)
    this.tokens = new Tokens(app, now)
    this.#pageEntries = pageEntries
  }

  async handle(exchange: Exchange): Promise<void> {
    const { path, request } = exchange
    this.asked.push(path)
    if (await suffer(exchange, this.faults)) return
    if (request.method !== 'POST') return sendText(exchange, 404, 'Not found', 'text/plain')
    if (path === '/oauth2/token') {
      // Dropbox's own SDK sends the form as the query.
      const form = `${(await readAll(request)).toString('utf8')}&${exchange.query}`
      const { status, body } = this.tokens.exchange(new URLSearchParams(form))
      return sendJson(exchange, status, body)
    }
    const endpoint = path.startsWith('/2/files/') ? path.slice('/2/files/'.length) : undefined
    if (endpoint === undefined) return sendText(exchange, 404, 'Not found', 'text/plain')
    if (!this.#admits(exchange)) return
    try {
      if (endpoint === 'download') this.#download(exchange)
      else await this.#answer(exchange, endpoint)
    } catch (error) {
      malformed(exchange, endpoint, error)
    }
  }

  async #answer(exchange: Exchange, endpoint: string): Promise<void> {
    const { request } = exchange
    const content = await readAll(request)
    const isUpload = endpoint === 'upload'
    const argument = isUpload ? String(request.headers['dropbox-api-arg'] ?? '') : content.toString('utf8')
    const given: unknown = JSON.parse(argument)
    const outcome = isUpload ? this.#upload(given, content) : this.#call(endpoint, given)
    if (outcome === undefined) sendText(exchange, 404, `Unknown API function: "files/${endpoint}"`, 'text/plain')
    else answer(exchange, outcome)
  }

  /** Whether the token is good and the client not too fast; otherwise it has been answered. */
  #admits(exchange: Exchange): boolean {
    const token = /^Bearer (.+)$/.exec(exchange.request.headers.authorization ?? '')?.[1] ?? ''
    const judgement = this.tokens.judge(token)
    if (judgement !== 'good') {
      refuse(exchange, judgement === 'expired' ? 'expired_access_token' : 'invalid_access_token')
      return false
    }
    if (this.faults.missingScope === true) {
      refuse(exchange, 'missing_scope', { required_scope: 'files.content.write' })
      return false
    }
    if (strikes(this.faults, 'rateLimited')) {
      const seconds = this.faults.retryAfterSeconds ?? 300
      const error = { reason: { '.tag': 'too_many_requests' }, retry_after: seconds }
      const body = { error_summary: 'too_many_requests/..', error }
      sendJson(exchange, 429, body, { 'retry-after': String(seconds) })
      return false
    }
    return true
  }

  #call(endpoint: string, given: unknown): Outcome | undefined {
    switch (endpoint) {
      case 'list_folder':
        return this.#list(listSchema.parse(given))
      case 'list_folder/continue':
        return this.#continue(continueSchema.parse(given).cursor)
      case 'get_metadata':
        return this.#existing(pathSchema.parse(given).path, 'path', (path) => this.folder.get(path))
      case 'delete_v2':
        return this.#delete(pathSchema.parse(given).path)
      case 'move_v2':
        return this.#move(moveSchema.parse(given))
      default:
        return undefined
    }
  }

  #list({ path, limit = 2_000 }: z.output<typeof listSchema>): Outcome {
    if (path === '/') throw new Error('path: Specify the root folder as an empty string rather than as "/".')
    const entries = this.folder.children(path.replace(/\/$/, ''))
    if (entries === undefined) return { error: 'path/not_found/..' }
    return { body: this.#page(entries, Math.min(limit, this.#pageEntries)) }
  }

  #continue(cursor: string): Outcome {
    const entries = this.#cursors.get(cursor)
    if (entries === undefined) throw new Error('cursor: Invalid "cursor" parameter')
    if (strikes(this.faults, 'listingReset')) return { error: 'reset/..' }
    return { body: this.#page(entries, this.#pageEntries) }
  }

  #page(entries: object[], count: number): object {
    const rest = entries.slice(count)
    const cursor = `AA${(this.#cursors.size + 1).toString(36).padStart(20, '0')}`
    this.#cursors.set(cursor, rest)
    return { entries: entries.slice(0, count), cursor, has_more: rest.length > 0 }
  }

  #existing(path: string, where: string, find: (path: string) => ReturnType<AppFolder['get']>): Outcome {
    const file = find(path)
    return file === undefined ? { error: `${where}/not_found/..` } : { body: fileEntry(file) }
  }

  #delete(path: string): Outcome {
    const file = this.folder.get(path)
    if (file === undefined) return { error: 'path_lookup/not_found/..' }
    this.folder.remove(path)
    return { body: { metadata: fileEntry(file) } }
  }

  #move({ from_path: from, to_path: to, autorename }: z.output<typeof moveSchema>): Outcome {
    if (strikes(this.faults, 'replacedBeforeMove')) this.folder.put(from, 'delivered anew\n')
    const file = this.folder.get(from)
    if (file === undefined) return { error: 'from_lookup/not_found/..' }
    if (this.folder.get(to) !== undefined && !autorename) return { error: 'to/conflict/file/..' }
    this.folder.remove(from)
    return { body: { metadata: fileEntry(this.folder.put(this.folder.freePath(to), file.content)) } }
  }

  #upload(given: unknown, content: Buffer): Outcome {
    const { path, mode, autorename } = uploadSchema.parse(given)
    if (content.length > MAX_UPLOAD_BYTES) return { error: 'payload_too_large/..' }
    const present = this.folder.get(path)
    const overwrites = (typeof mode === 'string' ? mode : mode['.tag']) === 'overwrite'
    if (present !== undefined && !overwrites && !autorename && !present.content.equals(content)) {
      return { error: 'path/conflict/file/..' }
    }
    const file = this.folder.put(overwrites || !autorename ? path : this.folder.freePath(path), content)
    return { body: fileMetadata(file) }
  }

  #download(exchange: Exchange): void {
    const { path } = pathSchema.parse(JSON.parse(String(exchange.request.headers['dropbox-api-arg'] ?? '')))
    if (strikes(this.faults, 'replacedBeforeDownload')) this.folder.put(path, 'delivered anew\n')
    const file = this.folder.get(path)
    if (file === undefined) answer(exchange, { error: 'path/not_found/..' })
    else this.#sendFile(exchange, file)
  }

  #sendFile({ response }: Exchange, file: StoredFile): void {
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': file.content.length,
      'dropbox-api-result': asciiJson(fileMetadata(file)),
    })
    if (strikes(this.faults, 'downloadBreaksOff')) {
      response.write(file.content.subarray(0, Math.ceil(file.content.length / 2)), () => response.destroy())
    } else response.end(file.content)
  }
}

function answer(exchange: Exchange, outcome: Outcome): void {
  if ('body' in outcome) sendJson(exchange, 200, outcome.body)
  else sendJson(exchange, 409, { error_summary: outcome.error, error: nested(outcome.error.split('/').slice(0, -1)) })
}

/** `path/not_found` as the union of unions it stands for. */
function nested([tag = 'other', ...below]: string[]): object {
  return { '.tag': tag, ...(below.length === 0 ? {} : { [tag]: nested(below) }) }
}

function refuse(exchange: Exchange, tag: string, rest: object = {}): void {
  sendJson(exchange, 401, { error_summary: `${tag}/..`, error: { '.tag': tag, ...rest } })
}

/** Faults of the call itself are told in plain text. */
function malformed(exchange: Exchange, endpoint: string, error: unknown): void {
  const [issue] = error instanceof z.ZodError ? error.issues : []
  const why =
    issue === undefined ? (error instanceof Error ? error.message : String(error)) : `${issue.path}: ${issue.message}`
  sendText(exchange, 400, `Error in call to API function "files/${endpoint}": ${why}`, 'text/plain; charset=utf-8')
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
