/**
 * The other end of a Modbus connection for tests: a real TCP server that answers as the test says, and remembers what
 * came.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net'

export interface SeenRequest {
  /** 1 for the first connection, 2 for the next. */
  readonly connection: number
  readonly transactionId: number
  readonly unitId: number
  readonly pdu: Buffer
  readonly socket: Socket
}

export interface Peer {
  readonly host: string
  readonly port: number
  readonly requests: readonly SeenRequest[]
  /** Connections so far. */
  readonly accepted: number
  /** Connections beyond its places, which it has reset. */
  readonly refused: number
  /** Connections open now. */
  readonly open: number
  /** Called for every request; what it returns is sent. */
  answer: (request: SeenRequest) => Buffer | undefined
  close(): Promise<void>
}

/** A frame with everything in its place. */
export function frameOf(
  { transactionId, unitId }: Pick<SeenRequest, 'transactionId' | 'unitId'>,
  pdu: readonly number[],
) {
  const header = [transactionId >> 8, transactionId & 0xff, 0, 0, 0, pdu.length + 1, unitId]
  return Buffer.from([...header, ...pdu])
}

/** The answer to a read of holding registers. */
export function wordsAnswer(request: SeenRequest, words: readonly number[]): Buffer {
  const bytes = words.flatMap((word) => [word >> 8, word & 0xff])
  return frameOf(request, [request.pdu.readUInt8(0), bytes.length, ...bytes])
}

/** Holding registers 0, 1, 2 … hold 100, 101, 102 …; writes are acknowledged. */
export function plainAnswer(request: SeenRequest): Buffer {
  const { pdu } = request
  if (pdu.readUInt8(0) >= 6) return frameOf(request, [...pdu.subarray(0, 5)])
  const address = pdu.readUInt16BE(1)
  return wordsAnswer(
    request,
    Array.from({ length: pdu.readUInt16BE(3) }, (_, index) => 100 + address + index),
  )
}

/**
 * @param port 0 takes a free one
 * @param places connections at a time; gateways have been seen to take only one
 */
export async function startPeer(port = 0, places = Number.POSITIVE_INFINITY): Promise<Peer> {
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  let accepted = 0
  let refused = 0
  const server = createServer((socket) => {
    if (sockets.size >= places) {
      refused += 1
      socket.resetAndDestroy()
      return
    }
    accepted += 1
    const connection = accepted
    sockets.add(socket)
    socket.setNoDelay(true)
    let rest = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
        const end = 6 + rest.readUInt16BE(4)
        const transactionId = rest.readUInt16BE(0)
        const request = { connection, transactionId, unitId: rest.readUInt8(6), pdu: rest.subarray(7, end), socket }
        rest = rest.subarray(end)
        requests.push(request)
        const bytes = peer.answer(request)
        if (bytes !== undefined) socket.write(bytes)
      }
    })
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const peer: Peer = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    requests,
    get accepted() {
      return accepted
    },
    get refused() {
      return refused
    },
    get open() {
      return sockets.size
    },
    answer: plainAnswer,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return peer
}
