import { describe, expect, test } from 'vitest'
import { MEASUREMENTS } from '../../domain/measurements.ts'
import { GroupCommit } from './group-commit.ts'
import { type CheckedPoint, checkPoints } from './point.ts'

function points(zone: string, count: number): CheckedPoint[] {
  return checkPoints(
    MEASUREMENTS,
    Array.from({ length: count }, (_, index) => ({
      measurement: 'zone_reading',
      tags: { zone_id: zone },
      time: index * 1000,
      fields: { temperature: 20 },
    })),
  )
}

/** A store in memory that counts its transactions and refuses those `refuse` picks. */
function recording(refuse: (batch: readonly CheckedPoint[]) => boolean = () => false, isBusy = false) {
  const batches: (readonly CheckedPoint[])[] = []
  const commits = new GroupCommit({
    commit: (batch) => {
      if (refuse(batch)) throw new Error('disk full')
      batches.push(batch)
    },
    failure: (error) => new Error(`refused: ${error instanceof Error ? error.message : error}`),
    isBusy: () => isBusy,
    patienceMs: 200,
    retryMs: 10,
  })
  return { commits, batches }
}

const holds = (zone: string) => (batch: readonly CheckedPoint[]) => batch.some(({ tags }) => tags.zone_id === zone)

describe('group commit', () => {
  test('calls of the same moment share one transaction', async () => {
    const { commits, batches } = recording()
    await Promise.all(['a', 'b', 'c'].map((zone) => commits.write(points(zone, 2))))
    expect(batches).toHaveLength(1)
    expect(batches[0]).toHaveLength(6)
  })

  test('a call of thousands takes several transactions, and a small one beside it waits for the first only', async () => {
    const { commits, batches } = recording()
    const order: string[] = []
    await Promise.all([
      commits.write(points('import', 5000)).then(() => order.push('import')),
      commits.write(points('poll', 1)).then(() => order.push('poll')),
    ])
    expect(order).toEqual(['poll', 'import'])
    expect(batches.length).toBeGreaterThan(2)
    expect(batches.flat()).toHaveLength(5001)
  })

  test('a call is answered only after its last point', async () => {
    let refuseFrom = 1
    const { commits, batches } = recording(() => {
      refuseFrom -= 1
      return refuseFrom < 0
    })
    await expect(commits.write(points('import', 5000))).rejects.toThrow('refused: disk full')
    // What was committed stays; the caller writes all again, which merges.
    expect(batches.flat()).toHaveLength(2000)
  })

  test('when a shared transaction fails, each call is tried alone', async () => {
    const { commits } = recording(holds('bad'))
    const outcomes = await Promise.allSettled(['a', 'bad', 'c'].map((zone) => commits.write(points(zone, 2))))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('a lock is waited for by all together, and none is refused when it goes', async () => {
    let tries = 0
    const { commits, batches } = recording(() => {
      tries += 1
      return tries <= 3
    }, true)
    await Promise.all(['a', 'b', 'c'].map((zone) => commits.write(points(zone, 2))))
    expect(tries).toBe(4)
    expect(batches.flat()).toHaveLength(6)
  })

  test('a lock that stays is waited for as long as was said, by each call', async () => {
    const { commits } = recording(() => true, true)
    const startedAt = performance.now()
    const first = commits.write(points('a', 2)).catch(() => performance.now() - startedAt)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const second = commits.write(points('b', 2)).catch(() => performance.now() - startedAt)
    const [firstMs, secondMs] = [await first, await second]
    expect(firstMs).toBeGreaterThanOrEqual(200)
    expect(secondMs).toBeGreaterThanOrEqual(300)
  })

  test('draining against a lock says so and loses nothing', async () => {
    let locked = true
    const { commits, batches } = recording(() => locked, true)
    const written = commits.write(points('a', 2))
    expect(() => commits.drain()).toThrow('disk full')
    locked = false
    await written
    expect(batches.flat()).toHaveLength(2)
  })

  test('drain stores at once what waits', async () => {
    const { commits, batches } = recording()
    const written = commits.write(points('a', 3000))
    commits.drain()
    expect(batches.flat()).toHaveLength(3000)
    await written
  })

  test('nothing to write is done at once', async () => {
    const { commits, batches } = recording()
    await commits.write([])
    expect(batches).toEqual([])
  })
})
