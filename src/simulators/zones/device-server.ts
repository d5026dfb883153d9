/** The TCP side of one zone device: listens, takes requests as the network cuts them, answers one after another. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../runtime/log.ts'
import { strikes } from '../faults.ts'
import { answerFrame, answerPdu, badFrame, type ServerRequest } from './answers.ts'
import type { SimulatedZone } from './simulated-zone.ts'

const HEADER_BYTES = 7
const MAX_FRAME_LENGTH = 254

export class DeviceServer {
  private readonly zone: SimulatedZone
  private readonly now: () => number
  private readonly log: Logger
  private readonly sockets = new Set<Socket>()
  private readonly closing = new AbortController()
  private server: Server | undefined

  constructor(zone: SimulatedZone, now: () => number, log: Logger) {
    this.zone = zone
    this.now = now
    this.log = log
  }

  get isListening(): boolean {
    return this.server !== undefined
  }

  /** Open connections. */
  get connections(): number {
    return this.sockets.size
  }

  /** Returns the port, which is a free one when 0 was asked for. @throws when the port is taken */
  async listen(port: number, host: string): Promise<number> {
    const server = createServer((socket) => this.serve(socket))
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    this.server = server
    return (server.address() as AddressInfo).port
  }

  /** Ends all connections and gives the port back. */
  async stopListening(): Promise<void> {
    const { server } = this
    if (server === undefined) return
    this.server = undefined
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.sockets) socket.destroy()
    await closed
  }

  async close(): Promise<void> {
    this.closing.abort()
    await this.stopListening()
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket)
    socket.setNoDelay(true)
    let rest: Buffer = Buffer.alloc(0)
    let turn = Promise.resolve()
    socket.on('data', (chunk) => {
      const { requests, remainder } = cutRequests(Buffer.concat([rest, chunk]))
      if (remainder === null) {
        socket.destroy()
        return
      }
      rest = remainder
      for (const request of requests) {
        turn = turn.then(() => this.answer(socket, request)).catch((error: unknown) => this.failed(socket, error))
      }
    })
    // A client that goes away in the middle is its own business; `close` follows.
    socket.on('error', () => undefined)
    socket.on('close', () => this.sockets.delete(socket))
  }

  private async answer(socket: Socket, request: ServerRequest): Promise<void> {
    const { faults } = this.zone
    if (faults.slowMs !== undefined) await delay(faults.slowMs, undefined, { signal: this.closing.signal })
    if (socket.destroyed) return
    if (strikes(faults, 'resetBeforeAnswer')) {
      socket.resetAndDestroy()
      return
    }
    const pdu = answerPdu(this.zone, request, this.now())
    if (strikes(faults, 'silent')) return
    const bytes = faults.badFrame === undefined ? answerFrame(request, pdu) : badFrame(faults.badFrame, request, pdu)
    if (strikes(faults, 'resetMidFrame')) {
      // Half of the frame has to arrive before the connection goes: a reset discards what is still on its way.
      socket.write(bytes.subarray(0, Math.ceil(bytes.length / 2)))
      await delay(20)
      socket.resetAndDestroy()
      return
    }
    if (faults.fragmented) {
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]))
        await delay(1)
      }
    } else socket.write(bytes)
    if (faults.duplicated) socket.write(bytes)
  }

  private failed(socket: Socket, error: unknown): void {
    socket.destroy()
    if (this.closing.signal.aborted) return
    this.log.error('town.request_failed', { zone: this.zone.spec.id, reason: String(error) })
  }
}

/** A null remainder is a stream that cannot be followed any more. */
function cutRequests(bytes: Buffer): { requests: ServerRequest[]; remainder: Buffer | null } {
  const requests: ServerRequest[] = []
  let rest = bytes
  while (rest.length >= HEADER_BYTES) {
    const length = rest.readUInt16BE(4)
    if (rest.readUInt16BE(2) !== 0 || length < 2 || length > MAX_FRAME_LENGTH) return { requests, remainder: null }
    const end = HEADER_BYTES - 1 + length
    if (rest.length < end) break
    requests.push({
      transactionId: rest.readUInt16BE(0),
      unitId: rest.readUInt8(6),
      pdu: rest.subarray(HEADER_BYTES, end),
    })
    rest = rest.subarray(end)
  }
  return { requests, remainder: rest }
}
