import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { describe, expect, test } from 'vitest'
import { readSwedishNumber, readUpload } from './upload.ts'

const FOLDER = new URL('../../../test/fixtures/energy/', import.meta.url)
const NOW = Date.parse('2026-11-01T00:00:00Z')

function upload(name: string) {
  const rows = parse(readFileSync(new URL(name, FOLDER)), { delimiter: ';', bom: true, relaxColumnCount: true })
  return readUpload(rows as string[][], NOW)
}

test('a portal’s file gives its hours in UTC, without the days it had no values for yet', () => {
  const { hours, problems, trimmedDays } = upload('manual_upload_20251201.csv')
  expect(problems).toEqual([])
  expect(trimmedDays).toBe(1)
  expect(hours).toHaveLength(24)
  expect(hours.reduce((sum, { kwh }) => sum + kwh, 0)).toBeCloseTo(51, 6)
  expect(hours[0]?.time).toBe(Date.parse('2025-11-30T23:00:00Z'))
  expect(hours.at(-1)?.time).toBe(Date.parse('2025-12-01T22:00:00Z'))
})

test('the hour that is there twice in autumn keeps both of its values', () => {
  const { hours, problems } = upload('manual_upload_dst_autumn.csv')
  expect(problems).toEqual([])
  expect(hours).toHaveLength(25)
  expect(hours.reduce((sum, { kwh }) => sum + kwh, 0)).toBeCloseTo(55, 6)
  expect(hours.find(({ time }) => time === Date.parse('2026-10-25T00:00:00Z'))?.kwh).toBe(1.2)
  expect(hours.find(({ time }) => time === Date.parse('2026-10-25T01:00:00Z'))?.kwh).toBe(1.3)
})

test('every bad line is named, the others count', () => {
  const rows = [
    ['Datum', 'kWh'],
    ['2026-03-29 02:00', '1,0'],
    ['2026-01-10 02:30', '1,0'],
    ['2026-01-10 02:00', 'ett'],
    ['2026-01-10 03:00', '-1,0'],
    ['2026-01-10 04:00', '1,0'],
    ['2026-01-10 04:00', '2,0'],
    ['2026-02-30 04:00', '2,0'],
    ['2027-01-01 00:00', '2,0'],
  ]
  const { hours, problems } = readUpload(rows, NOW)
  expect(hours.map(({ line }) => line)).toEqual([6])
  expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7, 8, 9])
  expect(problems[0]?.message).toBe('the hour 2026-03-29 02:00 does not exist')
})

describe('Swedish numbers', () => {
  test.each([
    ['1,000', 1],
    ['1 234,5', 1234.5],
    ['1.234,5', 1234.5],
    ['1.234', 1234],
    ['12.5', 12.5],
    ['0', 0],
  ])('%s is %d', (cell, value) => expect(readSwedishNumber(cell)).toBe(value))

  test.each(['', 'ett', '1,2,3', '1.23.4'])('"%s" is none', (cell) => expect(readSwedishNumber(cell)).toBeUndefined())
})
