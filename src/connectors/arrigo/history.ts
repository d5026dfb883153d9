/**
 * Stored series of signals, in chunks small enough for the server's limits: each chunk is one window of time and one
 * group of signals, so that an import can stop after any chunk and go on there.
 */
import type { HistoryRow } from '../../domain/history/row.ts'
import { BadData } from '../errors.ts'
import { type Dialect, inDialect } from './dialect.ts'
import { complaintOf, type GraphQlAnswer } from './graphql.ts'
import { asNumber, asText, type JsonObject } from './json.ts'
import { analogHistoryQuery, type DigitalValueField, digitalHistoryQuery, type RowShape } from './operations.ts'
import { type ListPage, readPages } from './paging.ts'
import { parseEventValue } from './rows.ts'
import { parseArrigoTime } from './times.ts'

export type SignalKind = 'analog' | 'digital'

export interface HistoryRequest {
  readonly signalIds: readonly string[]
  /** Epoch milliseconds, inclusive. */
  readonly from: number
  /** Epoch milliseconds, exclusive. */
  readonly to: number
  /**
   * Which stored series, seconds (300, 3600, …): it selects and does not resample, so a series that is not stored gives
   * nothing. Without it all stored series come mixed, which only makes sense for digital signals.
   */
  readonly resolutionSeconds?: number
  /** Default `analog`. */
  readonly kind?: SignalKind
  /** Chunks an earlier run has finished; the plan of one request is always the same. */
  readonly skipChunks?: number
}

export interface HistoryChunk {
  readonly from: number
  readonly to: number
  readonly signalIds: readonly string[]
}

/** Rows of the server that are not in the page, by reason. */
export interface DroppedRows {
  readonly withoutValue: number
  readonly unknownSignal: number
  readonly unreadableTime: number
  readonly otherResolution: number
  readonly outsideRange: number
}

export interface HistoryPage {
  /** Number of the chunk, from 0, and how many there are. */
  readonly chunk: number
  readonly chunks: number
  /** True on the last page of its chunk. */
  readonly chunkDone: boolean
  readonly from: number
  readonly to: number
  /** Ordered by time. */
  readonly rows: readonly HistoryRow[]
  readonly dropped: DroppedRows
  readonly problems: readonly string[]
}

/** Rows a server is known to give in one call without cutting. */
const ROWS_PER_CALL = 20_000
const SIGNALS_PER_CALL = 200
/** Window when nobody knows how often a signal has changed. */
const EVENT_WINDOW_MS = 7 * 86_400_000
/** A heavy query dies of the server's own time limit; half of it may not. */
const MOST_HALVINGS = 6

/** The chunks of a request, oldest first; within a window by groups of signals. */
export function planHistory(request: HistoryRequest): HistoryChunk[] {
  const { from, to, resolutionSeconds } = request
  const signalIds = [...new Set(request.signalIds)]
  if (signalIds.length === 0 || !(from < to)) return []
  const groupSize = Math.min(signalIds.length, SIGNALS_PER_CALL)
  const samples = Math.floor((ROWS_PER_CALL - 1) / groupSize)
  const windowMs = resolutionSeconds === undefined ? EVENT_WINDOW_MS : samples * resolutionSeconds * 1000
  const chunks: HistoryChunk[] = []
  for (let start = from; start < to; start += windowMs) {
    for (let index = 0; index < signalIds.length; index += groupSize) {
      const group = signalIds.slice(index, index + groupSize)
      chunks.push({ from: start, to: Math.min(to, start + windowMs), signalIds: group })
    }
  }
  return chunks
}

export interface HistorySource {
  readonly dialect: Dialect
  readonly run: (query: string, variables: Readonly<Record<string, unknown>>) => Promise<GraphQlAnswer>
}

/**
 * Pages of all chunks, one after the other. Every chunk ends with a page whose `chunkDone` is true, empty perhaps.
 * @throws BadData when the request makes no sense or the server's cursors lead nowhere; what `run` throws
 */
export async function* readHistory(source: HistorySource, request: HistoryRequest): AsyncGenerator<HistoryPage> {
  const { resolutionSeconds } = request
  if (resolutionSeconds !== undefined && !(Number.isInteger(resolutionSeconds) && resolutionSeconds > 0)) {
    throw new BadData('the resolution of a history must be a whole number of seconds above 0')
  }
  const plan = planHistory(request)
  for (const [chunk, { from, to, signalIds }] of plan.entries()) {
    if (chunk < (request.skipChunks ?? 0)) continue
    const place = { chunk, chunks: plan.length, from, to }
    for await (const { page, part } of chunkPages(source, request, { from, to, signalIds }, 0)) {
      yield { ...place, ...readRows(page, part, resolutionSeconds), chunkDone: false }
    }
    yield { ...place, rows: [], dropped: NOTHING_DROPPED, problems: [], chunkDone: true }
  }
}

