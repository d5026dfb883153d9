import { describe, expect, test } from 'vitest'
import { BadData } from '../errors.ts'
import { newestReading, readCollection, readStationList } from './metobs.ts'
import { smhiFixture } from './testing/weather-server.ts'

describe('values of a station', () => {
  test('are text, and the newest of a day counts', () => {
    expect(newestReading(smhiFixture('metobs-latest-hour-p1'))).toEqual({
      time: 1795240800000,
      value: -4.4,
      quality: 'G',
    })
    expect(newestReading(smhiFixture('metobs-latest-day-p1'))).toMatchObject({ time: 1795240800000, value: -4.4 })
  })

  test.each([
    ['null', { value: null }],
    ['an empty list', { value: [] }],
    ['an empty text', { value: [{ date: 1, value: '', quality: 'G' }] }],
    ['no number', { value: [{ date: 1, value: 'n/a', quality: 'G' }] }],
    ['nothing at all', undefined],
  ])('that are %s are no reading', (_, body) => {
    expect(newestReading(body)).toBeNull()
  })

  test('may be marked as suspect or with a mark we do not know', () => {
    expect(newestReading({ value: [{ date: 1, value: '0.0', quality: 'Y' }] })).toEqual({
      time: 1,
      value: 0,
      quality: 'Y',
    })
    expect(newestReading({ value: [{ date: 1, value: '0.0', quality: 'R' }] })?.quality).toBeNull()
  })
})

describe('lists of stations', () => {
  test('of an hour carry position, inspection mark and newest value', () => {
    const collected = readCollection(smhiFixture('metobs-all-latest-hour-p4'))
    expect(collected.map(({ id, reading }) => [id, reading?.value ?? null])).toEqual([
      ['999001', null],
      ['999002', 2.6],
      ['999005', 0],
    ])
    expect(collected[0]?.station).toEqual({
      id: '999001',
      name: 'Provby A',
      latitude: 58.4012,
      longitude: 15.5271,
      height: 64,
      core: true,
    })
  })

  test('of a parameter say who is active and when it last delivered', () => {
    const listed = readStationList(smhiFixture('metobs-stations-p1'))
    expect(listed.map(({ id, active, core }) => [id, active, core])).toEqual([
      ['999001', true, true],
      ['999002', true, true],
      ['999003', false, true],
      ['999004', true, false],
    ])
    expect(listed[0]?.updatedAt).toBe(1795240800000)
  })

  test('must be lists', () => {
    expect(() => readStationList({ stations: [] })).toThrow(BadData)
    expect(() => readCollection('maintenance')).toThrow(BadData)
  })
})
