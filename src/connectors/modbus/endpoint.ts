/**
 * One TCP endpoint, shared by all units behind it: a queue that asks one question at a time, a connection that is kept
 * while it is used, and a circuit that leaves a dead endpoint alone. Gateways take few connections, and devices have
 * been seen to answer only the first of several requests sent together.
 */
import { Unavailable } from '../errors.ts'
import { Circuit, type CircuitOptions, type CircuitView } from './circuit.ts'
import { encodeRequest, parseAnswer } from './codec.ts'
import { type Connection, ConnectionLost, type EndpointAddress, openConnection } from './connection.ts'
import { malformedError } from './faults.ts'
import { MalformedFrame } from './frames.ts'
import type { Answer, Request } from './protocol.ts'
import { TransactionIds } from './transaction-ids.ts'
import type { TakeTurn, Turn } from './turns.ts'

export interface EndpointOptions {
  /** An unused connection is closed after this time, milliseconds. */
  readonly idleMs: number
  readonly circuit: Partial<CircuitOptions>
  /** Where other processes talk to the endpoint, too. */
  readonly takeTurn?: TakeTurn | undefined
}

export interface Order {
  /** Who asks; {@link Endpoint.cancel} ends all its orders. */
  readonly owner: object
  readonly unitId: number
  readonly request: Request
  /** From the moment the order gets its turn, connecting included, milliseconds. */
  readonly timeoutMs: number
  /** Longest pause of the circuit this order puts up with, milliseconds. */
  readonly longestPauseMs: number
  readonly signal: AbortSignal | undefined
  /** Whom we ask for what, for messages. */
  readonly subject: string
}

interface Job extends Order {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
  readonly stopListening: () => void
}

/** Far more than all units of a gateway at once; beyond, somebody asks faster than the endpoint can ever answer. */
const MAX_WAITING = 500

/** How long a device may take to end a connection from its side, before the next process is let in all the same. */
const FAREWELL_MS = 500

/** Thrown within when the time of an order is over. */
class TimeOver extends Error {}

export class Endpoint {
  readonly name: string
  private readonly address: EndpointAddress
  private readonly idleMs: number
  private readonly circuit: Circuit
  private readonly takeTurn: TakeTurn | undefined
  private turn: Turn | undefined
  private readonly ids = new TransactionIds()
  private readonly waiting: Job[] = []
  private current: { readonly job: Job; readonly stop: AbortController } | undefined
  private connection: Connection | undefined
  private idleTimer: NodeJS.Timeout | undefined
  private broken = 0

  constructor(name: string, address: EndpointAddress, { idleMs, circuit, takeTurn }: EndpointOptions) {
    this.name = name
    this.address = address
    this.idleMs = idleMs
    this.circuit = new Circuit(circuit)
    this.takeTurn = takeTurn
  }

  circuitView(): CircuitView {
    return this.circuit.view()
  }

  /**
   * How often contact was lost: given up by the device, broken off, or unanswered. Closing it for idleness does not
   * count.
   */
  get breaks(): number {
    return this.broken
  }

  get isConnected(): boolean {
    return this.connection?.isOpen === true
  }

  /**
   * Asks when all earlier orders are done. An exception of the device is an answer.
   * @throws Unavailable when the endpoint cannot be reached, says nothing in time, breaks off, or is being left alone;
   * BadData for a malformed answer; the signal's reason
   */
  exchange(order: Order): Promise<Answer> {
    if (order.signal?.aborted) return Promise.reject(order.signal.reason)
    if (this.waiting.length >= MAX_WAITING) {
      return Promise.reject(new Unavailable(`${order.subject}: ${MAX_WAITING} requests are waiting before this one`))
    }
    return new Promise((resolve, reject) => {
      const onAbort = () => this.withdraw(job, order.signal?.reason)
      const job: Job = {
        ...order,
        resolve,
        reject,
        stopListening: () => order.signal?.removeEventListener('abort', onAbort),
      }
      order.signal?.addEventListener('abort', onAbort)
      this.waiting.push(job)
      if (this.current === undefined) this.next()
    })
  }

  /** Ends all orders of one owner, the one under way included. */
  cancel(owner: object, reason: Error): void {
    for (const job of this.waiting.filter((candidate) => candidate.owner === owner)) this.withdraw(job, reason)
    if (this.current?.job.owner === owner) this.current.stop.abort(reason)
  }