/** A chunk that dies of the server's time limit before its first page is asked for in two halves, each a part. */
async function* chunkPages(
  source: HistorySource,
  request: HistoryRequest,
  chunk: HistoryChunk,
  halvings: number,
): AsyncGenerator<{ readonly page: ListPage; readonly part: HistoryChunk }> {
  let delivered = false
  try {
    for await (const page of openPages(source, request, chunk)) {
      delivered = true
      yield { page, part: chunk }
    }
  } catch (error) {
    const middle = middleOf(chunk, request.resolutionSeconds)
    const tooHeavy = /time-?out/i.test(complaintOf(error))
    if (delivered || !tooHeavy || middle === undefined || halvings >= MOST_HALVINGS) throw error
    yield* chunkPages(source, request, { ...chunk, to: middle }, halvings + 1)
    yield* chunkPages(source, request, { ...chunk, from: middle }, halvings + 1)
  }
}

function middleOf({ from, to }: HistoryChunk, resolutionSeconds = 60): number | undefined {
  const stepMs = resolutionSeconds * 1000
  const steps = Math.floor((to - from) / stepMs / 2)
  return steps < 1 ? undefined : from + steps * stepMs
}

function openPages(
  { dialect, run }: HistorySource,
  { kind = 'analog', resolutionSeconds }: HistoryRequest,
  { from, to, signalIds }: HistoryChunk,
): AsyncGenerator<ListPage> {
  const name = kind === 'analog' ? 'analogsHistory' : 'digitalsHistory'
  const filter = {
    signalId: signalIds,
    ranges: [{ from: new Date(from).toISOString(), to: new Date(to).toISOString() }],
    ...(resolutionSeconds === undefined ? {} : { timeLength: resolutionSeconds }),
  }
  const ask = (rows: RowShape, after: string | null) => {
    const variables = { first: ROWS_PER_CALL, ...(after === null ? {} : { after }) }
    if (kind === 'digital') {
      const fields: [DigitalValueField, DigitalValueField] = ['value', 'state']
      return inDialect(dialect, 'digitalsHistory value', fields, (field) =>
        run(digitalHistoryQuery(rows, field), { ...variables, filter }),
      )
    }
    if (resolutionSeconds === undefined) return run(analogHistoryQuery(rows), { ...variables, filter })
    const comparers: ['timeLengthComparer', 'none'] = ['timeLengthComparer', 'none']
    return inDialect(
      dialect,
      'analogsHistory comparer',
      comparers,
      (comparer) => {
        const exact = comparer === 'none' ? filter : { ...filter, timeLengthComparer: 'equal' }
        return run(analogHistoryQuery(rows), { ...variables, filter: exact })
      },
      (complaint, comparer) => complaint.includes(comparer),
    )
  }
  return readPages({
    name,
    fetch: (after) => inDialect(dialect, name, ['items', 'edges'], (rows) => ask(rows, after)),
    locate: (data) => data[name],
  })
}

const NOTHING_DROPPED: DroppedRows = {
  withoutValue: 0,
  unknownSignal: 0,
  unreadableTime: 0,
  otherResolution: 0,
  outsideRange: 0,
}

/** Where servers do not filter by series or range themselves, it is done here; parts must not overlap. */
function readRows(
  page: ListPage,
  { from, to, signalIds }: HistoryChunk,
  resolutionSeconds: number | undefined,
): Pick<HistoryPage, 'rows' | 'dropped' | 'problems'> {
  const wanted = new Set(signalIds)
  const dropped = { ...NOTHING_DROPPED }
  const rows: HistoryRow[] = []
  for (const row of page.rows) {
    const reading = readRow(row)
    const { signalId, time, value, timeLength } = reading
    if (signalId === null || !wanted.has(signalId)) dropped.unknownSignal += 1
    else if (time === null) dropped.unreadableTime += 1
    else if (resolutionSeconds !== undefined && timeLength !== null && timeLength !== resolutionSeconds)
      dropped.otherResolution += 1
    else if (time < from || time >= to) dropped.outsideRange += 1
    else if (value === null) dropped.withoutValue += 1
    else rows.push({ signalId, time, value })
  }
  return { rows: rows.sort((a, b) => a.time - b.time), dropped, problems: page.problems }
}

function readRow(row: JsonObject) {
  return {
    signalId: asText(row.signalId),
    time: parseArrigoTime(row.time),
    value: parseEventValue(row.value ?? row.state),
    timeLength: asNumber(row.timeLength),
  }
}
