import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readTime } from './cells.ts'
import { firstMissingHour, formatRequest } from './request.ts'
import { MeterFileReader, type MeterRow } from './rows.ts'
import { registerConvention, type SettledFile, settleLines } from './settle.ts'
import { changesOf, isNewer } from './stored.ts'

const FOLDER = new URL('../../../test/fixtures/energy/', import.meta.url)
const EXPECTED = JSON.parse(fixture('expected.json'))
const HOUR_MS = 3_600_000
const NOW = Date.parse('2026-11-01T00:00:00Z')

function fixture(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

function settle(text: string, fileName = 'energy_20260101.txt', now = NOW): SettledFile {
  const reader = new MeterFileReader({ fileName, now })
  const lines = text.split(/\r?\n/)
  const last = lines.pop()
  for (const line of lines) reader.push(line)
  if (last !== undefined && last !== '') reader.push(last, false)
  return settleLines(reader.take())
}

function hoursOf(file: SettledFile, meterId: string): readonly MeterRow[] {
  return file.meters.find((meter) => meter.meterId === meterId)?.hours ?? []
}

const sum = (hours: readonly MeterRow[]) => hours.reduce((total, { values }) => total + (values.consumption ?? 0), 0)

describe('files as a supplier writes them', () => {
  const wanted = Object.entries(EXPECTED.files).filter(
    ([, file]) => (file as { per_meter?: object }).per_meter !== undefined,
  ) as [
    string,
    { rows: number; per_meter: Record<string, { swedish_days: Record<string, { hours: number; kwh: number }> }> },
  ][]

  test.each(wanted)('%s has the hours and the energy it should have', (name, { per_meter, rows }) => {
    const file = settle(fixture(name), name)
    expect(file.refusals).toEqual([])
    expect(file.meters.reduce((total, { hours }) => total + hours.length, 0)).toBe(rows)
    for (const [meterId, { swedish_days }] of Object.entries(per_meter)) {
      const days = Object.values(swedish_days)
      const hours = hoursOf(file, meterId)
      expect(hours).toHaveLength(days.reduce((total, day) => total + day.hours, 0))
      expect(sum(hours)).toBeCloseTo(
        days.reduce((total, day) => total + day.kwh, 0),
        6,
      )
    }
  })

  test.each(['energy_20260114_truncated_in_number.txt', 'energy_20260114_truncated_in_meter.txt'])(
    '%s gives its complete rows and tells that it was cut off',
    (name) => {
      const file = settle(fixture(name), name)
      const { complete_rows, per_meter_complete_rows } = EXPECTED.files[name]
      expect(file.meters.reduce((total, { hours }) => total + hours.length, 0)).toBe(complete_rows)
      for (const [meterId, { swedish_days }] of Object.entries(per_meter_complete_rows) as [string, never][]) {
        const days = Object.values(swedish_days) as { kwh: number }[]
        expect(sum(hoursOf(file, meterId))).toBeCloseTo(
          days.reduce((total, { kwh }) => total + kwh, 0),
          6,
        )
      }
      expect(file.refusals).toMatchObject([{ code: 'cut-off', line: 40, meterId: null }])
    },
  )

  test.each(['energy_20260113_empty.txt', 'energy_20260113_header_only.txt'])('%s holds nothing', (name) => {
    expect(settle(fixture(name), name)).toMatchObject({ meters: [], refusals: [] })
  })

  test('of a file whose lines are almost all wrong the good ones are taken, each other one has its reason', () => {
    const file = settle(fixture('energy_20260112_bad_rows.txt'), 'energy_20260112_bad_rows.txt')
    const hours = hoursOf(file, '990000000000000101').map(({ line, values }) => [line, values.consumption])
    expect(hours).toEqual([
      [2, 2],
      [3, 2],
      [5, 2.5],
      [6, 2],
      [12, 2],
      [14, 2],
      [19, 2],
    ])
    expect(hoursOf(file, '990000000000000102').map(({ line }) => line)).toEqual([23])
    expect(hoursOf(file, '990000000000009999').map(({ line }) => line)).toEqual([9])
    expect(file.refusals.map(({ line, code }) => [line, code])).toEqual([
      [4, 'value-unreadable'],
      [8, 'conflict'],
      [10, 'negative'],
      [13, 'time-unreadable'],
      [15, 'time-missing'],
      [16, 'meter-missing'],
      [17, 'off-the-hour'],
      [18, 'absurd'],
      [21, 'time-missing'],
      [22, 'in-the-future'],
    ])
    expect(file.identicalDuplicates).toBe(1)
    expect(file.missingHours).toBe(1)
    expect(file.meters[0]?.registerBackwards).toEqual([Date.parse('2026-01-11T11:00:00Z')])
    expect(file.warnings).toHaveLength(3)
    // What was refused with a time stays a hole of its meter.
    expect(file.refusals[0]).toMatchObject({ meterId: '990000000000000101', time: Date.parse('2026-01-11T01:00:00Z') })
  })
})

test('hours that a file contradicts itself on, equally often, are not taken', () => {
  const file = settle('timestamp;serviceID;consumption\n2026-01-11T03:00:00Z;1;2\n2026-01-11T03:00:00Z;1;3\n')
  expect(file.meters).toEqual([])
  expect(file.refusals.map(({ line, code }) => [line, code])).toEqual([
    [2, 'conflict'],
    [3, 'conflict'],
  ])
})

test('a file without a meter column is about the meter it is named after; MWh become kWh', () => {
  const file = settle('Tidpunkt;MWh;Flode\n2026-01-11 03:00;0,25;1,5\n', '099000000000000302.txt')
  expect(file.meters[0]).toMatchObject({
    meterId: '099000000000000302',
    hours: [{ time: Date.parse('2026-01-11T03:00:00Z'), values: { consumption: 250, volume: 1.5 } }],
  })
})

test('a file without a header is refused as a whole', () => {
  const file = settle('2026-01-11T03:00:00Z;1;2\n2026-01-11T04:00:00Z;1;3\n')
  expect(file).toMatchObject({ meters: [], refusals: [{ line: 1, code: 'no-header' }] })
})

test.each([
  ['2026-01-10T23:00:00Z', '2026-01-10T23:00:00Z'],
  ['2026-01-10T23:00', '2026-01-10T23:00:00Z'],
  ['2026-01-10 23:00:00', '2026-01-10T23:00:00Z'],
  ['2026-01-10T23:00:00.000Z', '2026-01-10T23:00:00Z'],
  ['2026-01-11T00:00:00+01:00', '2026-01-10T23:00:00Z'],
  ['2026-01-11T00:00:00+0100', '2026-01-10T23:00:00Z'],
  ['10/01/2026 23:00', '2026-01-10T23:00:00Z'],
  ['20260110230000', '2026-01-10T23:00:00Z'],
  ['202601102300Z', '2026-01-10T23:00:00Z'],
])('the time %s is %s', (cell, time) => {
  expect(readTime(cell)).toBe(Date.parse(time))
})

test.each(['2026-02-30T00:00Z', '2026-01-10', '2026-01-10T24:00Z', 'igår', ''])('"%s" is no time', (cell) => {
  expect(readTime(cell)).toBeUndefined()
})

describe('the order of rows and files', () => {
  const rows = fixture('energy_20260110.txt').trim().split('\n')
  const [header = '', ...lines] = rows
  const values = (file: SettledFile) =>
    file.meters.map(({ meterId, hours }) => [meterId, hours.map(({ time, values: of }) => [time, of])])

  test('of rows changes nothing, nor do rows told twice', () => {
    const straight = values(settle(`${rows.join('\n')}\n`))
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), fc.subarray(lines), (shuffled, again) => {
        expect(values(settle(`${[header, ...shuffled, ...again].join('\n')}\n`))).toEqual(straight)
      }),
      { numRuns: 20 },
    )
  })

  test('of files changes nothing: the newer one by its name counts, whichever is read first', () => {
    expect(isNewer('energy_20260111.txt', 'energy_20260110.txt')).toBe(true)
    const [older, newer] = [['energy_20260110.txt', 2] as const, ['energy_20260111.txt', 3] as const]
    for (const order of [
      [older, newer],
      [newer, older],
    ]) {
      let stored: { time: number; values: MeterRow['values']; source: string }[] = []
      for (const [name, kwh] of order) {
        const [meter] = settle(`timestamp;serviceID;kwh\n2026-01-11T03:00:00Z;1;${kwh}\n`, name).meters
        if (meter === undefined) throw new Error('the file has one meter')
        const { added, corrected } = changesOf(meter, stored, name)
        stored =
          [...added, ...corrected].length === 0
            ? stored
            : [{ ...(added[0] ?? (corrected[0] as MeterRow)), source: name }]
      }
      expect(stored).toMatchObject([{ values: { consumption: 3 }, source: 'energy_20260111.txt' }])
    }
  })

  test('importing a file a second time changes nothing', () => {
    const name = 'energy_20260110.txt'
    for (const meter of settle(fixture(name), name).meters) {
      const stored = meter.hours.map(({ time, values: of }) => ({ time, values: of, source: name }))
      expect(changesOf(meter, stored, name)).toMatchObject({ added: [], corrected: [], unchanged: 48 })
    }
  })
})

