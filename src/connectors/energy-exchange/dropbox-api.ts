/** The few calls of the Dropbox HTTP API that exchanging files needs, with typed errors and whole pages. */
import { z } from 'zod'
import { BadData, type BvproError, CredentialsRejected, EntityNotFound, RateLimited, Unavailable } from '../errors.ts'
import { type HttpResponse, httpRequest, httpStream } from '../http.ts'
import type { DropboxAccess } from './dropbox-access.ts'

/** A small answer may take this long. */
const ANSWER_MS = 30_000
/** And a piece of a file, or the taking of a small one. */
const PIECE_MS = 60_000
/** Files asked for with one page; Dropbox may give fewer or more. */
const PAGE_FILES = 1_000
/** A folder that changes while it is listed may have to be listed anew. */
const LISTINGS = 3

const fileSchema = z.object({
  '.tag': z.literal('file'),
  name: z.string(),
  rev: z.string(),
  size: z.number(),
  /** Hash of the content by Dropbox's own rule. */
  content_hash: z.string().optional(),
})
export type DropboxFile = z.infer<typeof fileSchema>

const pageSchema = z.object({
  entries: z.array(z.union([fileSchema, z.object({ '.tag': z.string() })])),
  cursor: z.string(),
  has_more: z.boolean(),
})
const movedSchema = z.object({ metadata: z.object({ name: z.string(), content_hash: z.string().optional() }) })
const revisionSchema = z.object({ rev: z.string(), size: z.number() })
const failureSchema = z.object({
  error_summary: z.string().optional(),
  error: z
    .object({
      '.tag': z.string().optional(),
      retry_after: z.number().optional(),
      required_scope: z.string().optional(),
    })
    .optional(),
})

export interface DropboxHosts {
  readonly apiUrl: string
  readonly contentUrl: string
}

export class DropboxApi {
  readonly #hosts: DropboxHosts
  readonly #access: DropboxAccess

  constructor(hosts: DropboxHosts, access: DropboxAccess) {
    this.#hosts = hosts
    this.#access = access
  }

  /** Files directly in a folder, on however many pages; none when there is no such folder. */
  async list(path: string): Promise<DropboxFile[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#listOnce(path)
      } catch (error) {
        // The cursor is void because of a change in between: Dropbox wants the listing begun anew.
        if (!(error instanceof ListingReset) || attempt === LISTINGS) throw error
      }
    }
  }

  async #listOnce(path: string): Promise<DropboxFile[]> {
    const files: DropboxFile[] = []
    let answer: unknown
    try {
      answer = await this.#call('list_folder', { path, recursive: false, limit: PAGE_FILES })
    } catch (error) {
      if (isTyped(error, 'EntityNotFound')) return []
      throw error
    }
    for (;;) {
      const { entries, cursor, has_more } = parsed(pageSchema, answer, 'list_folder')
      files.push(...entries.filter((entry): entry is DropboxFile => entry['.tag'] === 'file' && 'rev' in entry))
      if (!has_more) return files
      answer = await this.#call('list_folder/continue', { cursor })
    }
  }

  /**
   * The bytes of a file in pieces.
   * @param revision it has to have; rejects with `Unavailable` when it was changed meanwhile
   */
  async *download(path: string, revision: string): AsyncIterable<Uint8Array> {
    const { headers, pieces } = await this.#authorised('download', async (token) => {
      const stream = await httpStream({
        url: `${this.#hosts.contentUrl}/2/files/download`,
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'dropbox-api-arg': headerJson({ path }) },
        timeoutMs: PIECE_MS,
      })
      if (stream.status === 200) return stream
      throw await failureOf('download', { status: stream.status, text: await textOf(stream.pieces) })
    })
    const result = headers.get('dropbox-api-result')
    const { rev, size } = parsed(revisionSchema, tryJson(result ?? ''), 'download')
    let bytes = 0
    for await (const piece of pieces) {
      if (rev !== revision) break
      bytes += piece.byteLength
      yield piece
    }
    if (rev !== revision) throw new Unavailable(`${path} was delivered anew while it was to be read`)
    if (bytes !== size) throw new Unavailable(`${path} broke off after ${bytes} of ${size} bytes`)
  }

  /** Writes a small file whole, replacing what has its name. */
  async upload(path: string, text: string): Promise<void> {
    await this.#authorised('upload', async (token) => {
      const response = await httpRequest({
        url: `${this.#hosts.contentUrl}/2/files/upload`,
        headers: {
          authorization: `Bearer ${token}`,
          'dropbox-api-arg': headerJson({ path, mode: 'overwrite', autorename: false, mute: true }),
        },
        body: { type: 'application/octet-stream', content: Buffer.from(text) },
        timeoutMs: PIECE_MS,
      })
      if (response.status !== 200) throw await failureOf('upload', response)
    })
  }

  /** Moves a file; where the new name is taken, Dropbox finds another one. Undefined when the file is gone. */
  async move(from: string, to: string): Promise<{ name: string; contentHash: string | undefined } | undefined> {
    try {
      const answer = await this.#call('move_v2', { from_path: from, to_path: to, autorename: true })
      const { metadata } = parsed(movedSchema, answer, 'move_v2')
      return { name: metadata.name, contentHash: metadata.content_hash }
    } catch (error) {
      if (isTyped(error, 'EntityNotFound')) return undefined
      throw error
    }
  }

  async #call(endpoint: string, argument: object): Promise<unknown> {
    return this.#authorised(endpoint, async (token) => {
      const response = await httpRequest({
        url: `${this.#hosts.apiUrl}/2/files/${endpoint}`,
        headers: { authorization: `Bearer ${token}` },
        json: argument,
        timeoutMs: ANSWER_MS,
      })
      if (response.status !== 200) throw await failureOf(endpoint, response)
      return jsonOf(response.text, endpoint)
    })
  }

  /** An access token lasts four hours and may end at any time; then the call is repeated once with a new one. */
  async #authorised<T>(endpoint: string, call: (token: string) => Promise<T>): Promise<T> {
    const token = await this.#access.token()
    try {
      return await call(token)
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error
      const renewed = await this.#access.tokenInsteadOf(token)
      try {
        return await call(renewed)
      } catch (again) {
        if (again instanceof TokenRefused) throw this.#access.reject(`Dropbox refuses access (${endpoint})`)
        throw again
      }
    }
  }
}

