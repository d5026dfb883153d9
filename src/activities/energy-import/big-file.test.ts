import { expect, test } from 'vitest'
import type { EnergyExchange } from '../../connectors/energy-exchange/exchange.ts'
import type { Point } from '../../store/timeseries/port.ts'
import { importFile } from './import-file.ts'
import { meterOwners } from './meter-owners.ts'

const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-01-10T08:00:00Z')
const METERS = Array.from({ length: 100 }, (_, index) => `99000000000000${String(index).padStart(4, '0')}`)
const HOURS = 1_000
const LINES_PER_PIECE = 1_000
const ROWS_AT_ONCE = 10_000
/** What is held at most: a part that is settled together, and the piece being read. */
const MOST_ROWS_HELD = ROWS_AT_ONCE + 2 * LINES_PER_PIECE

test('of a big file only a part is held at a time, whatever its size', async () => {
  let read = 0
  let bytes = 0
  let stored = 0
  let mostHeld = 0
  let biggestWrite = 0
  async function* pieces() {
    let lines = ['timestamp;serviceID;meterStand;consumption;volume;temperatureIn;temperatureOut']
    const flush = () => {
      const piece = Buffer.from(`${lines.join('\n')}\n`)
      lines = []
      bytes += piece.length
      return piece
    }
    for (let hour = HOURS; hour > 0; hour--) {
      const time = `${new Date(NOW - hour * HOUR_MS).toISOString().slice(0, 19)}Z`
      for (const meter of METERS) {
        lines.push(`${time};${meter};${20_000 - hour};1;0.04;77.97;35.39`)
        read += 1
        if (lines.length >= LINES_PER_PIECE) yield flush()
      }
    }
    if (lines.length > 0) yield flush()
  }
  const archived: string[] = []
  const exchange: EnergyExchange = {
    place: 'somewhere',
    list: async () => [],
    open: pieces,
    archive: async ({ name }) => {
      archived.push(name)
    },
    quarantine: async () => {},
    writeRequest: async () => {},
  }
  const timeSeries = {
    read: async () => [],
    write: async (points: readonly Point[]) => {
      mostHeld = Math.max(mostHeld, read - stored)
      biggestWrite = Math.max(biggestWrite, points.length)
      stored += points.length
    },
  }
  const entity = { kind: 'building', id: 'B' } as const
  const outcome = await importFile(
    { inbox: 'main', name: 'energy_20260110.txt', bytes: 6_000_000, revision: 'r1' },
    {
      exchange,
      timeSeries,
      owners: meterOwners([{ ref: entity, name: 'B', meterIds: METERS, dataStart: undefined }]),
      noteDays: async () => {},
      now: NOW,
      heartbeat: () => {},
      rowsAtOnce: ROWS_AT_ONCE,
    },
  )
  expect(bytes).toBeGreaterThan(6_000_000)
  expect(outcome).toMatchObject({ added: METERS.length * HOURS, refused: 0 })
  expect(stored).toBe(METERS.length * HOURS)
  expect(mostHeld).toBeLessThanOrEqual(MOST_ROWS_HELD)
  expect(biggestWrite).toBeLessThanOrEqual(500)
  expect(archived).toEqual(['energy_20260110.txt'])
}, 60_000)
