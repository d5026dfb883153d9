import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSeries, toHourly } from './csv.ts'

const T = (text: string) => Date.parse(text)
const read = (...lines: string[]) => parseSeries(lines.join('\n'), 'villa.csv')

describe('a file of measurements', () => {
  test('has times with an offset and any of the known columns, in any order', () => {
    const series = read(
      'outdoor_temperature,time,colour,Energy_kWh',
      '-3.5,2026-01-10T08:00+01:00,red,2',
      ',2026-01-10T08:00:00Z,"a ""b"", c",1e-1',
    )
    expect(series.times).toEqual([T('2026-01-10T07:00Z'), T('2026-01-10T08:00Z')])
    expect(series.stepMs).toBe(3_600_000)
    expect(series.values).toEqual({ outdoor_temperature: [-3.5, null], energy_kwh: [2, 0.1] })
    expect(series.ignoredColumns).toEqual(['colour'])
  })

  test('may have a byte order mark, CRLF, semicolons and blank lines', () => {
    const series = parseSeries('\uFEFFtime;energy_kwh\r\n2026-01-10T07:00:00Z;2.5\r\n\r\n', 'villa.csv')
    expect(series.values.energy_kwh).toEqual([2.5])
  })

  test('may have decimal commas where semicolons separate, and nowhere else', () => {
    const series = read('time;outdoor_temperature', '2026-01-10T07:00:00Z;-3,5')
    expect(series.values.outdoor_temperature).toEqual([-3.5])
    expect(() => read('time;energy_kwh', '2026-01-10T07:00:00Z;1,000,000')).toThrow('is not a number')
    expect(() => read('time,energy_kwh', '2026-01-10T07:00:00Z,"2,5"')).toThrow('"2,5" is not a number')
  })

  test('is the same whatever the order of its rows', () => {
    const rows = Array.from({ length: 50 }, (_, hour) => `${new Date(hour * 3_600_000).toISOString()},${hour}`)
    const expected = read('time,energy_kwh', ...rows)
    fc.assert(
      fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
        expect(read('time,energy_kwh', ...shuffled)).toEqual(expected)
      }),
      { numRuns: 20 },
    )
  })

  test.each([
    ['', /no header line/],
    ['time,energy_kwh', /no rows/],
    ['energy_kwh\n1', /line 1: there is no column "time"/],
    ['time,energy_kwh,energy_kwh\n', /"energy_kwh" is there twice/],
    ['time,energy_kwh\n2026-01-10T07:00:00Z', /line 2: 1 fields, the header has 2/],
    ['time,energy_kwh\n2026-01-10T07:00:00,1', /line 2, column time/],
    ['time,energy_kwh\n2026-02-30T07:00:00Z,1', /line 2, column time/],
    ['time,energy_kwh\n2026-01-10T07:00:00Z,1\n2026-01-10T08:00:00Z,1.2.3', /line 3, column energy_kwh: "1.2.3"/],
    ['time,energy_kwh\n2026-01-10T07:00:00Z,Infinity', /line 2, column energy_kwh/],
    ['time,energy_kwh\n2026-01-10T07:00:00Z,1\n2026-01-10T08:00+01:00,2', /line 3, column time: .* in line 2/],
    ['time,energy_kwh\n2026-01-10T07:00:00Z,"1', /line 2: a quote is not closed/],
  ])('that reads %j is refused with its place', (text, message) => {
    expect(() => parseSeries(text, 'villa.csv')).toThrow(message)
  })
})

describe('finer periods', () => {
  const rows = Array.from(
    { length: 12 },
    (_, part) => `2026-01-10T07:${String(part * 5).padStart(2, '0')}:00Z,0.5,${part}`,
  )

  test('are summed or averaged to hours', () => {
    const hourly = toHourly(read('time,energy_kwh,indoor_temperature', ...rows), 'villa.csv')
    expect(hourly.times).toEqual([T('2026-01-10T07:00Z')])
    expect(hourly.values).toEqual({ energy_kwh: [6], indoor_temperature: [5.5] })
  })

  test('of which one lacks its energy make an hour without energy, but with a temperature', () => {
    const holed = rows.map((row, part) => (part === 3 ? row.replace(',0.5,', ',,') : row))
    const hourly = toHourly(read('time,energy_kwh,indoor_temperature', ...holed), 'villa.csv')
    expect(hourly.values).toEqual({ energy_kwh: [null], indoor_temperature: [5.5] })
  })

  test('of seven minutes, and days, are refused', () => {
    expect(() => toHourly(read('time', '2026-01-10T07:00Z', '2026-01-10T07:07Z'), 'v')).toThrow(/7 minutes/)
    expect(() => toHourly(read('time', '2026-01-10T00:00Z', '2026-01-11T00:00Z'), 'v')).toThrow(/1440 minutes/)
  })
})
