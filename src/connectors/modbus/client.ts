/**
 * What the rest of BVPro holds of a Modbus device: one unit behind one TCP endpoint, read in runs, written only by
 * order.
 */
import { BadConfig, Unavailable } from '../errors.ts'
import type { CircuitOptions, CircuitView } from './circuit.ts'
import { assertRequest } from './codec.ts'
import { type EndpointRegistry, processEndpoints } from './endpoints.ts'
import { exceptionError } from './faults.ts'
import { type Answer, describeRequest, type Request, type Table } from './protocol.ts'
import type { TakeTurn } from './turns.ts'
import type { WriteOrder } from './write-order.ts'

export interface ModbusClientOptions {
  readonly host: string
  readonly port: number
  /** Default 1. */
  readonly unitId?: number
  /** Time limit of one request, connecting included, not counting the wait for others; default 3000 ms. */
  readonly timeoutMs?: number
  /** An unused connection is closed after this time; default 60 000 ms. Taken from the first client of an endpoint. */
  readonly idleMs?: number
  /** When a failing endpoint is left alone, and how long. Taken from the first client of an endpoint. */
  readonly circuit?: Partial<CircuitOptions>
  /**
   * Longest time this client lets a failing endpoint be left alone, default 30 000 ms; shorter than the time between two
   * polls, so that a device that is back is found by the next one.
   */
  readonly longestPauseMs?: number
  /** Where other processes talk to the endpoint, too; taken from its first client. The connection is then not kept. */
  readonly takeTurn?: TakeTurn | undefined
  /** Default: one registry for the whole process. */
  readonly endpoints?: EndpointRegistry
}

export interface RegisterRange {
  readonly table: Table
  /** Zero-based, as sent on the wire. */
  readonly address: number
  readonly count: number
}

export interface RequestOptions {
  readonly signal?: AbortSignal
}

/**
 * All calls throw typed errors that name endpoint, unit and registers: Unavailable (no connection, no answer in time,
 * broken off, endpoint left alone, exceptions 04, 0A, 0B), RateLimited (06), Pending (05), BadConfig (01–03, requests
 * no device could answer), BadData (malformed answers); and the reason of an aborted signal.
 */
export interface ModbusClient {
  /** "10.0.0.7:502 unit 1", as in messages. */
  readonly name: string
  /** Words 0…65535 of a register table, 0 and 1 of a bit table. */
  read(range: RegisterRange, options?: RequestOptions): Promise<readonly number[]>
  /** Carries out an order; only a point declared writable yields one. Not abortable once its turn has come. */
  write(order: WriteOrder, options?: RequestOptions): Promise<void>
  /** How the endpoint has been doing, for all its units together. */
  circuit(): CircuitView
  /**
   * How often contact with the endpoint was lost; when it differs from before, the device may have restarted in
   * between.
   */
  breaks(): number
  /** Ends this client's requests; the last client of an endpoint closes the connection. */
  close(): void
}

const DEFAULT_TIMEOUT_MS = 3_000
const DEFAULT_IDLE_MS = 60_000
const DEFAULT_LONGEST_PAUSE_MS = 30_000

/**
 * A client of one unit. Clients of the same host and port share one connection and take turns on it; nothing is opened
 * before the first request. Keep one per device and close it: connection and circuit live as long as a client does.
 * @throws BadConfig for a host, port or unit id that cannot be
 */
export function createModbusClient(options: ModbusClientOptions): ModbusClient {
  const { unitId = 1, timeoutMs = DEFAULT_TIMEOUT_MS, idleMs = DEFAULT_IDLE_MS, circuit = {}, takeTurn } = options
  const longestPauseMs = options.longestPauseMs ?? DEFAULT_LONGEST_PAUSE_MS
  const endpoints = options.endpoints ?? processEndpoints
  if (!Number.isInteger(unitId) || unitId < 0 || unitId > 255) throw new BadConfig(`${unitId} is not a Modbus unit id`)
  const endpoint = endpoints.acquire(options.host, options.port, { idleMs, circuit, takeTurn })
  const name = `${endpoint.name} unit ${unitId}`
  const owner = {}
  let closed = false

  const closedError = (subject: string) => new Unavailable(`${subject}: the client has been closed`)

  async function exchange(request: Request, signal: AbortSignal | undefined): Promise<Answer> {
    assertRequest(request)
    const subject = `${name}, ${describeRequest(request)}`
    if (closed) throw closedError(subject)
    const answer = await endpoint.exchange({ owner, unitId, request, timeoutMs, longestPauseMs, signal, subject })
    if (answer.kind === 'exception') throw exceptionError(answer.code, subject)
    return answer
  }

  return {
    name,

    async read({ table, address, count }, { signal } = {}) {
      const answer = await exchange({ kind: 'read', table, address, count }, signal)
      return answer.kind === 'values' ? answer.values : []
    },

    async write({ address, words }, { signal } = {}) {
      await exchange({ kind: 'write', address, words }, signal)
    },

    circuit: () => endpoint.circuitView(),
    breaks: () => endpoint.breaks,

    close() {
      if (closed) return
      closed = true
      endpoint.cancel(owner, closedError(name))
      endpoints.release(endpoint)
    },
  }
}
