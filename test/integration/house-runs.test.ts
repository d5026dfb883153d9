/** From an empty folder to living houses, through kill -9, with the simulated town. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { identityOf, isRunning } from '../../src/runtime/servers/process-identity.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const missing = (await testServer('temporal')) === undefined

interface Series {
  readonly rows: readonly (readonly [string, ...(number | null)[]])[]
}

let bvpro: Installation

beforeAll(async () => {
  bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '3' })
  await bvpro.start()
})
afterAll(async () => {
  await bvpro?.remove()
})

const allHouses = async () => (await bvpro.entities()).filter(({ kind }) => kind === 'house')

const allOk = async () => {
  const houses = await allHouses()
  return houses.length >= 2 && houses.every(({ health, lastReading }) => health === 'ok' && lastReading !== null)
}

function roomTemperatures(id: string): Promise<Series> {
  return bvpro.get(`/api/v1/entities/house/${id}/series?measurement=heating_system&fields=room_temperature`)
}

describe.skipIf(missing)('npm start on an empty folder', () => {
  test('brings up at least two houses with a reading, each as a running workflow', async () => {
    await bvpro.until('all houses ok', allOk)
    const houses = await allHouses()
    for (const { lastReading } of houses) {
      expect(lastReading?.room_temperature).toBeGreaterThan(10)
      expect(lastReading?.room_temperature).toBeLessThan(30)
      expect(lastReading?.supply_temp_heat_curve).toBeGreaterThan(15)
    }
    const running = await bvpro.temporal(async (client) => {
      const ids: string[] = []
      for await (const run of client.workflow.list({
        query: 'WorkflowType = "house" AND BvproKind = "house" AND ExecutionStatus = "Running"',
      })) {
        ids.push(run.workflowId)
      }
      return ids.sort()
    })
    expect(running).toEqual(houses.map(({ id }) => `house:${id}`).sort())
  })

  test('keeps the town out of profiles/ and its points in data/', async () => {
    expect(await readdir(join(bvpro.home, 'profiles'))).toEqual([])
    expect((await readdir(join(bvpro.home, 'data', 'demo', 'profiles'))).length).toBeGreaterThanOrEqual(2)
    expect(await readdir(join(bvpro.home, 'data'))).toEqual(expect.arrayContaining(['timeseries.db', 'temporal.db']))
  })

  test('the Web UI can list houses by health', async () => {
    await bvpro.until('search attributes visible', () =>
      bvpro.temporal(async (client) => {
        const { count } = await client.workflow.count('BvproKind = "house" AND BvproHealth = "ok"')
        return count >= 2
      }),
    )
  })

  test('weather of the place is there, with its age', async () => {
    const house = (await allHouses())[0]
    await bvpro.until('weather fetched', async () => {
      const forecast = await bvpro.get<Series>(
        `/api/v1/entities/house/${house?.id}/series?measurement=weather_forecast&fields=temperature&to=${encodeURIComponent(
          new Date(Date.now() + 86_400_000).toISOString(),
        )}`,
      )
      return forecast.rows.length > 0
    })
    await bvpro.until('effective temperature computed', async () => {
      const entity = (await allHouses())[0]
      return entity?.lastReading?.effective_temp !== undefined
    })
  })

  test('a cycle costs at most 12 history events', async () => {
    // The last one is only watched: requests for another mode are events too.
    const id = (await allHouses()).at(-1)?.id ?? ''
    const polls = () =>
      bvpro.temporal(async (client) => {
        const { events } = await client.workflow.getHandle(`house:${id}`).fetchHistory()
        return (events ?? []).flatMap((event, index) =>
          event.activityTaskScheduledEventAttributes?.activityType?.name === 'pollHouse' ? [index] : [],
        )
      })
    await bvpro.until('some cycles', async () => (await polls()).length >= 5)
    const steady = (await polls()).slice(-3)
    for (let cycle = 1; cycle < steady.length; cycle++) {
      expect((steady[cycle] ?? 0) - (steady[cycle - 1] ?? 0)).toBeLessThanOrEqual(12)
    }
  })
})

describe.skipIf(missing)('pause and resume', () => {
  test('hold over the API and over Terminate in the Web UI', async () => {
    const id = (await allHouses())[0]?.id ?? ''
    expect((await bvpro.request(`/api/v1/entities/house/${id}/pause`, { method: 'POST' })).status).toBe(202)
    await bvpro.until('paused', async () => (await bvpro.entity(id))?.paused === true)
    await bvpro.temporal((client) => client.workflow.getHandle(`house:${id}`).terminate('an operator clicked'))
    await bvpro.temporal((client) => client.workflow.getHandle('reconcile').signal('reconcileNow'))
    await bvpro.until('started again', () =>
      bvpro.temporal(
        async (client) => (await client.workflow.getHandle(`house:${id}`).describe()).status.name === 'RUNNING',
      ),
    )
    const before = (await bvpro.entity(id))?.lastPollAt
    await new Promise((resolve) => setTimeout(resolve, 7_000))
    expect(await bvpro.entity(id)).toMatchObject({ paused: true, lastPollAt: before })
    expect((await bvpro.request(`/api/v1/entities/house/${id}/resume`, { method: 'POST' })).status).toBe(202)
    await bvpro.until('resumed', async () => {
      const entity = await bvpro.entity(id)
      return entity?.paused === false && entity.lastPollAt !== before
    })
  })
})

describe.skipIf(missing)('kill -9', () => {
  test('of the process: the next start takes over the orphaned server, the same run goes on, no point doubles', async () => {
    const id = (await allHouses()).at(-1)?.id ?? ''
    const runBefore = await bvpro.temporal(
      async (client) => (await client.workflow.getHandle(`house:${id}`).describe()).runId,
    )
    const seriesBefore = (await roomTemperatures(id)).rows
    const orphan = bvpro.temporalPid
    await bvpro.kill('SIGKILL')
    await bvpro.start()
    expect(bvpro.temporalPid).toBe(orphan)
    await bvpro.until(
      'points after the restart',
      async () => (await roomTemperatures(id)).rows.length > seriesBefore.length + 2,
    )
    const runAfter = await bvpro.temporal(
      async (client) => (await client.workflow.getHandle(`house:${id}`).describe()).runId,
    )
    expect(runAfter).toBe(runBefore)
    const times = (await roomTemperatures(id)).rows.map(([time]) => time)
    expect(times.slice(0, seriesBefore.length)).toEqual(seriesBefore.map(([time]) => time))
    expect(new Set(times).size).toBe(times.length)
    await bvpro.until('all houses ok', allOk)
  })

  test('of the Temporal server: it is started again on the same data and every loop goes on', async () => {
    const id = (await allHouses()).at(-1)?.id ?? ''
    const pid = bvpro.temporalPid
    const points = (await roomTemperatures(id)).rows.length
    process.kill(pid, 'SIGKILL')
    await bvpro.until('server restarted', async () => bvpro.temporalPid !== pid)
    await bvpro.until(
      'points after the restart',
      async () => (await roomTemperatures(id)).rows.length > points + 2,
      120,
    )
    await bvpro.until('all houses ok', allOk)
  })
})

test.skipIf(missing)('SIGTERM stops all children, and the next start continues', async () => {
  const temporal = identityOf(bvpro.temporalPid)
  expect(await bvpro.stop()).toBe(0)
  expect(isRunning(temporal)).toBe(false)
  await bvpro.start()
  await bvpro.until('all houses ok', allOk)
})