/** The access token is not good any more; another one may be. */
class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

class ListingReset extends Unavailable {}

async function failureOf(endpoint: string, { status, text }: Pick<HttpResponse, 'status' | 'text'>): Promise<Error> {
  const { error_summary: summary = '', error } = failureSchema.safeParse(tryJson(text)).data ?? {}
  if (status === 401) {
    if (error?.['.tag'] === 'missing_scope') {
      const scope = error.required_scope ?? 'a permission'
      return new CredentialsRejected(`the Dropbox app lacks ${scope}: grant it, then run "bvpro dropbox login" again`)
    }
    return new TokenRefused(summary)
  }
  if (status === 403) return new CredentialsRejected(`Dropbox does not allow ${endpoint}: ${summary}`)
  if (status === 409) {
    if (summary.includes('not_found')) return new EntityNotFound(`Dropbox has nothing there (${endpoint})`)
    if (summary.startsWith('reset')) return new ListingReset('the Dropbox folder changes all the time')
    if (summary.includes('too_many_write_operations')) {
      return new RateLimited('Dropbox asks for fewer writes at once', { retryAfterMs: 2_000 })
    }
    return new Unavailable(`Dropbox cannot do ${endpoint}: ${summary}`)
  }
  // A malformed call is answered in plain text.
  return new BadData(`Dropbox answered ${endpoint} with HTTP ${status}${summary === '' ? '' : `: ${summary}`}`)
}

function isTyped(error: unknown, type: BvproError['type']): boolean {
  return error instanceof Error && error.name === type
}

function parsed<S extends z.ZodType>(schema: S, answer: unknown, endpoint: string): z.output<S> {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new BadData(`Dropbox answered ${endpoint} with something else: ${issue?.path.join('.')} ${issue?.message}`)
}

function jsonOf(text: string, endpoint: string): unknown {
  const value = tryJson(text)
  if (value === undefined) throw new BadData(`Dropbox answered ${endpoint} with something that is no JSON`)
  return value
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Told by the callers, who know what it was an answer to.
    return undefined
  }
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString('utf8')
}

/** A header carries ASCII only; Dropbox wants the rest escaped as in JSON. */
function headerJson(argument: object): string {
  return JSON.stringify(argument).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
