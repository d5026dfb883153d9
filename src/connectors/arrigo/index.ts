/** The Arrigo connector: reads one commercial building, and writes its published variables, over GraphQL. */
import { setTimeout as delay } from 'node:timers/promises'
import { findSignals } from '../../domain/buildings/signal-readings.ts'
import { registerSecret, silentLogger } from '../../runtime/log.ts'
import { BadData, CredentialsMissing, EntityNotFound } from '../errors.ts'
import { untilAborted } from '../until-aborted.ts'
import { arrigoAddress } from './address.ts'
import type { ArrigoClient, ArrigoClientOptions, ArrigoClock, ArrigoTiming, CallOptions, Listed } from './client.ts'
import { type Dialect, inDialect } from './dialect.ts'
import { describeBuilding } from './discovery.ts'
import { complaintOf, runOperation } from './graphql.ts'
import { readHistory } from './history.ts'
import { asObject, type JsonObject } from './json.ts'
import {
  ALARMS_NEWEST_FIRST,
  alarmsQuery,
  analogsQuery,
  digitalsQuery,
  foldersQuery,
  type RowShape,
} from './operations.ts'
import { type CollectedList, collectList, type ListSource } from './paging.ts'
import { type PublishedSource, publishedLists, readPublished, writePublished } from './published.ts'
import { parseAlarm, parseAnalog, parseDigital, parseFolder } from './rows.ts'
import type { ArrigoSession } from './session.ts'
import { processSessions } from './session-registry.ts'

export type { WantedSignal } from '../../domain/buildings/signal-readings.ts'
export type { HistoryRow } from '../../domain/history/row.ts'
export type {
  AlarmOptions,
  ArrigoClient,
  ArrigoClientOptions,
  ArrigoClock,
  ArrigoTiming,
  CallOptions,
  Listed,
  SignalReading,
} from './client.ts'
export type { DiscoveredAnalog, DiscoveredDigital, Discovery } from './discovery.ts'
export {
  type DroppedRows,
  type HistoryChunk,
  type HistoryPage,
  type HistoryRequest,
  planHistory,
  type SignalKind,
} from './history.ts'
export type {
  PublishedList,
  PublishedReading,
  PublishedState,
  PublishedVariable,
  PublishedWrite,
} from './published.ts'
export type { AnalogSignal, DigitalSignal, Folder } from './rows.ts'
export { createSessionRegistry, type SessionRegistry } from './session-registry.ts'
export type { KeptSession, SessionSlot, SharedSessions } from './shared-sessions.ts'

const DEFAULT_TIMING: ArrigoTiming = {
  loginMs: 30_000,
  queryMs: 60_000,
  listMs: 120_000,
  historyMs: 300_000,
  publishedPollMs: 2_000,
  publishedBudgetMs: 30_000,
}

const systemClock: ArrigoClock = {
  now: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
}

const SIGNALS_PER_PAGE = 500
const ALARMS_PER_PAGE = 100
const FOLDERS_PER_PAGE = 200

