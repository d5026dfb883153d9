import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import {
  addDays,
  dayEnd,
  dayLabel,
  dayStart,
  daysInRange,
  hourStarts,
  hoursInDay,
  isDayLabel,
  labelToTime,
  timeToLabel,
} from './day.ts'

const utc = (text: string) => Date.parse(text)
const iso = (instant: number) => new Date(instant).toISOString()

describe('Swedish days', () => {
  test('in winter a day begins at 23:00Z, in summer at 22:00Z', () => {
    expect(iso(dayStart('2026-01-10'))).toBe('2026-01-09T23:00:00.000Z')
    expect(iso(dayStart('2026-07-10'))).toBe('2026-07-09T22:00:00.000Z')
  })

  test.each([
    ['2026-03-28', 24],
    ['2026-03-29', 23],
    ['2026-03-30', 24],
    ['2026-10-24', 24],
    ['2026-10-25', 25],
    ['2026-10-26', 24],
  ])('%s has %i hours', (day, hours) => {
    expect(hoursInDay(day)).toBe(hours)
    expect(hourStarts(day)).toHaveLength(hours)
    expect(hourStarts(day).every((hour) => dayLabel(hour) === day)).toBe(true)
  })

  test('the last instant of a day belongs to it, the next one does not', () => {
    expect(dayLabel(dayEnd('2026-10-25') - 1)).toBe('2026-10-25')
    expect(dayLabel(dayEnd('2026-10-25'))).toBe('2026-10-26')
  })

  test('the hour that comes twice in autumn is two instants of one day', () => {
    expect(dayLabel(utc('2026-10-25T00:30:00Z'))).toBe('2026-10-25')
    expect(dayLabel(utc('2026-10-25T01:30:00Z'))).toBe('2026-10-25')
  })

  test('a label that is no date is refused', () => {
    for (const label of ['2026-02-30', '2026-1-1', '', '2026-01-01T00:00', 'today']) {
      expect(isDayLabel(label)).toBe(false)
      expect(() => dayStart(label)).toThrow(RangeError)
    }
    expect(isDayLabel('2024-02-29')).toBe(true)
  })

  test('day results are stored at 00:00Z of their label', () => {
    expect(iso(labelToTime('2026-03-29'))).toBe('2026-03-29T00:00:00.000Z')
    expect(timeToLabel(labelToTime('2026-03-29'))).toBe('2026-03-29')
    expect(addDays('2026-02-27', 2)).toBe('2026-03-01')
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
  })

  test('a range names every day it touches, and none it only borders', () => {
    expect(daysInRange(dayStart('2026-03-28'), dayEnd('2026-03-30'))).toEqual([
      '2026-03-28',
      '2026-03-29',
      '2026-03-30',
    ])
    expect(daysInRange(dayEnd('2026-03-28') - 1, dayEnd('2026-03-28') + 1)).toEqual(['2026-03-28', '2026-03-29'])
    expect(daysInRange(dayStart('2026-03-28'), dayStart('2026-03-28'))).toEqual([])
  })

  test('another zone may be asked for, also one whose midnight is skipped', () => {
    expect(dayLabel(utc('2026-01-10T03:00:00Z'), 'America/New_York')).toBe('2026-01-09')
    // Brazil moved its clocks at midnight: this day began at 01:00.
    expect(iso(dayStart('2018-11-04', 'America/Sao_Paulo'))).toBe('2018-11-04T03:00:00.000Z')
    expect(hoursInDay('2018-11-04', 'America/Sao_Paulo')).toBe(23)
    expect(() => dayLabel(0, 'Mars/Olympus')).toThrow(RangeError)
  })

  test('every instant lies in its own day', () => {
    fc.assert(
      fc.property(fc.integer({ min: utc('2000-01-01'), max: utc('2060-01-01') }), (instant) => {
        const day = dayLabel(instant)
        expect(dayStart(day)).toBeLessThanOrEqual(instant)
        expect(dayEnd(day)).toBeGreaterThan(instant)
      }),
    )
  })
})

describe('the zone of the machine', () => {
  const original = process.env.TZ
  afterEach(() => {
    if (original === undefined) delete process.env.TZ
    else process.env.TZ = original
  })

  test.each(['America/New_York', 'Pacific/Kiritimati', 'UTC'])('%s makes no difference', (zone) => {
    process.env.TZ = zone
    // The process itself has moved, or this test would prove nothing.
    expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(zone)
    expect(dayLabel(utc('2026-01-10T23:30:00Z'))).toBe('2026-01-11')
    expect(iso(dayStart('2026-03-29'))).toBe('2026-03-28T23:00:00.000Z')
    expect(hoursInDay('2026-03-29')).toBe(23)
    expect(timeToLabel(labelToTime('2026-03-29'))).toBe('2026-03-29')
    expect(addDays('2026-03-28', 1)).toBe('2026-03-29')
  })
})
