import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readPrice } from './price.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'price-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function priceOf(text: string) {
  const file = join(folder, 'price')
  await writeFile(file, text)
  return readPrice(file)
}

test('flat is 1', async () => expect((await readPrice('flat'))(0)).toBe(1))

test('the price of a CSV holds until the next line', async () => {
  const price = await priceOf('time,price\n2026-01-10T00:00:00Z,0.5\n2026-01-10T06:00:00Z,2\n')
  expect(price(Date.parse('2026-01-10T05:59:00Z'))).toBe(0.5)
  expect(price(Date.parse('2026-01-10T06:00:00Z'))).toBe(2)
})

test('a list of 24 prices is that of every day', async () => {
  const price = await priceOf(JSON.stringify(Array.from({ length: 24 }, (_, hour) => hour)))
  expect(price(Date.parse('2026-03-04T17:30:00Z'))).toBe(17)
})

test('a list of 168 prices begins on Monday', async () => {
  const price = await priceOf(JSON.stringify(Array.from({ length: 168 }, (_, hour) => hour)))
  expect(price(Date.parse('2026-01-12T03:00:00Z'))).toBe(3)
  expect(price(Date.parse('2026-01-13T03:00:00Z'))).toBe(27)
})

test('days a file does not have cost what the same hour of the file costs', async () => {
  const price = await priceOf('time;price\n2026-01-10T00:00:00Z;0.5\n2026-01-10T01:00:00Z;2\n')
  expect(price(Date.parse('2031-07-01T01:20:00Z'))).toBe(2)
})

test('what cannot be read is told with its line', async () => {
  await expect(priceOf('time,price\n2026-01-10T00:00:00Z,dear\n')).rejects.toThrow(/line 2: "dear" is not a price/)
  await expect(priceOf('time,price\nnoon,1\n')).rejects.toThrow(/line 2: "noon" is not a time/)
  await expect(priceOf('hour,cost\n')).rejects.toThrow(/needs the columns/)
})

test('a tariff has the prices of its own clocks', async () => {
  const energy = [{ price_per_kwh: 2, from: '06:00', to: '22:00' }, { price_per_kwh: 1 }]
  const price = await priceOf(JSON.stringify({ energy }))
  expect(price(Date.parse('2026-01-14T05:00:00Z'))).toBe(2)
  expect(price(Date.parse('2026-01-14T21:00:00Z'))).toBe(1)
  expect(price(Date.parse('2026-07-14T04:00:00Z'))).toBe(2)
})

test('the faults of a tariff are told with their place', async () => {
  await expect(priceOf('{"energy": [{"price_per_kwh": "dear"}]}')).rejects.toThrow(
    /energy\[0\]\.price_per_kwh: expected a number/,
  )
  await expect(priceOf('{"prices": [1]}')).rejects.toThrow(/or a tariff/)
})