test('the register is found to be read at the end of the hour, or at its start', () => {
  const meter = settle(fixture('energy_20260110.txt')).meters.find(({ meterId }) => meterId === '990000000000000102')
  expect(registerConvention(meter?.hours ?? [])).toBe('end')
  const readAtStart = meter?.hours.map((row) => ({
    ...row,
    values: { ...row.values, reading: (row.values.reading ?? 0) - (row.values.consumption ?? 0) },
  }))
  expect(registerConvention(readAtStart ?? [])).toBe('start')
  expect(registerConvention([])).toBe('unknown')
})

describe('the request file', () => {
  const now = Date.parse('2026-01-10T12:00:00Z')
  const hours = (from: string, count: number) =>
    Array.from({ length: count }, (_, index) => Date.parse(from) + index * HOUR_MS)

  test('asks for the oldest hole, not for what follows the newest hour', () => {
    const stored = [...hours('2026-01-05T00:00Z', 24), ...hours('2026-01-06T05:00Z', 48)]
    expect(firstMissingHour(stored, now)).toBe(Date.parse('2026-01-06T00:00Z'))
    expect(firstMissingHour(hours('2026-01-05T00:00Z', 24), now)).toBe(Date.parse('2026-01-06T00:00Z'))
  })

  test('asks for 90 days of a new meter, or from the day somebody named', () => {
    expect(firstMissingHour([], now)).toBe(Date.parse('2025-10-12T12:00Z'))
    expect(firstMissingHour([], now, Date.parse('2026-01-01T23:00Z'))).toBe(Date.parse('2026-01-01T23:00Z'))
    expect(firstMissingHour(hours('2020-01-01T00:00Z', 24), now)).toBe(Date.parse('2025-10-12T12:00Z'))
  })

  test('is written exactly as the supplier reads it', () => {
    const from = Date.parse('2026-01-09T23:00:00Z')
    const text = formatRequest([
      { meterId: '990000000000000101', name: 'Villa Ek', from },
      { meterId: '099000000000000302', name: 'Kontor; Norr', from },
    ])
    expect(text).toBe(
      'meter_id;from_datetime;house_name\n990000000000000101;2026-01-09 23:00;Villa Ek\n099000000000000302;2026-01-09 23:00;Kontor Norr',
    )
    expect(fixture('BVPro_DH.csv').split('\n')[0]).toBe('meter_id;from_datetime;house_name')
  })
})
