import { beforeEach, describe, expect, test } from 'vitest'
import { Circuit } from './circuit.ts'

let now: number
let circuit: Circuit

beforeEach(() => {
  now = 1_000_000
  circuit = new Circuit({ threshold: 3, initialMs: 1_000, maxMs: 8_000, now: () => now, random: () => 1 })
})

function fail(times: number): void {
  for (let index = 0; index < times; index += 1) circuit.failed()
}

describe('the circuit of an endpoint', () => {
  test('bears a few failures, then pauses', () => {
    fail(2)
    expect(circuit.view()).toEqual({ state: 'closed', failures: 2, retryInMs: 0 })
    fail(1)
    expect(circuit.view()).toEqual({ state: 'open', failures: 3, retryInMs: 1_000 })
  })

  test('lets one test through when the pause is over; a failure doubles the pause, up to a limit', () => {
    fail(3)
    const pauses = [1_000, 2_000, 4_000, 8_000, 8_000].map((pause) => {
      expect(circuit.view().retryInMs).toBe(pause)
      now += pause - 1
      expect(circuit.view().state).toBe('open')
      now += 1
      expect(circuit.view()).toMatchObject({ state: 'half-open', retryInMs: 0 })
      circuit.failed()
      return pause
    })
    expect(pauses).toHaveLength(5)
  })

  test('is well again after one good answer', () => {
    fail(6)
    now += 60_000
    circuit.succeeded()
    expect(circuit.view()).toEqual({ state: 'closed', failures: 0, retryInMs: 0 })
    fail(3)
    expect(circuit.view().retryInMs).toBe(1_000)
  })

  test('puts nobody off for longer than they can wait', () => {
    fail(6)
    expect(circuit.view().retryInMs).toBe(8_000)
    expect(circuit.view(2_500)).toMatchObject({ state: 'open', retryInMs: 2_500 })
    expect(circuit.view(60_000).retryInMs).toBe(8_000)
    now += 2_500
    expect(circuit.view(2_500)).toMatchObject({ state: 'half-open', retryInMs: 0 })
    expect(circuit.view(2_501)).toMatchObject({ state: 'open', retryInMs: 1 })
    circuit.failed()
    expect(circuit.view(2_500).state).toBe('open')
  })

  test('pauses between half and the whole of the time, so that many endpoints do not come back together', () => {
    const pauses = [0, 0.25, 0.999].map((draw) => {
      const other = new Circuit({ threshold: 1, initialMs: 1_000, now: () => now, random: () => draw })
      other.failed()
      return Math.round(other.view().retryInMs)
    })
    expect(pauses).toEqual([500, 625, 1_000])
  })
})
