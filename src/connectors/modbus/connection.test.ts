import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openConnection, type Question } from './connection.ts'
import { encodeFrame } from './frames.ts'
import { type Peer, startPeer } from './testing/peer.ts'

let peer: Peer
beforeEach(async () => {
  peer = await startPeer()
})
afterEach(() => peer.close())

const question: Question = {
  transactionId: 1,
  bytes: encodeFrame({ transactionId: 1, unitId: 1, pdu: Buffer.from([3, 0, 0, 0, 1]) }),
  accept: () => ({ kind: 'written' }),
}
const { signal } = new AbortController()

test('a question called off in the moment the connection stands is not asked, and nobody waits for ever', async () => {
  const stop = new AbortController()
  const connection = await openConnection(peer, () => false, stop.signal)
  stop.abort(new Error('never mind'))
  await expect(connection.ask(question, stop.signal)).rejects.toThrow('never mind')
  await vi.waitFor(() => expect(peer.open).toBe(0))
  expect(peer.requests).toEqual([])
})

test('a connection called off while it is being made leaves no socket behind', async () => {
  const stop = new AbortController()
  const opening = openConnection(peer, () => false, stop.signal)
  stop.abort(new Error('never mind'))
  await expect(opening).rejects.toThrow('never mind')
  await expect(openConnection(peer, () => false, stop.signal)).rejects.toThrow('never mind')
  await vi.waitFor(() => expect(peer.open).toBe(0))
})

test('a connection that has ended says why to whoever asks', async () => {
  const connection = await openConnection(peer, () => false, signal)
  connection.close()
  expect(connection.isOpen).toBe(false)
  await expect(connection.ask(question, signal)).rejects.toMatchObject({ name: 'ConnectionLost', beforeAnswer: true })
})
