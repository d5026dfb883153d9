/** A building on an Arrigo server that is not ours: 1,200 signals, 201,600 stored values, imported through a kill -9. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSqliteTimeSeries } from '../../src/store/timeseries/sqlite.ts'
import { Installation } from '../support/bvpro-process.ts'
import { signalId, signalName, startIndependentArrigo, storedValue } from '../support/independent-arrigo.ts'

const ID = 'TE950_VERKET'
const SIGNALS = 1_200
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const VALUES_EACH = 168

interface Progress {
  readonly state: string
  readonly chunksDone: number
  readonly chunksTotal: number
  readonly fields: Record<string, { readonly values: number }>
}

let bvpro: Installation
let arrigo: Awaited<ReturnType<typeof startIndependentArrigo>>
let times: number[]

beforeAll(async () => {
  // Every third hour of three weeks, ending clear of what is polled while the test runs.
  const newest = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 6 * HOUR_MS
  times = Array.from({ length: VALUES_EACH }, (_, index) => newest - (VALUES_EACH - 1 - index) * 3 * HOUR_MS)
  arrigo = await startIndependentArrigo({ signals: SIGNALS, times, pageMs: 60 })
  bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '5' })
  await mkdir(join(bvpro.home, 'buildings'))
  const analog_signals = Object.fromEntries(
    Array.from({ length: SIGNALS }, (_, index) => [
      signalName(index),
      { signal_id: signalId(index), field_name: `gt_${index}`, fetch: true, unit: '°C' },
    ]),
  )
  const document = {
    building_id: ID,
    friendly_name: 'Verket',
    connection: { system: 'arrigo', host: arrigo.url },
    analog_signals,
  }
  await writeFile(join(bvpro.home, 'buildings', `${ID}.json`), JSON.stringify(document))
  await writeFile(
    join(bvpro.home, '.env'),
    `BUILDING_${ID}_USERNAME='an operator'\nBUILDING_${ID}_PASSWORD='invented-word-4711'\n`,
    { mode: 0o600 },
  )
  await bvpro.start()
})
afterAll(async () => {
  await bvpro?.remove()
  await arrigo?.close()
})

const url = `/api/v1/entities/building/${ID}/import`
const progress = () => bvpro.get<Progress>(url)
const startImport = () =>
  bvpro.request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ days: 23, resolutionMinutes: 60 }),
  })

/** All stored values of the imported times, by signal and time, in one sum and one count. */
async function stored(): Promise<{ count: number; sum: number }> {
  const store = openSqliteTimeSeries(join(bvpro.home, 'data', 'timeseries.db'))
  try {
    const rows = await store.read({
      measurement: 'building_system',
      tags: { building_id: ID },
      from: times[0] ?? 0,
      to: (times.at(-1) ?? 0) + 1,
    })
    const values = rows.flatMap(({ fields }) => Object.entries(fields)).filter(([field]) => field.startsWith('gt_'))
    const numbers = values.flatMap(([, value]) => (typeof value === 'number' ? [value] : []))
    return { count: numbers.length, sum: numbers.reduce((total, value) => total + value, 0) }
  } finally {
    await store.close()
  }
}

test('all 1,200 signals are polled, past the first page', async () => {
  await bvpro.until('ok', async () => (await bvpro.entity(ID))?.health === 'ok')
  expect((await bvpro.entity(ID))?.lastReading?.[`gt_${SIGNALS - 1}`]).toBeCloseTo(
    storedValue(SIGNALS - 1, times.at(-1) ?? 0),
    4,
  )
})

test('every value is imported, although the process is killed half-way, and no finished chunk is asked for again', async () => {
  expect((await startImport()).status).toBe(202)
  await bvpro.until('half-way', async () => {
    const { chunksDone, chunksTotal } = await progress()
    return chunksDone >= 1 && chunksDone < chunksTotal
  })
  const askedBefore = arrigo.asked.length
  await bvpro.kill('SIGKILL')
  await bvpro.start()
  await bvpro.until('done', async () => (await progress()).state === 'done', 170)
  const newestWeek = (times.at(-1) ?? 0) - 5 * DAY_MS
  const again = arrigo.asked.slice(askedBefore).filter(({ from }) => from > newestWeek)
  expect(again).toEqual([])
  const { fields } = await progress()
  expect(Object.values(fields).reduce((total, { values }) => total + values, 0)).toBe(SIGNALS * VALUES_EACH)
  const expected = Array.from({ length: SIGNALS }, (_, index) => times.map((time) => storedValue(index, time))).flat()
  const inStore = await stored()
  expect(inStore.count).toBe(SIGNALS * VALUES_EACH)
  expect(inStore.sum).toBeCloseTo(
    expected.reduce((total, value) => total + value, 0),
    -1,
  )
})

test('a second import changes nothing', async () => {
  const before = await stored()
  expect((await startImport()).status).toBe(202)
  await bvpro.until('done again', async () => (await progress()).state === 'done', 170)
  const after = await stored()
  expect(after.count).toBe(before.count)
  expect(after.sum).toBeCloseTo(before.sum, 6)
})
