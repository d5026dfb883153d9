import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MeterFileReader } from '../../domain/meters/rows.ts'
import { registerConvention, settleLines } from '../../domain/meters/settle.ts'
import { deliverMeterFile, type SuppliedMeter, trueEnergy } from './supplier.ts'

const HOUR_MS = 3_600_000

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-supplier-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** 1.3 kWh of heating every hour, and 2.4 kWh of hot water at six in the morning UTC. */
function meter(meterId: string, stepKwh: number): SuppliedMeter {
  return {
    meterId,
    stepKwh,
    hour: async (start) => ({
      spaceHeatingKwh: 1.3,
      hotWaterKwh: (start / HOUR_MS) % 24 === 6 ? 2.4 : 0,
      supply: 78,
      return: 36,
    }),
  }
}

const COARSE = meter('735999000000000901', 1)
const FINE = meter('735999000000000903', 0.1)

function deliver(at: string) {
  return deliverMeterFile({
    meters: [COARSE, FINE],
    inbox: join(folder, 'inbox'),
    memory: join(folder, 'delivered.json'),
    firstDays: 60,
    now: () => Date.parse(at),
  })
}

async function read(name: string | null) {
  if (name === null) throw new Error('nothing was delivered')
  const reader = new MeterFileReader({ fileName: name, now: Date.parse('2027-01-01T00:00:00Z') })
  for (const line of (await readFile(join(folder, 'inbox', name), 'utf8')).trimEnd().split('\n')) reader.push(line)
  return settleLines(reader.take())
}

test('the first file has sixty whole Swedish days, the next one the day after', async () => {
  const first = await deliver('2026-04-10T06:00:00Z')
  expect(first).toBe('energy_20260410.txt')
  const { meters, refusals } = await read(first)
  expect(refusals).toEqual([])
  // One of the sixty days has 23 hours.
  expect(meters.map(({ hours }) => hours.length)).toEqual([60 * 24 - 1, 60 * 24 - 1])
  expect(await deliver('2026-04-10T21:00:00Z')).toBeNull()
  const second = await deliver('2026-04-10T22:00:00Z')
  expect(second).toBe('energy_20260411.txt')
  expect((await read(second)).meters[0]?.hours).toHaveLength(24)
  expect(await readdir(join(folder, 'inbox'))).toHaveLength(2)
})

test('a coarse meter shows whole kWh whose sum is the truth, and its register goes on over deliveries', async () => {
  const [coarse] = (await read(await deliver('2026-01-10T06:00:00Z'))).meters
  const amounts = coarse?.hours.map(({ values }) => values.consumption ?? Number.NaN) ?? []
  expect(amounts.every(Number.isInteger)).toBe(true)
  const days = await trueEnergy(COARSE, ['2026-01-08', '2026-01-09'])
  expect([...days.values()][0]?.spaceHeatingKwh).toBeCloseTo(31.2, 6)
  expect([...days.values()][0]?.hotWaterKwh).toBeCloseTo(2.4, 6)
  const total = amounts.reduce((sum, kwh) => sum + kwh, 0)
  expect(Math.abs(total - 60 * (24 * 1.3 + 2.4))).toBeLessThanOrEqual(1)
  const [next] = (await read(await deliver('2026-01-11T06:00:00Z'))).meters
  const [last, following] = [coarse?.hours.at(-1)?.values, next?.hours[0]?.values]
  expect(following?.reading).toBe((last?.reading ?? 0) + (following?.consumption ?? 0))
  expect(registerConvention(coarse?.hours ?? [])).toBe('end')
})
