/** The HomeSide connector: reads and writes one house through the portal of its district heating company. */
import pLimit from 'p-limit'
import { type Logger, silentLogger } from '../../runtime/log.ts'
import type { Credentials } from '../credentials/index.ts'
import { fieldSources, type MappedFields, mapFields } from './mapping.ts'
import { createPortal, type House } from './protocol.ts'
import { type Clock, readUntilDelivered, startWaitingTime, systemClock } from './reading.ts'
import {
  type ControlValues,
  discoverRegisters,
  type ReadCurve,
  type RegisterLayout,
  readControlValues,
  readCurve,
} from './registers.ts'
import { HomeSideSession } from './session.ts'
import { indexByShortName } from './variables.ts'
import { type RegisterChange, type WriteReport, writeAndVerify } from './write.ts'

export type { RejectedValue } from './mapping.ts'
export type { WriteResult } from './write.ts'
export type { Clock, ControlValues, House, ReadCurve, RegisterChange, RegisterLayout, WriteReport }

/** All times in milliseconds. */
export interface HomeSideTiming {
  /** Time limit of one request. */
  readonly requestMs: number
  /** Between two readings while values are pending. */
  readonly pendingPollMs: number
  /** All waiting for pending values in one reading, request time included. */
  readonly pendingBudgetMs: number
  /** Between a write and reading it back. */
  readonly settleMs: number
  /** Before reading it back a second time. */
  readonly settleAgainMs: number
}

const DEFAULT_TIMING: HomeSideTiming = {
  requestMs: 30_000,
  pendingPollMs: 5_000,
  pendingBudgetMs: 60_000,
  settleMs: 2_000,
  settleAgainMs: 1_000,
}

export interface HomeSideClientOptions {
  /** The part before `/api/v2/…`. */
  readonly baseUrl: string
  /** Asked at every call; when the answer changes, the client signs in anew. */
  readonly credentials: () => Promise<Credentials>
  /** Which house of the account; not needed when it has only one. */
  readonly houseId?: string
  /** Spares looking the house up; needed for nothing else. */
  readonly clientId?: string
  /** Hosts that may be reached without encryption besides this machine. */
  readonly allowHttpHosts?: readonly string[]
  readonly log?: Logger
  readonly timing?: Partial<HomeSideTiming>
  readonly clock?: Clock
}

export interface CallOptions {
  /** Called before every request and every wait. */
  readonly heartbeat?: () => void
  readonly signal?: AbortSignal
}

/** One full reading of a house. Fields are those of `heating_system`; times belong to the caller. */
export interface HouseReading extends MappedFields {
  readonly registers: RegisterLayout
  /** Null when no point of the curve was delivered. */
  readonly curve: ReadCurve | null
  readonly control: ControlValues
  readonly house: House
  /** True when the session had to be renewed on the way. */
  readonly renewed: boolean
}

/**
 * All calls throw typed errors: CredentialsMissing, CredentialsRejected, EntityNotFound, BadConfig, Unavailable,
 * RateLimited, Pending. None of them names a user, a password or a token.
 */
export interface HomeSideClient {
  /** The houses of the account. */
  listHouses(options?: CallOptions): Promise<House[]>
  /** Everything the house tells at present, after waiting a bounded time for values it can deliver. */
  read(options?: CallOptions & { readonly overrides?: Readonly<Record<string, string>> }): Promise<HouseReading>
  /**
   * Writes and reads back, see `writeAndVerify`; concurrent writes of one client queue up. With `skipUnchanged` a value
   * that is read as standing already is not written: right for a person's wish, wrong for a restore.
   */
  write(
    changes: readonly RegisterChange[],
    options?: CallOptions & { readonly skipUnchanged?: boolean },
  ): Promise<WriteReport>
  /** Drops the session and what was learned about the house, e.g. when its configuration has changed. */
  forget(): void
}

export function createHomeSideClient(options: HomeSideClientOptions): HomeSideClient {
  const timing = { ...DEFAULT_TIMING, ...options.timing }
  const log = options.log ?? silentLogger
  const clock = options.clock ?? systemClock
  const patience = { clock, pollMs: timing.pendingPollMs, budgetMs: timing.pendingBudgetMs }
  const portal = createPortal({
    baseUrl: options.baseUrl,
    requestMs: timing.requestMs,
    ...(options.allowHttpHosts === undefined ? {} : { allowHttpHosts: options.allowHttpHosts }),
  })
  const session = new HomeSideSession({
    portal,
    credentials: options.credentials,
    log,
    ...(options.houseId === undefined ? {} : { houseId: options.houseId }),
    ...(options.clientId === undefined ? {} : { clientId: options.clientId }),
  })
  const silent = new Set<string>()
  const oneWriter = pLimit(1)

  return {
    async listHouses({ heartbeat, signal } = {}) {
      heartbeat?.()
      return session.begin(signal).withAccount(({ queryKey }) => portal.houses(queryKey))
    },

    async read({ overrides, heartbeat, signal } = {}) {
      const wanted = fieldSources(overrides)
      const call = session.begin(signal)
      const waiting = startWaitingTime(patience)
      return call.withHouse(async ({ account, house, token }) => {
        const variables = await readUntilDelivered({
          read: (until) => {
            heartbeat?.()
            return portal.variables(account.queryKey, house.clientId, token, until)
          },
          wanted,
          waiting,
          silent,
          mayRenew: !call.renewed,
          heartbeat,
          signal,
        })
        const index = indexByShortName(variables)
        return {
          ...mapFields(index, wanted),
          registers: discoverRegisters(index),
          curve: readCurve(index),
          control: readControlValues(index),
          house,
          renewed: call.renewed,
        }
      })
    },

    write: (changes, { skipUnchanged = false, heartbeat, signal } = {}) =>
      oneWriter(() =>
        writeAndVerify(
          {
            portal,
            call: session.begin(signal),
            patience,
            settleMs: timing.settleMs,
            settleAgainMs: timing.settleAgainMs,
            silent,
            skipUnchanged,
            heartbeat,
            signal,
          },
          changes,
        ),
      ),

    forget() {
      session.forget()
      silent.clear()
    },
  }
}
