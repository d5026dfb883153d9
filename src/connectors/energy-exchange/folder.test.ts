import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EnergyExchange } from './exchange.ts'
import { createFolderExchange } from './folder.ts'

const NOW = Date.parse('2026-01-10T08:00:00Z')
const MINUTES_AGO = (NOW - 5 * 60_000) / 1000
const JUST_NOW = (NOW - 500) / 1000
const SECONDS_AGO = (NOW - 10_000) / 1000

let directory: string
let exchange: EnergyExchange

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-inbox-'))
  exchange = createFolderExchange({ directory, now: () => NOW })
})
afterEach(() => rm(directory, { recursive: true }))

async function deliver(name: string, text: string, at: number): Promise<void> {
  await writeFile(join(directory, name), text)
  await utimes(join(directory, name), at, at)
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const piece of pieces) chunks.push(piece)
  return Buffer.concat(chunks).toString()
}

test('complete data files are listed by name, whatever else lies there', async () => {
  await deliver('energy_20260110.txt', 'b\n', MINUTES_AGO)
  await deliver('energy_20260109.TXT', 'a\n', MINUTES_AGO)
  await deliver('BVPro_DH.csv', 'meter_id\n', MINUTES_AGO)
  await deliver('.energy_20260111.txt', 'temporary\n', MINUTES_AGO)
  expect((await exchange.list()).map(({ name }) => name)).toEqual(['energy_20260109.TXT', 'energy_20260110.txt'])
})

test('a file that is still being written waits, one that was left without a line end is taken after a minute', async () => {
  await deliver('growing.txt', 'a\n', JUST_NOW)
  await deliver('half.txt', 'a\nb', SECONDS_AGO)
  await deliver('done.txt', 'a\nb\n', SECONDS_AGO)
  await deliver('left.txt', 'a\nb', MINUTES_AGO)
  expect((await exchange.list()).map(({ name }) => name)).toEqual(['done.txt', 'left.txt'])
})

test('an imported file is kept under a name of its own, and archiving it again is fine', async () => {
  await deliver('energy.txt', 'first\n', MINUTES_AGO)
  const [first] = await exchange.list()
  if (first === undefined) throw new Error('one file was delivered')
  expect(await textOf(exchange.open(first))).toBe('first\n')
  await exchange.archive(first)
  await exchange.archive(first)
  await deliver('energy.txt', 'corrected\n', MINUTES_AGO)
  const [second] = await exchange.list()
  if (second === undefined) throw new Error('a second file was delivered')
  await exchange.archive(second)
  const kept = await readdir(join(directory, 'processed'))
  expect(await Promise.all(kept.map((name) => readFile(join(directory, 'processed', name), 'utf8')))).toEqual(
    expect.arrayContaining(['first\n', 'corrected\n']),
  )
  expect(await exchange.list()).toEqual([])
})

test('a file that was delivered anew while it was imported is not put away', async () => {
  await deliver('energy.txt', 'first\n', MINUTES_AGO)
  const [first] = await exchange.list()
  if (first === undefined) throw new Error('one file was delivered')
  await deliver('energy.txt', 'corrected\n', MINUTES_AGO)
  await exchange.archive(first)
  expect((await exchange.list()).map(({ name }) => name)).toEqual(['energy.txt'])
})

test('a quarantined file leaves a report and its refused rows', async () => {
  const file = { name: 'energy.txt', bytes: 1, revision: 'r1' }
  await exchange.quarantine(file, { report: 'line 2: no time\n', rows: 'timestamp;kwh\n;2\n' })
  expect((await readdir(join(directory, 'failed'))).sort()).toEqual(['energy.r1.report.txt', 'energy.r1.rows.txt'])
})

test('a file that is gone, and a folder that is a file, are told apart', async () => {
  const file = { name: 'gone.txt', bytes: 1, revision: 'r1' }
  await expect(textOf(exchange.open(file))).rejects.toMatchObject({ type: 'EntityNotFound' })
  await writeFile(join(directory, 'plain'), '')
  const broken = createFolderExchange({ directory: join(directory, 'plain') })
  await expect(broken.list()).rejects.toMatchObject({ type: 'Unavailable' })
})

test('a delivery is told of', async () => {
  const delivered = new Promise<void>((resolve) => {
    const end = exchange.watch?.(() => {
      end?.()
      resolve()
    })
  })
  await writeFile(join(directory, 'energy.txt'), 'a\n')
  await delivered
})

test('a file handed over whole is there at once, and does not replace one that waits', async () => {
  await exchange.deliver?.('energy.txt', pieces('a\n', 'b'))
  expect(await readFile(join(directory, 'energy.txt'), 'utf8')).toBe('a\nb')
  expect((await exchange.list()).map(({ name }) => name)).toEqual(['energy.txt'])
  await expect(exchange.deliver?.('energy.txt', pieces('c\n'))).rejects.toMatchObject({ type: 'BadConfig' })
  expect(await readdir(directory)).toEqual(['energy.txt'])
})

test('a handing over that breaks off leaves nothing', async () => {
  async function* broken() {
    yield Buffer.from('a\n')
    throw new Error('the connection is gone')
  }
  await expect(exchange.deliver?.('energy.txt', broken())).rejects.toThrow('the connection is gone')
  expect(await readdir(directory)).toEqual([])
})

async function* pieces(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text)
}
