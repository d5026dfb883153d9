import { expect, test } from 'vitest'
import { parseArrigoTime } from './times.ts'

const THREE = Date.UTC(2026, 0, 14, 3)

test.each([
  ['2026-01-14T03:00:00Z', THREE],
  ['2026-01-14T03:00:00', THREE],
  ['2026-01-14T03:00:00+00:00', THREE],
  ['2026-01-14T04:00:00+0100', THREE],
  ['2026-01-14T03:00:00.0000000Z', THREE],
  ['2026-01-14T03:00:00.1234567', THREE + 123],
  ['2026-01-14T03:00:00.5', THREE + 500],
  ['2026-01-14 03:00', THREE],
  ['0000-01-01T00:00:00Z', null],
  ['0001-01-01T00:00:00', null],
  ['2026-13-14T03:00:00Z', null],
  ['yesterday', null],
  ['', null],
  [null, null],
  [17, null],
])('%s is %s', (text, time) => expect(parseArrigoTime(text)).toBe(time))