/** @throws BadConfig when the host is none, or would get the password in clear text */
export function createArrigoClient(options: ArrigoClientOptions): ArrigoClient {
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const clock = options.clock ?? systemClock
  const address = arrigoAddress(options.host, options.allowHttpHosts)
  const log = (options.log ?? silentLogger).child({ host: address.host })
  const registry = options.sessions ?? processSessions
  const dialect: Dialect = new Map()
  let latest: ArrigoSession | undefined

  async function session(): Promise<ArrigoSession> {
    const { username, password } = await options.credentials()
    if (username === '' || password === '') {
      throw new CredentialsMissing('user name or password of the Arrigo server is missing')
    }
    registerSecret(password)
    latest = registry.session({
      address,
      credentials: { username, password },
      account: options.account ?? '',
      requestMs: timing.loginMs,
      now: clock.now,
      log,
    })
    return latest
  }

  function run(
    what: string,
    query: string,
    variables: Readonly<Record<string, unknown>>,
    timeoutMs: number,
    { heartbeat, signal }: CallOptions,
  ) {
    return runOperation({ address, session }, { what, query, variables, timeoutMs, heartbeat, signal })
  }

  interface ListRequest {
    readonly name: string
    readonly query: (rows: RowShape) => string
    readonly variables: Readonly<Record<string, unknown>>
    readonly locate: ListSource['locate']
    readonly limit?: number | undefined
    /** How this list is handed out where nothing else is known. */
    readonly shape?: RowShape
  }

  async function list(request: ListRequest, call: CallOptions): Promise<CollectedList> {
    const { name, query, variables, locate, limit, shape = 'items' } = request
    const shapes: [RowShape, RowShape] = shape === 'items' ? ['items', 'edges'] : ['edges', 'items']
    const collected = await collectList(
      {
        name,
        locate,
        fetch: (after) =>
          inDialect(dialect, name, shapes, (rows) =>
            run(name, query(rows), after === null ? variables : { ...variables, after }, timing.listMs, call),
          ),
      },
      limit,
    )
    if (collected.problems.length > 0) {
      log.warn('arrigo.partial_answer', { list: name, problems: collected.problems.slice(0, 5) })
    }
    return collected
  }

  async function readFolders(parentId: string | null, call: CallOptions) {
    const collected = await list(
      {
        name: 'folders',
        query: foldersQuery,
        variables: { id: parentId, first: FOLDERS_PER_PAGE },
        locate: ({ folder }, problems) => {
          if (folder === null && problems.length === 0) throw new EntityNotFound('the Arrigo server has no such folder')
          if (folder === null || folder === undefined) return undefined
          // A folder whose list could not be delivered is still a folder.
          return asObject(folder).folders ?? { items: [] }
        },
      },
      call,
    )
    const parent = parseFolder(asObject(collected.first?.data.folder))
    if (parent === undefined) throw new BadData('Arrigo gave a folder without an id')
    return { parent, children: listed(collected, parseFolder, 'folders') }
  }

  async function readAnalogs(call: CallOptions) {
    const request = { name: 'analogs', query: analogsQuery, variables: { first: SIGNALS_PER_PAGE } }
    const collected = await list({ ...request, locate: ({ analogs }) => analogs }, call)
    return listed(collected, parseAnalog, 'analogs')
  }

  async function readDigitals(call: CallOptions) {
    const request = { name: 'digitals', query: digitalsQuery, variables: { first: SIGNALS_PER_PAGE } }
    const collected = await list({ ...request, locate: ({ digitals }) => digitals }, call)
    return listed(collected, parseDigital, 'digitals')
  }

  function published(call: CallOptions): PublishedSource {
    return {
      dialect,
      run: (what, query, variables) => run(what, query, variables, timing.queryMs, call),
      now: clock.now,
      sleep: (ms) => {
        call.heartbeat?.()
        return clock.sleep(ms, call.signal)
      },
      pollMs: timing.publishedPollMs,
      budgetMs: timing.publishedBudgetMs,
    }
  }

  return {
    rootFolder: async (call = {}) => (await readFolders(null, call)).parent,

    folders: async (parentId = null, call = {}) => (await readFolders(parentId, call)).children,

    analogs: (call = {}) => readAnalogs(call),

    digitals: (call = {}) => readDigitals(call),

    async alarms({ status, limit, ...call } = {}) {
      const variables = {
        first: Math.min(limit ?? ALARMS_PER_PAGE, ALARMS_PER_PAGE),
        ...(status === undefined || status.length === 0 ? {} : { status: status.map((one) => one.toUpperCase()) }),
      }
      const locate = ({ alarms }: JsonObject) => alarms
      const request = { name: 'alarms', query: alarmsQuery, locate, limit, shape: 'edges' as const }
      const collected = await inDialect(
        dialect,
        'alarms order',
        ['orderBy', 'unordered'],
        (order) =>
          list(
            {
              ...request,
              variables: order === 'unordered' ? variables : { ...variables, orderBy: ALARMS_NEWEST_FIRST },
            },
            call,
          ),
        (complaint, order) => order === 'orderBy' && /orderBy|eventTime.*order|order.*eventTime/i.test(complaint),
      )
      const { rows, complete, problems } = listed(collected, parseAlarm, 'alarms')
      return { alarms: newestFirst(withoutRepeats(rows)), complete, problems }
    },

    async readSignals(wanted, call = {}) {
      const { rows, problems } = await readAnalogs(call)
      const wishes = wanted.map((wish) => (typeof wish === 'string' ? { id: wish } : wish))
      const readings = findSignals(wishes, rows).map(({ wanted: wish, signal, moved }) => ({
        wanted: wish,
        value: signal?.value ?? null,
        unit: signal?.unit ?? null,
        found: signal === undefined ? ('missing' as const) : moved ? ('moved' as const) : ('as-configured' as const),
        currentId: signal?.id ?? null,
      }))
      return { readings, problems }
    },

    history(request, call = {}) {
      const name = request.kind === 'digital' ? 'digitalsHistory' : 'analogsHistory'
      return readHistory(
        { dialect, run: (query, variables) => run(name, query, variables, timing.historyMs, call) },
        request,
      )
    },

    async discover(call = {}) {
      const { parent, children } = await readFolders(null, call)
      const analogs = await readAnalogs(call)
      // Digital signals are not stored: a building without them is better than none.
      const digitals = await readDigitals(call).catch((error: unknown) => {
        if (complaintOf(error) === '') throw error
        return { rows: [], complete: false, problems: [`digitals: ${complaintOf(error)}`] }
      })
      const { account } = await untilAborted((await session()).current(), call.signal)
      return describeBuilding({
        root: parent,
        account,
        subAreas: children.rows,
        analogs: analogs.rows,
        digitals: digitals.rows,
        problems: [...children.problems, ...analogs.problems, ...digitals.problems],
      })
    },

    publishedLists: (areaId, call = {}) => publishedLists(published(call), areaId),

    readPublished: (list, call = {}) => readPublished(published(call), list),

    writePublished: (list, change, call = {}) => writePublished(published(call), list, change),

    forget() {
      if (latest !== undefined) registry.forget(latest)
      latest = undefined
      dialect.clear()
    },
  }
}

/** Typed rows of a list; what is no row of its kind is counted among the problems. */
function listed<T extends { readonly id: string }>(
  { rows, complete, problems }: CollectedList,
  parse: (row: JsonObject) => T | undefined,
  name: string,
): Listed<T> {
  const parsed = rows.map(parse)
  const good = parsed.filter((row) => row !== undefined)
  const unreadable = parsed.length - good.length
  return {
    rows: good,
    complete,
    problems: unreadable === 0 ? problems : [...problems, `${name}: ${unreadable} rows without id or name`],
  }
}

/** A list that changes while it is paged may show a row on two pages. */
function withoutRepeats<T extends { readonly id: string; readonly eventTime: number | null }>(rows: readonly T[]): T[] {
  const byKey = new Map(rows.map((row) => [JSON.stringify([row.id, row.eventTime]), row]))
  return [...byKey.values()]
}

function newestFirst<T extends { readonly eventTime: number | null }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => (b.eventTime ?? 0) - (a.eventTime ?? 0))
}
