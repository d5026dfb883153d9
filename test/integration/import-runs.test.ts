/** An import on the whole embedded stack: killed in the middle it goes on, and doing it again changes nothing. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FillGapsProgress, ImportProgress } from '../../src/workflows/history-messages.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/import`

describe.skipIf((await testServer('temporal')) === undefined)('importing the past of a house', () => {
  let bvpro: Installation

  beforeAll(async () => {
    bvpro = await Installation.create({ BVPRO_TOWN_PORT: '0' })
    await bvpro.start()
  })
  afterAll(async () => {
    await bvpro?.remove()
  })

  const progress = () => bvpro.get<ImportProgress>(PATH)

  async function begin(wish: object): Promise<void> {
    // The town imports its own past at its first start; one import at a time.
    await bvpro.until('no import runs', async () => (await progress()).state !== 'running', 120)
    const headers = { 'content-type': 'application/json' }
    const response = await bvpro.request(PATH, { method: 'POST', headers, body: JSON.stringify(wish) })
    expect(response.status).toBe(202)
  }

  async function end(): Promise<ImportProgress> {
    await bvpro.until('the import has ended', async () => (await progress()).state !== 'running', 150)
    return progress()
  }

  async function slowDown(slowMs: number): Promise<void> {
    const townUrl = /Simulated town\s+│ (http:\S+)\/town/.exec(bvpro.output)?.[1]
    await fetch(`${townUrl}/town/history/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(slowMs === 0 ? {} : { slowMs }),
    })
  }

  interface Rows {
    readonly columns: readonly string[]
    readonly rows: readonly (readonly (string | number | null)[])[]
  }
  const stored = (from: string, to: string) =>
    bvpro.get<Rows>(
      `/api/v1/entities/house/${ID}/series?measurement=heating_system&fields=room_temperature,origin&from=${from}&to=${to}`,
    )

  test('killed in the middle it goes on where it was', async () => {
    await begin({ days: 56, resolutionMinutes: 30 })
    await slowDown(700)
    await bvpro.until('some weeks are done', async () => (await progress()).chunksDone >= 2)
    const before = await progress()
    expect(before.state).toBe('running')
    await bvpro.kill('SIGKILL')
    await delay(500)
    await bvpro.start()
    const after = await end()
    expect(after).toMatchObject({ state: 'done', chunksDone: 8, chunksTotal: 8, percent: 100, error: null })
    expect(after.rows + after.keptOut).toBeGreaterThan(0.98 * 56 * 48)

    const { events } = await bvpro.temporal((client) => client.workflow.getHandle(`import:house:${ID}`).fetchHistory())
    const scheduled = (events ?? []).flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
    )
    expect(scheduled.filter((name) => name === 'planImport')).toHaveLength(1)
    expect(scheduled.filter((name) => name === 'importChunk')).toHaveLength(8)
  })

  test('the imported weeks have the weather of their time', async () => {
    const { from, to } = await progress()
    const { columns, rows } = await bvpro.get<Rows>(
      `/api/v1/entities/house/${ID}/series?measurement=heating_system&fields=outdoor_temperature,effective_temp,origin&from=${from}&to=${to}`,
    )
    const [outdoor, effective, origin] = ['outdoor_temperature', 'effective_temp', 'origin'].map((name) =>
      columns.indexOf(name),
    )
    const imported = rows.filter((row) => row[origin ?? -1] === 'import' && row[outdoor ?? -1] !== null)
    expect(imported.length).toBeGreaterThan(1_000)
    expect(imported.filter((row) => row[effective ?? -1] !== null).length).toBeGreaterThan(0.95 * imported.length)
  })

  test('again, it changes nothing', async () => {
    const { from, to } = await progress()
    const before = await stored(from ?? '', to ?? '')
    expect(before.rows.some(([, , origin]) => origin === 'import')).toBe(true)
    await begin({ days: 56, resolutionMinutes: 30 })
    expect(await end()).toMatchObject({ state: 'done' })
    expect(await stored(from ?? '', to ?? '')).toEqual(before)
  })

  test('cancelled it ends, and says so', async () => {
    await slowDown(1_000)
    await begin({ days: 56, resolutionMinutes: 5 })
    await bvpro.until('it has begun', async () => (await progress()).chunksTotal > 0)
    await bvpro.temporal((client) => client.workflow.getHandle(`import:house:${ID}`).cancel())
    expect(await end()).toMatchObject({ state: 'cancelled', error: null })
    await slowDown(0)
  })

  test('holes are filled when somebody asks, and the schedule that does it is there to see', async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ entities: [{ kind: 'house', id: ID }], days: 1, dryRun: true })
    const response = await bvpro.request('/api/v1/gaps/fill', { method: 'POST', headers, body })
    expect(response.status).toBe(202)
    const { workflowId, progressUrl } = (await response.json()) as { workflowId: string; progressUrl: string }
    expect(workflowId).toMatch(/^gaps:[0-9a-f]{8}$/)
    const look = () => bvpro.get<FillGapsProgress>(progressUrl)
    await bvpro.until('the filling has ended', async () => (await look()).state !== 'running', 60)
    // The house and the weather of its place.
    expect(await look()).toMatchObject({ state: 'done', days: 1, dryRun: true, error: null, report: { looked: 2 } })

    const { schedules } = await bvpro.get<{ schedules: { id: string; paused: boolean; nextTimes: string[] }[] }>(
      '/api/v1/schedules',
    )
    const fillGaps = schedules.find(({ id }) => id === 'fillGaps')
    expect(fillGaps).toMatchObject({ paused: false })
    expect(fillGaps?.nextTimes).not.toEqual([])
  })
})
