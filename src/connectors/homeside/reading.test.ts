import { describe, expect, test } from 'vitest'
import { HOUSE_VARIABLES } from '../../domain/heating/variables.ts'
import { BadConfig, Pending, Unavailable } from '../errors.ts'
import { mostlyPending, type ReadUntilDelivered, readUntilDelivered, startWaitingTime } from './reading.ts'
import { SessionExpired } from './session-expired.ts'
import { createTestClock } from './testing/clock.ts'
import { type Entry, fixtureEntries } from './testing/portal.ts'
import { parseVariables, type Variable } from './variables.ts'

const complete = fixtureEntries('variables-902.json')
const pending = fixtureEntries('variables-902-pending.json')
const METER = ['VMM1_TempForw', 'VMM1_TempRet', 'VMM1_Power', 'VMM1_Flow']

function with_(entries: readonly Entry[], names: readonly string[], patch: Partial<Entry>): Entry[] {
  return entries.map((entry) =>
    names.some((name) => entry.variable.endsWith(`.${name}`)) ? { ...entry, ...patch } : entry,
  )
}

const nothing = pending.map((entry) => ({ ...entry, value: null, type: 'Pending' }))
/** The meter is asked for and never answers, without being called unreachable. */
const meterPending = with_(complete, METER, { value: null, type: 'Pending' })

/** Plays the answers in order, the last one again and again. */
function setUp(answers: readonly (readonly Entry[] | Error)[], options: Partial<ReadUntilDelivered> = {}) {
  const clock = createTestClock()
  let reads = 0
  const silent = new Set<string>()
  const run = () =>
    readUntilDelivered({
      read: async (): Promise<Variable[]> => {
        const answer = answers[Math.min(reads, answers.length - 1)] ?? []
        reads += 1
        if (answer instanceof Error) throw answer
        return parseVariables(answer)
      },
      wanted: HOUSE_VARIABLES,
      waiting: startWaitingTime({ clock, pollMs: 5_000, budgetMs: 60_000 }),
      silent,
      mayRenew: true,
      ...options,
    })
  return { run, clock, silent, reads: () => reads }
}

describe('pending values', () => {
  test('null and Pending both count, and it takes more than half of the entries', () => {
    expect(mostlyPending(parseVariables(pending))).toBe(true)
    expect(mostlyPending(parseVariables(complete))).toBe(false)
    const half = [...complete.slice(0, 4), ...complete.slice(0, 4).map((entry) => ({ ...entry, type: 'Pending' }))]
    expect(mostlyPending(parseVariables(half))).toBe(false)
  })

  test('a complete answer is taken at once', async () => {
    const { run, clock, reads } = setUp([complete])
    await run()
    expect([reads(), clock.waits]).toEqual([1, []])
  })

  test('with half or fewer pending there is no waiting, whatever is missing', async () => {
    const { run, reads } = setUp([meterPending])
    await run()
    expect(reads()).toBe(1)
  })

  test('asks again every 5 s until all deliverable values are there', async () => {
    const { run, clock, reads } = setUp([pending, pending, complete])
    const variables = await run()
    expect([reads(), clock.waits]).toEqual([3, [5_000, 5_000]])
    expect(variables).toEqual(parseVariables(complete))
  })

  test('goes on below half while a deliverable value is missing', async () => {
    const almost = with_(complete, ['MEAN_GT_RUM_1_Output'], { value: null, type: 'Pending' })
    const { run, reads } = setUp([pending, almost, complete])
    await run()
    expect(reads()).toBe(3)
  })

  test('one unreachable value of the heat meter speaks for the other three', async () => {
    const { run, clock, silent } = setUp([pending, complete])
    await run()
    expect(clock.waits).toEqual([5_000])
    expect(silent.size).toBe(0)
  })

  test('a meter that stays pending costs the full minute once, and no waiting of its own afterwards', async () => {
    const first = setUp([pending, meterPending])
    await first.run()
    expect(first.clock.now()).toBe(55_000)
    expect([...first.silent].sort()).toEqual([...METER].sort())

    const second = setUp([pending, meterPending], { silent: first.silent })
    await second.run()
    expect(second.clock.waits).toEqual([5_000])
  })

  test('a silent variable that is delivered after all is waited for again', async () => {
    const silent = new Set(['AI_GT_UTE_Output'])
    await setUp([complete], { silent }).run()
    expect(silent.size).toBe(0)
  })

  test('never goes beyond 60 s, then uses what is there', async () => {
    const { run, clock, reads } = setUp([pending])
    const variables = await run()
    expect([clock.now(), reads()]).toEqual([55_000, 12])
    expect(variables).toEqual(parseVariables(pending))
  })

  test('the time of slow requests counts', async () => {
    const clock = createTestClock()
    let reads = 0
    await readUntilDelivered({
      read: async () => {
        reads += 1
        clock.advance(25_000)
        return parseVariables(pending)
      },
      wanted: HOUSE_VARIABLES,
      waiting: startWaitingTime({ clock, pollMs: 5_000, budgetMs: 60_000 }),
      silent: new Set(),
      mayRenew: true,
    })
    expect(reads).toBe(3)
  })

  test('a house that was all silent before gets a quarter of the time to come back', async () => {
    const silent = new Set(HOUSE_VARIABLES.map(({ shortName }) => shortName))
    const { run, clock } = setUp([pending], { silent })
    await run()
    expect(clock.now()).toBe(10_000)
  })

  test('a session that gives nothing is left at half time, so that the new one can wait for the rest', async () => {
    const clock = createTestClock()
    const waiting = startWaitingTime({ clock, pollMs: 5_000, budgetMs: 60_000 })
    await expect(setUp([nothing], { waiting }).run()).rejects.toThrow(SessionExpired)
    expect(clock.now()).toBe(25_000)
    await expect(setUp([nothing], { waiting, mayRenew: false }).run()).rejects.toThrow(SessionExpired)
    expect(clock.now()).toBe(55_000)
  })

  test('nothing delivered is told as Pending while the portal is asking, else as an outage', async () => {
    const cause = (entries: Entry[]) =>
      setUp([entries])
        .run()
        .catch((error: SessionExpired) => error.otherwise)
    expect(await cause(nothing)).toBeInstanceOf(Pending)
    const others = complete.filter(({ variable }) => /Name_Zon|ZON1Temp|Watt/.test(variable))
    expect(await cause(others)).toBeInstanceOf(Unavailable)
  })

  test('an outage while asking again does not take away what was told before', async () => {
    const { run, silent } = setUp([pending, new Unavailable('down')])
    expect(await run()).toEqual(parseVariables(pending))
    expect(silent.size).toBe(0)
  })

  test.each([
    ['an expired session', new SessionExpired('HTTP 401', new Unavailable('down'))],
    ['a wrong configuration', new BadConfig('wrong client id')],
  ])('%s while asking again is passed on', async (_name, error) => {
    await expect(setUp([pending, error]).run()).rejects.toBe(error)
  })

  test('beats before every wait and stops when told to', async () => {
    const controller = new AbortController()
    let beats = 0
    const heartbeat = () => {
      beats += 1
      if (beats === 3) controller.abort(new Error('cancelled'))
    }
    await expect(setUp([pending], { heartbeat, signal: controller.signal }).run()).rejects.toThrow('cancelled')
    expect(beats).toBe(3)
  })
})
