/** What InfluxDB's answers mean: wait and try again, the content is at fault, or an operator has to look. */
import { AbortError, HttpError, RequestTimedOutError } from '@influxdata/influxdb-client'
import { BadData, type BvproError, StoreUnavailable } from '../../../connectors/errors.ts'

export interface InfluxPlace {
  readonly url: string
  readonly org: string
  readonly bucket: string
}

/** The content of this request was refused: another request may pass. */
export function isRefusedContent(error: unknown): boolean {
  return error instanceof HttpError && (error.statusCode === 400 || error.statusCode === 422)
}

/** The request was too long and should be cut in two. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof HttpError && error.statusCode === 413
}

/** Outage, overload or time-out: the same request may pass later. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof HttpError) || error.statusCode === 429 || error.statusCode >= 500
}

/** How long the server asked to wait, milliseconds. */
export function askedToWait(error: unknown): number {
  return error instanceof HttpError ? error.retryAfter() : 0
}

/** One sentence for an operator; the token is in none of the library's errors. */
export function influxFailure(error: unknown, place: InfluxPlace): BvproError {
  const server = `InfluxDB at ${withoutCredentials(place.url)}`
  const options = { cause: error }
  if (error instanceof RequestTimedOutError || error instanceof AbortError) {
    return new StoreUnavailable(`${server} did not answer in time`, options)
  }
  if (!(error instanceof HttpError)) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    return new StoreUnavailable(`${server} cannot be reached: ${reason}`, options)
  }
  const said = saidByServer(error)
  switch (error.statusCode) {
    case 400:
    case 422:
      return new BadData(`${server} refused the content: ${said}`, options)
    case 401:
    case 403:
      return new StoreUnavailable(`${server} refused the token for bucket ${place.bucket}: ${said}`, options)
    case 404:
      return new StoreUnavailable(`${server} knows no such organisation or bucket: ${said}`, options)
    default:
      return new StoreUnavailable(`${server} answered ${error.statusCode}: ${said}`, options)
  }
}

function saidByServer(error: HttpError): string {
  const json: unknown = error.json
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message
  }
  return error.statusMessage ?? 'no reason given'
}

function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//')
}
