import { describe, expect, test } from 'vitest'
import { type AlarmList, alarmEvents, type BuildingAlarm, countAlarms } from './alarms.ts'

const at = (hour: number) => Date.UTC(2026, 0, 14, hour)

function alarm(id: string, status: BuildingAlarm['status'], eventTime: number | null, alarmTime = eventTime) {
  const rest = { priority: 'B', folder: 'FVC', occurrences: 1, description: null, actionText: null }
  return { id, name: `K1.${id}`, text: id, status, alarmTime, eventTime, ...rest }
}
const list = (...alarms: BuildingAlarm[]): AlarmList => ({ alarms, complete: true })
const newest = (...alarms: BuildingAlarm[]): AlarmList => ({ alarms, complete: false })
const said = (previous: AlarmList | null, current: AlarmList) =>
  alarmEvents(previous, current).map(({ kind, time, alarm: { id } }) => [kind, id, time])

describe('events between two readings', () => {
  test('at the very first reading only the standing alarms are events', () => {
    const first = list(alarm('a', 'alarmed', at(3)), alarm('b', 'returned', at(2)), alarm('c', 'blocked', at(1)))
    expect(said(null, first)).toEqual([['raised', 'a', at(3)]])
  })

  test('an unchanged list says nothing, whatever its order', () => {
    const rows = [alarm('a', 'alarmed', at(3)), alarm('b', 'acknowledged', at(2), at(1))]
    expect(said(list(...rows), list(...rows.reverse()))).toEqual([])
  })

  test('raised, returned, acknowledged, blocked', () => {
    const before = list(
      alarm('b', 'alarmed', at(1)),
      alarm('c', 'returned', at(2), at(1)),
      alarm('d', 'alarmed', at(1)),
    )
    const after = list(
      alarm('a', 'alarmed', at(6)),
      alarm('b', 'returned', at(5), at(1)),
      alarm('c', 'acknowledged', at(4), at(1)),
      alarm('d', 'blocked', at(3), at(1)),
    )
    expect(said(before, after)).toEqual([
      ['blocked', 'd', at(3)],
      ['acknowledged', 'c', at(4)],
      ['returned', 'b', at(5)],
      ['raised', 'a', at(6)],
    ])
  })

  test('raised and returned between the readings are two events', () => {
    expect(said(list(), list(alarm('a', 'returned', at(5), at(4))))).toEqual([
      ['raised', 'a', at(4)],
      ['returned', 'a', at(5)],
    ])
  })

  test('raised again under the same id is a new event', () => {
    expect(said(list(alarm('a', 'alarmed', at(1))), list(alarm('a', 'alarmed', at(5))))).toEqual([
      ['raised', 'a', at(5)],
    ])
  })

  test('a change without a new time is an event all the same', () => {
    expect(said(list(alarm('a', 'alarmed', null)), list(alarm('a', 'returned', null)))).toEqual([
      ['returned', 'a', null],
    ])
  })

  test('a standing alarm that has left a complete list has returned at an unknown time', () => {
    expect(said(list(alarm('a', 'alarmed', at(1))), list())).toEqual([['returned', 'a', null]])
    expect(said(list(alarm('a', 'acknowledged', at(1))), list())).toEqual([])
    expect(said(list(alarm('a', 'alarmed', at(1))), newest())).toEqual([])
  })

  test('an old row that slips into view of a shortened list is no event', () => {
    const before = newest(alarm('a', 'alarmed', at(6)), alarm('b', 'alarmed', at(5)))
    const after = newest(alarm('b', 'alarmed', at(5)), alarm('z', 'returned', at(1), at(0)))
    expect(said(before, after)).toEqual([])
  })

  test('an alarm returned from below the view was not raised just now', () => {
    const before = newest(alarm('a', 'alarmed', at(6)))
    expect(said(before, newest(alarm('z', 'returned', at(7), at(1))))).toEqual([['returned', 'z', at(7)]])
  })

  test('a row that comes twice is one event', () => {
    const row = alarm('a', 'alarmed', at(3))
    expect(said(list(), list(row, row))).toHaveLength(1)
  })

  test('a status of no known meaning is no event', () => {
    expect(said(list(), list(alarm('a', 'unknown', at(1))))).toEqual([])
  })
})

test('counts name every status, zeros included', () => {
  expect(countAlarms([])).toEqual({ alarmed: 0, returned: 0, acknowledged: 0, blocked: 0, unknown: 0 })
  expect(countAlarms([alarm('a', 'alarmed', 1), alarm('b', 'alarmed', 2), alarm('c', 'blocked', 3)])).toMatchObject({
    alarmed: 2,
    blocked: 1,
    returned: 0,
  })
})
