/**
 * What the weather services share: addresses under a configurable base, JSON answers, UTC times, numbers that
 * may be missing.
 */
import { BadData } from './errors.ts'
import { httpRequest } from './http.ts'
import { parseJson } from './json.ts'

/**
 * Puts a documented path under a base address. A base that already ends in the beginning of that path
 * (`https://host/api/version/1.0`, `https://host/v1/`) is not doubled; its own query, such as a key, is kept.
 * @param path starts with `/`
 * @param query ready to send, without `?`; not encoded here because the services want their commas plain
 */
export function documentedUrl(base: string, path: string, query = ''): string {
  const url = new URL(base)
  const given = segments(url.pathname)
  const documented = segments(path)
  let overlap = Math.min(given.length, documented.length)
  while (overlap > 0 && !given.slice(-overlap).every((segment, i) => segment === documented[i])) overlap--
  const pathname = [...given, ...documented.slice(overlap)].join('/')
  const search = [url.search.slice(1), query].filter((part) => part !== '').join('&')
  return `${url.origin}/${pathname}${search === '' ? '' : `?${search}`}`
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '')
}

export interface JsonAnswer {
  readonly status: number
  /** Parsed body of a 200; undefined for every other status. */
  readonly body: unknown
}

/**
 * @param what names the answer in messages, e.g. `SMHI's point forecast`
 * @throws BadData when a 200 is not JSON; Unavailable and RateLimited as `httpRequest` does.
 */
export async function getJson(url: string, timeoutMs: number, what: string): Promise<JsonAnswer> {
  const { status, text } = await httpRequest({ url, timeoutMs })
  if (status !== 200) return { status, body: undefined }
  const body = parseJson(text)
  if (body === undefined) throw new BadData(`${what} is not JSON`)
  return { status, body }
}

/**
 * Epoch milliseconds of an ISO time; one without an offset is UTC, as all these services document. Undefined when it is
 * not a time.
 */
export function parseUtc(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const time = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  return Number.isNaN(time) ? undefined : time
}

/** The value when it is a finite number, else null. */
export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** The value when it is within the bounds, else null: an impossible value is a missing one. */
export function within(value: number | null, low: number, high: number): number | null {
  return value !== null && value >= low && value <= high ? value : null
}
