import { expect, test } from 'vitest'
import { importIssues } from './issues.ts'

const nothing = { counts: {}, missing: [], problems: [], steps: 100, resolutionMinutes: 60 }

test('a clean import leaves nothing to say', () => {
  expect(importIssues({ ...nothing, counts: { room_temperature: { values: 99 } } })).toEqual([])
})

test('what was left out, what is thin and what the vendor did not deliver is said', () => {
  const counts = {
    room_temperature: { values: 12, outOfRange: 3 },
    supply_temp: { values: 70, stuck: 30 },
    dh_power: { values: 0 },
  }
  expect(importIssues({ ...nothing, counts, missing: ['dh_flow'], problems: ['the list is cut'] })).toEqual([
    'the history has no signal for dh_flow',
    'room_temperature: 3 values outside what is plausible were left out',
    'room_temperature: covers only 12 % of the time',
    'supply_temp: the sensor did not move for 30 h, which were left out',
    'the list is cut',
  ])
})
