import { expect, test } from 'vitest'
import { localClock } from './local-time.ts'

test('hours and weekends follow the clocks of the zone, summer time included', () => {
  const clock = localClock('Europe/Stockholm')
  expect(clock(Date.parse('2026-01-09T22:30:00Z'))).toEqual({ hour: 23, weekend: false })
  expect(clock(Date.parse('2026-01-09T23:30:00Z'))).toEqual({ hour: 0, weekend: true })
  expect(clock(Date.parse('2026-07-12T21:30:00Z'))).toEqual({ hour: 23, weekend: true })
  expect(clock(Date.parse('2026-07-12T22:00:00Z'))).toEqual({ hour: 0, weekend: false })
})

test('an unknown zone is refused', () => {
  expect(() => localClock('Mars/Base')).toThrow(RangeError)
})
