import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planImport, type SeriesChange } from './replacement.ts'
import type { HistoryPoint, StoredRow } from './row.ts'

const HOUR = 3600
const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 14, hour, minute)
const point = (time: number, room_temperature = 20): HistoryPoint => ({ time, fields: { room_temperature } })
const polled = (time: number): StoredRow => ({ time, fields: { room_temperature: 21.5, origin: null } })
const imported = (time: number, room_temperature = 20): StoredRow => ({
  time,
  fields: { room_temperature, supply_temp: null, origin: 'import' },
})
const isReading = ({ fields }: StoredRow) => (fields.room_temperature ?? null) !== null

function plan(stored: readonly StoredRow[], points: readonly HistoryPoint[], stepSeconds = HOUR): SeriesChange {
  return planImport({ stored, imported: points, stepSeconds, isReading })
}

/** What the store holds after the change, by time; the same rules as the stores'. */
function apply(stored: readonly StoredRow[], { writes, stretches }: SeriesChange): StoredRow[] {
  const rows = new Map(stored.map((row) => [row.time, row]))
  for (const { from, to, points } of stretches) {
    for (const time of [...rows.keys()]) if (time >= from && time < to) rows.delete(time)
    for (const { time, fields } of points) rows.set(time, { time, fields: { ...fields, origin: 'import' } })
  }
  for (const { time, fields } of writes) {
    rows.set(time, { time, fields: { ...rows.get(time)?.fields, ...fields, origin: 'import' } })
  }
  return [...rows.values()].sort((a, b) => a.time - b.time)
}

describe('into an empty series', () => {
  test('all points are written, nothing is deleted', () => {
    const points = [point(at(0)), point(at(1))]
    expect(plan([], points)).toEqual({ writes: points, stretches: [], standing: 2, keptOut: 0 })
  })
})

describe('a second time', () => {
  test('the same import changes nothing', () => {
    const points = [point(at(0)), point(at(1))]
    expect(plan([imported(at(0)), imported(at(1))], points)).toEqual({
      writes: [],
      stretches: [],
      standing: 2,
      keptOut: 0,
    })
  })

  test('a corrected value is written, and only that', () => {
    const change = plan([imported(at(0)), imported(at(1))], [point(at(0)), point(at(1), 19.5)])
    expect(change).toMatchObject({ writes: [point(at(1), 19.5)], stretches: [] })
  })

  test('what the new import does not have any more goes', () => {
    const stored = [imported(at(0)), imported(at(1)), imported(at(2))]
    expect(plan(stored, [point(at(0)), point(at(2))])).toMatchObject({
      writes: [],
      stretches: [{ from: at(1), to: at(1) + 1000, points: [] }],
    })
  })

  test('a point that has lost a field is written anew', () => {
    const stored = [{ time: at(0), fields: { room_temperature: 20, supply_temp: 40, origin: 'import' } }]
    expect(plan(stored, [point(at(0))])).toMatchObject({
      writes: [],
      stretches: [{ from: at(0), points: [point(at(0))] }],
    })
  })

  test('at a coarser resolution, one stretch is replaced as a whole', () => {
    const stored = [0, 15, 30, 45, 60, 75].map((minute) => imported(at(0, minute)))
    const change = plan(stored, [point(at(0)), point(at(1))])
    expect(change.stretches).toHaveLength(1)
    expect(apply(stored, change).map(({ time }) => time)).toEqual([at(0), at(1)])
  })
})

describe('beside polled readings', () => {
  test('a step that holds one is left out', () => {
    const stored = [polled(at(1, 3)), polled(at(1, 8))]
    expect(plan(stored, [point(at(0)), point(at(1)), point(at(2))])).toMatchObject({
      writes: [point(at(0)), point(at(2))],
      stretches: [],
      standing: 2,
      keptOut: 1,
    })
  })

  test('an earlier import makes way for what was polled since, and the polled rows stay', () => {
    const stored = [imported(at(0)), imported(at(1)), polled(at(1, 5)), imported(at(2))]
    const change = plan(stored, [point(at(0)), point(at(1)), point(at(2))])
    expect(apply(stored, change).map(({ time }) => time)).toEqual([at(0), at(1, 5), at(2)])
  })

  test('a setpoint somebody set between polls is no reading: it stays, and the step is imported', () => {
    const setpoint = { time: at(0, 20), fields: { room_temperature: null, target_temp_setpoint: 21 } }
    const stored = [setpoint, imported(at(0, 40))]
    const change = plan(stored, [point(at(0))])
    expect(apply(stored, change).map(({ time }) => time)).toEqual([at(0), at(0, 20)])
  })

  test('a setpoint set in the very second of a step is not mixed with imported values', () => {
    const setpoint = { time: at(0), fields: { room_temperature: null, target_temp_setpoint: 21 } }
    expect(plan([setpoint], [point(at(0))])).toMatchObject({ writes: [], stretches: [], keptOut: 1 })
  })
})

describe('beside filled holes', () => {
  test('what was filled from the same history stays', () => {
    const filled = { time: at(0, 10), fields: { room_temperature: 20, origin: 'fill' } }
    expect(plan([filled], [point(at(0))])).toMatchObject({ writes: [], stretches: [], keptOut: 1 })
  })

  test('a stand-in from a weather station makes way for the history, and stays where there is none', () => {
    const observed = (time: number) => ({ time, fields: { outdoor_temperature: -3, origin: 'fill-observed' } })
    const stored = [observed(at(0)), observed(at(1))]
    const change = plan(stored, [point(at(0))])
    expect(apply(stored, change)).toEqual([
      { time: at(0), fields: { room_temperature: 20, origin: 'import' } },
      observed(at(1)),
    ])
  })
})

const minute = fc.integer({ min: 0, max: 600 })
const storedRow = fc.record({
  minute,
  origin: fc.constantFrom(null, null, 'import', 'fill', 'fill-observed', 'of a later version'),
  fields: fc.constantFrom(
    { room_temperature: 21 },
    { room_temperature: 21, supply_temp: 40 },
    { target_temp_setpoint: 20 },
  ),
})

test('whatever is stored: unmarked rows stay as they are, and the same import again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(storedRow, { selector: (row) => row.minute }),
      fc.uniqueArray(fc.integer({ min: 0, max: 40 })),
      (rows, steps) => {
        const stored: StoredRow[] = rows
          .sort((a, b) => a.minute - b.minute)
          .map((row) => ({ time: at(0, row.minute), fields: { ...row.fields, origin: row.origin } }))
        const points = steps.sort((a, b) => a - b).map((step) => point(at(0, 15 * step)))
        const first = plan(stored, points, 900)
        const after = apply(stored, first)
        for (const row of stored) if (row.fields.origin === null) expect(after).toContainEqual(row)
        const again = plan(after, points, 900)
        expect(again).toMatchObject({ writes: [], stretches: [], standing: first.standing })
      },
    ),
  )
})
