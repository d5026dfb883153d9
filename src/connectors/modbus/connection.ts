/** One TCP connection to a Modbus device or gateway: one question at a time, and no trust in what was not asked for. */
import { connect, type Socket } from 'node:net'
import { type Cut, type Frame, FrameReader, MalformedFrame } from './frames.ts'
import type { Answer } from './protocol.ts'

export interface EndpointAddress {
  readonly host: string
  readonly port: number
}

/** The connection could not be made, or ended before the answer was complete. */
export class ConnectionLost extends Error {
  /**
   * True when not a byte of an answer had come: what a connection looks like that the other side had given up before.
   */
  readonly beforeAnswer: boolean

  constructor(message: string, beforeAnswer: boolean) {
    super(message)
    this.name = 'ConnectionLost'
    this.beforeAnswer = beforeAnswer
  }
}

export interface Question {
  readonly transactionId: number
  readonly bytes: Buffer
  /** Throws MalformedFrame when the frame is no answer to the question. */
  readonly accept: (frame: Frame) => Answer
}

interface OpenQuestion extends Question {
  readonly settle: (outcome: { readonly answer: Answer } | { readonly error: unknown }) => void
  /** Whether anything has come since it was asked. */
  heard: boolean
}

/** Notices a peer that has vanished without a word while nothing is asked. */
const TCP_KEEP_ALIVE_MS = 15_000

/** @throws ConnectionLost, or the signal's reason */
export function openConnection(
  { host, port }: EndpointAddress,
  wasIssued: (id: number) => boolean,
  signal: AbortSignal,
): Promise<Connection> {
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
    })
    const stopListening = () => {
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect)
      socket.off('error', onError)
    }
    const onAbort = () => {
      stopListening()
      // A socket destroyed while connecting may still report its error; nobody waits for it any more.
      socket.on('error', () => undefined)
      socket.destroy()
      reject(signal.reason)
    }
    const onConnect = () => {
      stopListening()
      resolve(new Connection(socket, wasIssued))
    }
    const onError = (error: Error) => {
      stopListening()
      socket.destroy()
      reject(new ConnectionLost(`cannot be reached: ${reasonOf(error)}`, true))
    }
    signal.addEventListener('abort', onAbort)
    socket.once('connect', onConnect)
    socket.once('error', onError)
  })
}

export class Connection {
  private readonly socket: Socket
  private readonly reader = new FrameReader()
  private readonly wasIssued: (id: number) => boolean
  private question: OpenQuestion | undefined
  private end: Error | undefined

  constructor(socket: Socket, wasIssued: (id: number) => boolean) {
    this.socket = socket
    this.wasIssued = wasIssued
    socket.on('data', (chunk) => this.receive(this.reader.push(chunk)))
    socket.on('error', (error) => this.finish(this.lost(`the connection broke: ${reasonOf(error)}`)))
    socket.on('end', () => this.finish(this.lost('the other side closed the connection')))
    socket.on('close', () => this.finish(this.lost('the connection was closed')))
  }

  get isOpen(): boolean {
    return this.end === undefined
  }

  /**
   * Sends the question and waits for its answer. Whatever else happens ends the connection: afterwards nobody could
   * tell which answer belongs to which question.
   * @throws ConnectionLost, MalformedFrame, or the signal's reason
   */
  ask(question: Question, signal: AbortSignal): Promise<Answer> {
    // A signal that was aborted before tells no listener any more.
    if (signal.aborted) this.finish(signal.reason)
    if (this.end !== undefined) return Promise.reject(this.end)
    return new Promise((resolve, reject) => {
      const onAbort = () => this.finish(signal.reason)
      this.question = {
        ...question,
        heard: false,
        settle: (outcome) => {
          this.question = undefined
          signal.removeEventListener('abort', onAbort)
          if ('answer' in outcome) resolve(outcome.answer)
          else reject(outcome.error)
        },
      }
      signal.addEventListener('abort', onAbort)
      // In one piece: there are devices that take every segment for a whole request.
      this.socket.write(question.bytes)
    })
  }

  close(): void {
    this.finish(this.lost('the connection was closed'))
  }

  /** Ends the connection and waits until the other side has done so too, but not for ever. */
  async endInOrder(patienceMs: number): Promise<void> {
    if (this.isOpen) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patienceMs)
        this.socket.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        this.socket.end()
      })
    }
    this.close()
  }

  private receive({ frames, fault }: Cut): void {
    if (this.question !== undefined) this.question.heard = true
    for (const frame of frames) {
      if (!this.isOpen) return
      this.take(frame)
    }
    if (fault !== null) this.finish(fault)
  }

  private take(frame: Frame): void {
    const { question } = this
    if (question?.transactionId !== frame.transactionId) {
      // Another answer to a question that is over is late, not wrong: the stream is in step, so it is left out.
      if (this.wasIssued(frame.transactionId)) return
      this.finish(new MalformedFrame('transaction', `transaction id ${frame.transactionId}, which nobody asked for`))
      return
    }
    try {
      question.settle({ answer: question.accept(frame) })
    } catch (error) {
      this.finish(error)
    }
  }

  private lost(message: string): ConnectionLost {
    return new ConnectionLost(message, this.question?.heard !== true)
  }

  private finish(reason: unknown): void {
    if (this.end !== undefined) return
    this.end = reason instanceof Error ? reason : new ConnectionLost('the connection was given up', false)
    this.socket.destroy()
    this.question?.settle({ error: reason })
  }
}

/** The system's code (`ECONNREFUSED`); a name with several addresses fails with one error for each. */
function reasonOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return reasonOf(error.errors[0])
  return error.message
}
