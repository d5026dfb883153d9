import { expect, test } from 'vitest'
import { type EntityStatus, initialStatus } from '../store/application/port.ts'
import { fleetSentence } from './status-line.ts'

const NOW = Date.parse('2026-01-10T07:05:00Z')

function row(kind: EntityStatus['kind'], id: string, mode: EntityStatus['mode'] = 'monitor'): EntityStatus {
  return { ...initialStatus({ kind, id }, NOW), mode, lastPollAt: NOW - 3_000, lastGoodAt: NOW - 3_000 }
}

test('houses in other modes than monitor are told by mode, the most daring first', () => {
  const rows = [row('house', 'A', 'shadow'), row('house', 'B'), row('house', 'C', 'optimise'), row('zone', 'Z')]
  expect(fleetSentence(rows, NOW)).toBe(
    '3 houses, 1 zone: 4 ok · 1 optimise, 1 shadow, 1 monitor · last reading 3 s ago',
  )
})

test('where nothing is steered, modes are not told', () => {
  expect(fleetSentence([row('house', 'A')], NOW)).toBe('1 house: 1 ok · last reading 3 s ago')
  expect(fleetSentence([], NOW)).toBe('no house, building or zone is configured yet')
})
