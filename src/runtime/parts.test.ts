import { describe, expect, test } from 'vitest'
import { silentLogger } from './log.ts'
import { RunningParts, StartBrokenOff } from './parts.ts'

const never = () => new Promise<void>(() => undefined)

describe('the parts of a process', () => {
  test('stop in the reverse order of their start, once, and past one that fails', async () => {
    const parts = new RunningParts(silentLogger)
    const order: string[] = []
    for (const name of ['server', 'stores', 'worker']) {
      parts.add(name, async () => {
        order.push(name)
        if (name === 'stores') throw new Error('will not')
      })
    }
    await Promise.all([parts.stop(), parts.stop()])
    expect(order).toEqual(['worker', 'stores', 'server'])
  })

  test('in a hurry every part is told to stop and none is waited for', async () => {
    const parts = new RunningParts(silentLogger)
    const told: string[] = []
    for (const name of ['server', 'worker']) {
      parts.add(name, () => {
        told.push(name)
        return never()
      })
    }
    const stopped = parts.stop()
    parts.hurry()
    await stopped
    expect(told).toEqual(['worker', 'server'])
  })

  test('a part that comes up while the others stop is stopped too', async () => {
    const parts = new RunningParts(silentLogger)
    const stopping = parts.stop()
    let stopped = false
    parts.add('late', async () => {
      stopped = true
    })
    await stopping
    await parts.stop()
    expect(stopped).toBe(true)
  })

  test('breaking off tells what is coming up, and waits for it before anything is stopped', async () => {
    const parts = new RunningParts(silentLogger)
    const order: string[] = []
    const comingUp = new Promise<void>((_, reject) => {
      parts.signal.addEventListener('abort', () => {
        order.push('told')
        setTimeout(() => {
          order.push('settled')
          reject(parts.signal.reason)
        }, 20)
      })
    })
    parts.add('server', async () => void order.push('server stopped'))
    await parts.breakOff(comingUp, 5_000)
    await parts.stop()
    expect(order).toEqual(['told', 'settled', 'server stopped'])
    expect(parts.signal.reason).toBeInstanceOf(StartBrokenOff)
  })

  test('what cannot be broken off is left behind after a while, and in a hurry at once', async () => {
    const patient = new RunningParts(silentLogger)
    await patient.breakOff(never(), 30)
    const hasty = new RunningParts(silentLogger)
    hasty.hurry()
    await hasty.breakOff(never(), 60_000)
  })
})
