/** Numbers and ages as people read them. */
import { expect, test } from 'vitest'
import { formatAge, formatDayAndTime, formatMeasured, formatTemperature, formatTimeOfDay } from './format.ts'
import { textsFor } from './texts.ts'

test.each([
  [21.34, '21.3', '21,3'],
  [-3.4, '−3.4', '−3,4'],
  [-0.04, '0.0', '0,0'],
  [0, '0.0', '0,0'],
])('%d °C is %s, and %s in Swedish', (value, english, swedish) => {
  expect(formatTemperature(value, 'en')).toBe(english)
  expect(formatTemperature(value, 'sv')).toBe(swedish)
})

test.each([
  [41.23, 'kW', '41.2', '41,2'],
  [0.1625, 'kW', '0.16', '0,16'],
  [1234.5, 'rpm', '1,235', '1\u00a0235'],
  [-0.001, 'bar', '0', '0'],
  [3, '', '3', '3'],
  [21, '°C', '21.0', '21,0'],
  [-12.5, '%', '−12.5', '−12,5'],
])('%d %s is %s, and %s in Swedish', (value, unit, english, swedish) => {
  expect(formatMeasured(value, unit, 'en')).toBe(english)
  expect(formatMeasured(value, unit, 'sv')).toBe(swedish)
})

test.each([
  [0, '0 s ago'],
  [59, '59 s ago'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [3600, '1 h ago'],
  [172_799, '47 h ago'],
  [172_800, '2 days ago'],
])('%d seconds is %s', (seconds, text) => {
  expect(formatAge(seconds, textsFor('en'))).toBe(text)
})

test('times are Swedish, in winter and in summer', () => {
  expect(formatTimeOfDay(Date.parse('2026-01-10T23:05:12Z'), 'sv')).toBe('00:05:12')
  expect(formatTimeOfDay(Date.parse('2026-07-10T23:05:12Z'), 'en')).toBe('01:05:12')
  expect(formatDayAndTime('2026-01-10T07:00:00Z', 'en')).toContain('08:00')
})