  /** Ends the connection; a later order would open a new one. */
  close(): void {
    clearTimeout(this.idleTimer)
    this.connection?.close()
    this.connection = undefined
  }

  private withdraw(job: Job, reason: unknown): void {
    const index = this.waiting.indexOf(job)
    if (index >= 0) {
      this.waiting.splice(index, 1)
      job.stopListening()
      job.reject(reason)
      return
    }
    // A write whose turn has come is waited for, which is bounded: cut off, nobody would know whether it arrived.
    if (this.current?.job === job && job.request.kind === 'read') this.current.stop.abort(reason)
  }

  private next(): void {
    clearTimeout(this.idleTimer)
    const job = this.waiting.shift()
    if (job === undefined) {
      this.current = undefined
      if (this.isConnected) this.idleTimer = setTimeout(() => this.close(), this.idleMs).unref()
      return
    }
    const stop = new AbortController()
    this.current = { job, stop }
    this.perform(job, stop)
      .then(job.resolve, job.reject)
      .finally(async () => {
        job.stopListening()
        if (this.waiting.length === 0) await this.handOn()
        this.next()
      })
  }

  private async perform(job: Job, stop: AbortController): Promise<Answer> {
    const { failures, state, retryInMs } = this.circuit.view(job.longestPauseMs)
    if (state === 'open') {
      const pause = `the next attempt is due in ${Math.ceil(retryInMs / 1000)} s`
      throw new Unavailable(`${job.subject}: ${failures} failures in a row, ${pause}`, { retryAfterMs: retryInMs })
    }
    await this.waitForTurn(job, stop.signal)
    const timer = setTimeout(() => stop.abort(new TimeOver()), job.timeoutMs)
    try {
      const answer = await this.askTwiceIfStale(job, stop.signal)
      this.circuit.succeeded()
      return answer
    } catch (error) {
      const missing = this.connection === undefined ? 'connection' : 'answer'
      this.broken += 1
      this.close()
      if (stop.signal.aborted && !(stop.signal.reason instanceof TimeOver)) throw stop.signal.reason
      this.circuit.failed()
      throw typed(error, job, missing)
    } finally {
      clearTimeout(timer)
    }
  }

  private async waitForTurn({ timeoutMs }: Job, signal: AbortSignal): Promise<void> {
    if (this.takeTurn === undefined) return
    if (this.turn !== undefined && performance.now() + timeoutMs > this.turn.until) await this.handOn()
    this.turn ??= await this.takeTurn(this.name, timeoutMs, signal)
  }

  /** The connection goes first: whoever is next must find the only place free. */
  private async handOn(): Promise<void> {
    const { turn } = this
    if (turn === undefined) return
    this.turn = undefined
    await this.connection?.endInOrder(FAREWELL_MS)
    this.close()
    await turn.end()
  }

  /**
   * A kept connection may have been given up by the device since; then not a byte comes back, and a new connection is
   * tried once at once. All requests may be repeated: a write sets a value, it does not change one by an amount.
   */
  private async askTwiceIfStale(job: Job, signal: AbortSignal): Promise<Answer> {
    if (this.connection?.isOpen === true) {
      try {
        return await this.ask(this.connection, job, signal)
      } catch (error) {
        if (!(error instanceof ConnectionLost && error.beforeAnswer)) throw error
      }
    }
    if (this.connection !== undefined) this.broken += 1
    this.connection = undefined
    this.connection = await openConnection(this.address, (id) => this.ids.wasIssued(id), signal)
    return this.ask(this.connection, job, signal)
  }

  private ask(connection: Connection, { unitId, request }: Job, signal: AbortSignal): Promise<Answer> {
    const transactionId = this.ids.next()
    return connection.ask(
      {
        transactionId,
        bytes: encodeRequest(transactionId, unitId, request),
        accept: (frame) => parseAnswer(unitId, request, frame),
      },
      signal,
    )
  }
}

function typed(error: unknown, { subject, timeoutMs }: Job, missing: 'connection' | 'answer'): unknown {
  if (error instanceof MalformedFrame) return malformedError(error, subject)
  if (error instanceof ConnectionLost) return new Unavailable(`${subject}: ${error.message}`, { cause: error })
  if (error instanceof TimeOver) return new Unavailable(`${subject}: no ${missing} within ${timeoutMs / 1000} s`)
  return error
}
