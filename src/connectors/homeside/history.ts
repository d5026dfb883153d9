/**
 * The past of a house: the history server of its energy company, an Arrigo server that takes the house token of the
 * portal. The portal itself knows the present only.
 */
import type { HistorySignal } from '../../domain/history/row.ts'
import { type Logger, silentLogger } from '../../runtime/log.ts'
import { type ArrigoAddress, arrigoAddress } from '../arrigo/address.ts'
import { type Dialect, inDialect } from '../arrigo/dialect.ts'
import { type GraphQlAnswer, runOperation, type TokenSession } from '../arrigo/graphql.ts'
import { readHistory } from '../arrigo/history.ts'
import { batchesOf } from '../arrigo/history-source.ts'
import { analogsQuery } from '../arrigo/operations.ts'
import { collectList } from '../arrigo/paging.ts'
import { parseAnalog } from '../arrigo/rows.ts'
import type { Credentials } from '../credentials/index.ts'
import { BadConfig, Unavailable } from '../errors.ts'
import type { HistoryCallOptions, HistorySource } from '../history-source.ts'
import { httpRequest } from '../http.ts'
import { createPortal } from './protocol.ts'
import { HomeSideSession } from './session.ts'
import { SessionExpired } from './session-expired.ts'

export interface HomeSideHistoryOptions {
  /** The portal, for signing in. */
  readonly portalUrl: string
  /** The history server: the part before `/arrigo/api`. */
  readonly historyUrl: string
  readonly credentials: () => Promise<Credentials>
  readonly houseId: string
  readonly allowHttpHosts?: readonly string[]
  readonly log?: Logger
  readonly timing?: Partial<HistoryTiming>
}

/** All times in milliseconds. */
export interface HistoryTiming {
  /** Signing in, and asking whether the server is there. */
  readonly signInMs: number
  readonly signalsMs: number
  /** One page of values; the server itself may work on it for minutes. */
  readonly historyMs: number
}

const DEFAULT_TIMING: HistoryTiming = { signInMs: 30_000, signalsMs: 60_000, historyMs: 300_000 }

const SIGNALS_PER_PAGE = 200

/** The history of one house. Signs in at the first call, and again when the server does not take the token any more. */
export function createHomeSideHistory(options: HomeSideHistoryOptions): HistorySource {
  const { portalUrl, historyUrl, credentials, houseId, allowHttpHosts = [], log = silentLogger } = options
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const portal = createPortal({ baseUrl: portalUrl, requestMs: timing.signInMs, allowHttpHosts })
  const tokens = tokenSession(new HomeSideSession({ portal, credentials, houseId, log }))
  const dialect: Dialect = new Map()

  /** Judged at each call, so that a wrong address is an answer to it and not a failure to start. */
  const address = (): ArrigoAddress => arrigoAddress(historyUrl, allowHttpHosts)

  const run = (what: string, timeoutMs: number, { heartbeat, signal }: HistoryCallOptions) =>
    async function post(query: string, variables: Readonly<Record<string, unknown>>): Promise<GraphQlAnswer> {
      const connection = { address: address(), session: async () => tokens }
      return runOperation(connection, { what, query, variables, timeoutMs, heartbeat, signal })
    }

  return {
    async signals(call = {}) {
      await requireServer(address(), timing.signInMs, call)
      const post = run('analogs', timing.signalsMs, call)
      const { rows, complete, problems } = await collectList({
        name: 'analogs',
        fetch: (after) =>
          inDialect(dialect, 'analogs', ['items', 'edges'], (shape) =>
            post(analogsQuery(shape), { first: SIGNALS_PER_PAGE, ...(after === null ? {} : { after }) }),
          ),
        locate: (data) => data.analogs,
      })
      if (!complete) throw new Unavailable(`the list of signals of ${houseId} is not complete: ${problems.join('; ')}`)
      return rows.flatMap((row): HistorySignal[] => {
        const signal = parseAnalog(row)
        return signal === undefined ? [] : [{ id: signal.id, name: signal.name, unit: signal.unit }]
      })
    },

    history: (query, call = {}) =>
      batchesOf(readHistory({ dialect, run: run('analogsHistory', timing.historyMs, call) }, query)),
  }
}

/** Says plainly that the server is not there, before a token is sent to whatever answers at its address. */
async function requireServer(address: ArrigoAddress, timeoutMs: number, { heartbeat, signal }: HistoryCallOptions) {
  heartbeat?.()
  const { status } = await httpRequest({
    url: address.login,
    method: 'GET',
    timeoutMs,
    ...(signal === undefined ? {} : { signal }),
  })
  if (status === 404) {
    throw new BadConfig(`there is no history server at ${address.host} (HTTP 404); check HOMESIDE_HISTORY_URL`)
  }
  // A server that wants a token even here is one that is there.
  if (status !== 200 && status !== 401) {
    throw new Unavailable(`the history server at ${address.host} is not ready (HTTP ${status})`)
  }
}

/** The portal's house token in the place of a token of the server's own sign-in; it cannot be refreshed, only replaced. */
function tokenSession(portal: HomeSideSession): TokenSession {
  const tokenOf = (refused?: string) =>
    portal.begin().withHouse(async ({ token }) => {
      if (token.token === refused) {
        throw new SessionExpired(
          'the history server refused the house token',
          new Unavailable('the portal gives the same house token again that the history server refuses'),
        )
      }
      return { authToken: token.token }
    })
  return {
    current: () => tokenOf(),
    replace: ({ authToken }) => tokenOf(authToken),
    // A token refused twice is dropped by the next `replace`; nothing else is remembered here.
    discard: () => undefined,
  }
}
