/** What every time-series store must do, as one suite that runs against each adapter. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BadData, StoreUnavailable } from '../../src/connectors/errors.ts'
import { MEASUREMENTS } from '../../src/domain/measurements.ts'
import { bucketStamp } from '../../src/domain/time/buckets.ts'
import { dayStart, hourStarts, hoursInDay, labelToTime } from '../../src/domain/time/day.ts'
import { parseEvery } from '../../src/domain/time/every.ts'
import type { FieldValue, Point, Row, TimeSeriesStore } from '../../src/store/timeseries/port.ts'

export interface ConformanceOptions {
  /** Opens an empty store. */
  readonly open: () => Promise<TimeSeriesStore>
  /** Cases per property; a store over a network does with fewer. */
  readonly propertyRuns: number
}

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 0, 10, 12)

let series = 0
/** An id no other test of this run uses. */
function newId(prefix = 'HEM_FJV_Villa'): string {
  series += 1
  return `${prefix}_${series}`
}

function house(id: string, time: number, fields: Record<string, FieldValue>): Point {
  return { measurement: 'heating_system', tags: { house_id: id }, time, fields }
}

function meter(id: string, time: number, consumption: number, meterId = '735999000000000101'): Point {
  return { measurement: 'energy_meter', tags: { house_id: id, meter_id: meterId }, time, fields: { consumption } }
}

function reading(id: string, time: number, temperature: number): Point {
  return { measurement: 'zone_reading', tags: { zone_id: id }, time, fields: { temperature } }
}

const times = (rows: readonly Row[]) => rows.map(({ time }) => time)
const values = (rows: readonly Row[], field: string) => rows.map(({ fields }) => fields[field])

export function timeSeriesConformance(name: string, { open, propertyRuns }: ConformanceOptions): void {
  describe(`${name} as a time-series store`, () => {
    let store: TimeSeriesStore
    beforeAll(async () => {
      store = await open()
    })
    afterAll(async () => {
      await store?.close()
    })

    const readHouse = (id: string, fields?: string[]) =>
      store.read({
        measurement: 'heating_system',
        tags: { house_id: id },
        from: NOON - 1000 * HOUR,
        to: NOON + 1000 * HOUR,
        ...(fields === undefined ? {} : { fields }),
      })

    describe('write and read', () => {
      test('what was written is read back, with its tags and only the fields asked for', async () => {
        const id = newId()
        await store.write([house(id, NOON, { room_temperature: 21.3, supply_temp: 41.9, away_mode: 0 })])
        expect(await readHouse(id, ['room_temperature', 'return_temp', 'away_mode'])).toEqual([
          { time: NOON, tags: { house_id: id }, fields: { room_temperature: 21.3, return_temp: null, away_mode: 0 } },
        ])
      })

      test('without a list all fields of the measurement come, null where nothing is stored', async () => {
        const id = newId()
        await store.write([reading(id, NOON, 19.4)])
        const rows = await store.read({ measurement: 'zone_reading', tags: { zone_id: id }, from: NOON, to: NOON + 1 })
        const unknown = Object.fromEntries(Object.keys(MEASUREMENTS.zone_reading.fields).map((field) => [field, null]))
        expect(rows).toEqual([{ time: NOON, tags: { zone_id: id }, fields: { ...unknown, temperature: 19.4 } }])
      })

      test('writing a key again merges field by field; null and absent leave the stored value', async () => {
        const id = newId()
        await store.write([house(id, NOON, { room_temperature: 21, supply_temp: 40 })])
        await store.write([house(id, NOON, { room_temperature: 22, supply_temp: null, return_temp: 30 })])
        expect(await readHouse(id, ['room_temperature', 'supply_temp', 'return_temp'])).toEqual([
          { time: NOON, tags: { house_id: id }, fields: { room_temperature: 22, supply_temp: 40, return_temp: 30 } },
        ])
      })

      test('times have second precision: two points of one second are one', async () => {
        const id = newId()
        await store.write([house(id, NOON + 999, { room_temperature: 21 }), house(id, NOON, { supply_temp: 40 })])
        expect(times(await readHouse(id))).toEqual([NOON])
      })

      test('a point without a known value stores nothing', async () => {
        const id = newId()
        await store.write([house(id, NOON, { room_temperature: null }), house(id, NOON, {})])
        expect(await readHouse(id)).toEqual([])
      })

      test('rows that hold none of the fields asked for are not returned', async () => {
        const id = newId()
        await store.write([house(id, NOON, { supply_temp: 40 })])
        expect(await readHouse(id, ['room_temperature'])).toEqual([])
      })

      test('numbers keep their value and texts their every character', async () => {
        const id = newId()
        const fields = {
          consumption: 0.1 + 0.2,
          meter_reading: 1e-7,
          volume: -0,
          source: 'å "quoted", a=b\\ \n second line',
        }
        await store.write([{ ...meter(id, NOON, 0), fields }])
        const rows = await store.read({
          measurement: 'energy_meter',
          tags: { house_id: id },
          fields: Object.keys(fields),
          from: NOON,
          to: NOON + HOUR,
        })
        expect(rows[0]?.fields).toEqual({ ...fields, volume: expect.closeTo(0, 10) })
      })

      test('large integers such as an issue time stay whole', async () => {
        const place = `${newId('58.4')},15.6`
        const point = {
          measurement: 'weather_forecast',
          tags: { place, lead_time_hours: '6' },
          time: NOON,
          fields: { temperature: -3, issued_at: 1_768_035_600, source: 'smhi' },
        }
        await store.write([point])
        const [row] = await store.read({ measurement: 'weather_forecast', tags: { place }, from: NOON, to: NOON + 1 })
        expect(row?.fields).toMatchObject({ temperature: -3, issued_at: 1_768_035_600, source: 'smhi' })
      })

      test('a range includes its start and excludes its end', async () => {
        const id = newId()
        await store.write([0, 1, 2, 3].map((hour) => house(id, NOON + hour * HOUR, { room_temperature: hour })))
        const rows = await store.read({
          measurement: 'heating_system',
          tags: { house_id: id },
          from: NOON + HOUR,
          to: NOON + 3 * HOUR,
        })
        expect(values(rows, 'room_temperature')).toEqual([1, 2])
      })

      test('a range that ends before it starts is empty', async () => {
        const query = { measurement: 'heating_system', tags: {}, from: NOON, to: NOON - HOUR }
        expect(await store.read(query)).toEqual([])
        expect(await store.read({ ...query, every: '1d' })).toEqual([])
      })

      test('limit gives the newest rows, still ascending', async () => {
        const id = newId()
        // Fields of different length: the newest rows are those of all fields together.
        await store.write([0, 1, 2, 3].map((hour) => house(id, NOON + hour * HOUR, { room_temperature: hour })))
        await store.write([house(id, NOON, { supply_temp: 40 }), house(id, NOON + 5 * HOUR, { supply_temp: 41 })])
        const query = { measurement: 'heating_system', tags: { house_id: id }, from: 0, to: NOON + 9 * HOUR, limit: 2 }
        expect(times(await store.read(query))).toEqual([NOON + 3 * HOUR, NOON + 5 * HOUR])
        expect(await store.read({ ...query, limit: 0 })).toEqual([])
      })

      test('series differ by every tag; tags left out of a query are not filtered', async () => {
        const id = newId()
        await store.write([meter(id, NOON, 1, '001'), meter(id, NOON, 2, '002'), meter(newId(), NOON, 3, '001')])
        const query = { measurement: 'energy_meter', from: NOON, to: NOON + HOUR, fields: ['consumption'] }
        const both = await store.read({ ...query, tags: { house_id: id } })
        expect(both.map(({ tags, fields }) => [tags.meter_id, fields.consumption])).toEqual([
          ['001', 1],
          ['002', 2],
        ])
        expect(await store.read({ ...query, tags: { house_id: id, meter_id: '002' } })).toHaveLength(1)
      })

      test('a house and a building of the same id are two', async () => {
        const id = newId('TE901')
        const day = { measurement: 'energy_separated', time: labelToTime('2026-01-10') }
        await store.write([
          { ...day, tags: { house_id: id }, fields: { actual_energy_kwh: 50 } },
          { ...day, tags: { building_id: id }, fields: { actual_energy_kwh: 900 } },
        ])
        const rows = await store.read({
          measurement: 'energy_separated',
          tags: { building_id: id },
          fields: ['actual_energy_kwh'],
          from: 0,
          to: NOON,
        })
        expect(rows.map(({ tags, fields }) => [tags, fields.actual_energy_kwh])).toEqual([[{ building_id: id }, 900]])
      })

      test('later issues of a forecast do not overwrite earlier ones', async () => {
        const id = newId()
        const forecast = (lead: string, indoor: number) => ({
          measurement: 'temperature_forecast',
          tags: { house_id: id, lead_time_hours: lead },
          time: NOON,
          fields: { indoor_temp: indoor },
        })
        await store.write([forecast('1', 21.1), forecast('24', 20.7), forecast('0', 21.2)])
        const rows = await store.read({
          measurement: 'temperature_forecast',
          tags: { house_id: id },
          fields: ['indoor_temp'],
          from: NOON,
          to: NOON + HOUR,
        })
        expect(rows.map(({ tags, fields }) => [tags.lead_time_hours, fields.indoor_temp]).sort()).toEqual([
          ['0', 21.2],
          ['1', 21.1],
          ['24', 20.7],
        ])
      })

      test('a building may have any signals; those stored are the columns', async () => {
        const id = newId('TE901')
        const point = (time: number, fields: Record<string, FieldValue>) => ({
          measurement: 'building_system',
          tags: { building_id: id },
          time,
          fields,
        })
        await store.write([
          point(NOON, { outdoor_temp_fvc: -3.25, 'vs1 pump, läge': 1 }),
          point(NOON + HOUR, { outdoor_temp_fvc: -3, dh_power_total: 120 }),
        ])
        const query = { measurement: 'building_system', tags: { building_id: id }, from: NOON, to: NOON + 2 * HOUR }
        expect((await store.read(query)).map(({ fields }) => fields)).toEqual([
          { dh_power_total: null, outdoor_temp_fvc: -3.25, 'vs1 pump, läge': 1 },
          { dh_power_total: 120, outdoor_temp_fvc: -3, 'vs1 pump, läge': null },
        ])
        expect(values(await store.read({ ...query, fields: ['dh_power_total'] }), 'dh_power_total')).toEqual([120])
        expect(values(await store.read({ ...query, every: '1d', aggregate: 'mean' }), 'outdoor_temp_fvc')).toEqual([
          -3.125,
        ])
        expect(values(await store.read({ ...query, every: '1d', aggregate: 'last' }), 'outdoor_temp_fvc')).toEqual([-3])
        expect((await store.latest('building_system', { building_id: id }))?.fields).toEqual({
          dh_power_total: 120,
          outdoor_temp_fvc: -3,
        })
      })

      test('ids with odd characters are stored, found and told apart', async () => {
        const ids = [
          'a b',
          'a,b',
          'a=b',
          'a"b',
          "a'b",
          'a\\b',
          'Åkersgatan å',
          '$\u{7b}x}',
          'x") |> drop()',
          "x' OR '1'='1",
        ]
        const own = ids.map((id) => `${newId()} ${id}`)
        await store.write(own.map((id, index) => house(id, NOON, { room_temperature: index })))
        for (const [index, id] of own.entries())
          expect(values(await readHouse(id), 'room_temperature')).toEqual([index])
        expect(await readHouse('" or r.house_id != "')).toEqual([])
      })
    })

    describe('bad points', () => {
      const bad: [string, Point, RegExp][] = [
        ['an unknown measurement', { ...house('X', NOON, { a: 1 }), measurement: 'heating' }, /heating/],
        ['a name every object has', { ...house('X', NOON, { a: 1 }), measurement: 'constructor' }, /constructor/],
        ['an unknown field', house('X', NOON, { room_temp: 21 }), /heating_system.*room_temp/],
        ['text for a number', house('X', NOON, { room_temperature: '21' }), /heating_system\.room_temperature/],
        ['a number for text', { ...meter('X', NOON, 1), fields: { source: 1 } }, /energy_meter\.source/],
        ['not a number', house('X', NOON, { supply_temp: Number.NaN }), /heating_system\.supply_temp/],
        ['infinity', house('X', NOON, { supply_temp: Number.POSITIVE_INFINITY }), /heating_system\.supply_temp/],
        ['a fraction in a whole number', house('X', NOON, { away_mode: 0.5 }), /heating_system\.away_mode/],
        ['a missing owner', { ...house('X', NOON, { supply_temp: 1 }), tags: {} }, /heating_system.*house_id/],
        ['a missing tag', { ...meter('X', NOON, 1), tags: { house_id: 'X' } }, /energy_meter.*meter_id/],
        ['an unknown tag', { ...house('X', NOON, { supply_temp: 1 }), tags: { house_id: 'X', trend: 'up' } }, /trend/],
        ['an empty id', house('', NOON, { supply_temp: 1 }), /house_id/],
        ['an id with a line break', house('a\nb', NOON, { supply_temp: 1 }), /house_id/],
        ['an id line protocol cannot end', house('a\\', NOON, { supply_temp: 1 }), /house_id/],
        [
          'two owners',
          { ...meter('X', NOON, 1), tags: { house_id: 'X', building_id: 'Y', meter_id: '1' } },
          /only one of/,
        ],
        ['a time that is none', house('X', Number.NaN, { supply_temp: 1 }), /time/],
        ['a time in nanoseconds', house('X', NOON * 1e6, { supply_temp: 1 }), /time/],
        [
          'a lead that is no whole number of hours',
          {
            measurement: 'temperature_forecast',
            tags: { house_id: 'X', lead_time_hours: '1.5' },
            time: NOON,
            fields: { indoor_temp: 21 },
          },
          /lead_time_hours/,
        ],
      ]
      test.each(bad)('%s is refused as bad data that names its place', async (_, point, named) => {
        const refusal = store.write([point])
        await expect(refusal).rejects.toBeInstanceOf(BadData)
        await expect(refusal).rejects.toThrow(named)
      })

      test('a bad point rejects its caller alone: what others write at the same time is stored', async () => {
        const ids = Array.from({ length: 20 }, () => newId())
        const outcomes = await Promise.allSettled(
          ids.map((id, index) =>
            store.write([house(id, NOON, index === 7 ? { nonsense: 1 } : { room_temperature: index })]),
          ),
        )
        expect(outcomes.map(({ status }) => status)).toEqual(
          ids.map((_, index) => (index === 7 ? 'rejected' : 'fulfilled')),
        )
        for (const [index, id] of ids.entries()) expect(await readHouse(id)).toHaveLength(index === 7 ? 0 : 1)
      })

      test('bad queries are refused too', async () => {
        const query = { measurement: 'heating_system', tags: {}, from: 0, to: NOON }
        await expect(store.read({ ...query, measurement: 'x' })).rejects.toBeInstanceOf(BadData)
        await expect(store.read({ ...query, fields: ['x'] })).rejects.toBeInstanceOf(BadData)
        await expect(store.read({ ...query, tags: { x: 'y' } })).rejects.toBeInstanceOf(BadData)
        await expect(store.read({ ...query, every: '1 day' })).rejects.toBeInstanceOf(BadData)
        await expect(store.read({ ...query, every: '1d', zone: 'Mars/Olympus' })).rejects.toBeInstanceOf(BadData)
        await expect(store.read({ ...query, from: Number.NaN })).rejects.toBeInstanceOf(BadData)
        await expect(store.latest('x', {})).rejects.toBeInstanceOf(BadData)
      })
    })

    describe('buckets', () => {
      test.each([
        ['2026-03-29', 23, 46],
        ['2026-10-25', 25, 50],
        ['2026-01-10', 24, 48],
      ])('%s with %i hours sums to %i kWh at 2 kWh/h', async (day, hours, sum) => {
        const id = newId()
        expect(hoursInDay(day)).toBe(hours)
        // The hours before and after belong to other days and must not leak in.
        const start = dayStart(day)
        const all = [start - HOUR, ...hourStarts(day), start + hours * HOUR]
        await store.write(all.map((time) => meter(id, time, 2)))
        const rows = await store.read({
          measurement: 'energy_meter',
          tags: { house_id: id },
          fields: ['consumption'],
          from: start - 24 * HOUR,
          to: start + 48 * HOUR,
          every: '1d',
          aggregate: 'sum',
        })
        expect(rows.map(({ time, fields }) => [new Date(time).toISOString(), fields.consumption])).toContainEqual([
          `${day}T00:00:00.000Z`,
          sum,
        ])
        expect(values(rows, 'consumption')).toEqual([2, sum, 2])
      })

      test('day results, stored at 00:00Z of their date, stay in their own day and month', async () => {
        const id = newId()
        const days = ['2026-03-31', '2026-04-01', '2026-04-30']
        await store.write(
          days.map((day, index) => ({
            measurement: 'energy_separated',
            tags: { house_id: id },
            time: labelToTime(day),
            fields: { actual_energy_kwh: 10 ** index },
          })),
        )
        const query = {
          measurement: 'energy_separated',
          tags: { house_id: id },
          fields: ['actual_energy_kwh'],
          from: 0,
          to: labelToTime('2027-01-01'),
          aggregate: 'sum' as const,
        }
        expect(times(await store.read({ ...query, every: '1d' }))).toEqual(days.map(labelToTime))
        const months = await store.read({ ...query, every: '1mo' })
        expect(months.map(({ time, fields }) => [time, fields.actual_energy_kwh])).toEqual([
          [labelToTime('2026-03-01'), 1],
          [labelToTime('2026-04-01'), 110],
        ])
      })

      test('buckets up to hours are aligned to UTC and stamped with their start; empty ones give no row', async () => {
        const id = newId()
        const minutes = [0, 5, 10, 70, 185]
        await store.write(minutes.map((minute) => house(id, NOON + minute * 60_000, { room_temperature: minute })))
        const rows = await store.read({
          measurement: 'heating_system',
          tags: { house_id: id },
          fields: ['room_temperature', 'supply_temp'],
          from: NOON + 1,
          to: NOON + 4 * HOUR,
          every: '1h',
        })
        expect(rows.map(({ time, fields }) => [time, fields.room_temperature, fields.supply_temp])).toEqual([
          [NOON, 7.5, null],
          [NOON + HOUR, 70, null],
          [NOON + 3 * HOUR, 185, null],
        ])
      })

      test('a week begins on Monday', async () => {
        const id = newId()
        const sunday = Date.UTC(2026, 0, 11, 12)
        await store.write([
          house(id, sunday, { room_temperature: 1 }),
          house(id, sunday + 24 * HOUR, { room_temperature: 2 }),
        ])
        const rows = await store.read({
          measurement: 'heating_system',
          tags: { house_id: id },
          fields: ['room_temperature'],
          from: sunday - HOUR,
          to: sunday + 48 * HOUR,
          every: '1w',
        })
        expect(
          rows.map(({ time, fields }) => [new Date(time).toISOString().slice(0, 10), fields.room_temperature]),
        ).toEqual([
          ['2026-01-05', 1],
          ['2026-01-12', 2],
        ])
      })

      test('every aggregate is right for numbers, and text takes its last value', async () => {
        const id = newId()
        const hours = [3, 1, 2, 6]
        await store.write(
          hours.map((value, index) => ({
            ...meter(id, NOON + index * HOUR, value),
            fields: { consumption: value, source: `file ${index}`, ...(index === 1 ? { volume: 7 } : {}) },
          })),
        )
        const aggregated = async (aggregate: 'mean' | 'min' | 'max' | 'sum' | 'first' | 'last' | 'count') => {
          const rows = await store.read({
            measurement: 'energy_meter',
            tags: { house_id: id },
            fields: ['consumption', 'volume', 'source', 'power'],
            from: NOON,
            to: NOON + 4 * HOUR,
            every: '4h',
            aggregate,
          })
          return rows.map(({ fields }) => Object.values(fields))
        }
        expect(await aggregated('mean')).toEqual([[3, 7, 'file 3', null]])
        expect(await aggregated('min')).toEqual([[1, 7, 'file 3', null]])
        expect(await aggregated('max')).toEqual([[6, 7, 'file 3', null]])
        expect(await aggregated('sum')).toEqual([[12, 7, 'file 3', null]])
        expect(await aggregated('first')).toEqual([[3, 7, 'file 0', null]])
        expect(await aggregated('last')).toEqual([[6, 7, 'file 3', null]])
        expect(await aggregated('count')).toEqual([[4, 1, 4, null]])
      })

      test('series are aggregated one by one', async () => {
        const id = newId()
        await store.write([meter(id, NOON, 1, '001'), meter(id, NOON + HOUR, 3, '001'), meter(id, NOON, 10, '002')])
        const rows = await store.read({
          measurement: 'energy_meter',
          tags: { house_id: id },
          fields: ['consumption'],
          from: NOON,
          to: NOON + 12 * HOUR,
          every: '1d',
          aggregate: 'sum',
        })
        expect(rows.map(({ tags, fields }) => [tags.meter_id, fields.consumption])).toEqual([
          ['001', 4],
          ['002', 10],
        ])
      })

      test('limit gives the newest buckets', async () => {
        const id = newId()
        await store.write([0, 1, 2, 3].map((day) => reading(id, NOON + day * 24 * HOUR, day)))
        const rows = await store.read({
          measurement: 'zone_reading',
          tags: { zone_id: id },
          fields: ['temperature'],
          from: NOON,
          to: NOON + 96 * HOUR,
          every: '1d',
          limit: 2,
        })
        expect(values(rows, 'temperature')).toEqual([2, 3])
      })

      test('grouping in the store equals grouping by hand, in any zone, across changes of the clock', async () => {
        const hour = fc.integer({ min: 0, max: 2 * 365 * 24 })
        await fc.assert(
          fc.asyncProperty(
            fc.constantFrom('1d', '2d', '1w', '2w', '1mo', '3mo', '6h', '90m'),
            fc.constantFrom('Europe/Stockholm', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'),
            fc.uniqueArray(hour, { minLength: 1, maxLength: 60 }),
            hour,
            hour,
            async (every, zone, hours, a, b) => {
              const id = newId()
              const at = (index: number) => Date.UTC(2025, 2, 1) + index * HOUR
              const [from, to] = [at(Math.min(a, b)), at(Math.max(a, b)) + 1]
              await store.write(hours.map((index) => meter(id, at(index), index % 7)))
              const rows = await store.read({
                measurement: 'energy_meter',
                tags: { house_id: id },
                fields: ['consumption'],
                from,
                to,
                every,
                zone,
                aggregate: 'sum',
              })
              const expected = new Map<number, number>()
              for (const index of [...hours].sort((x, y) => x - y)) {
                if (at(index) < from || at(index) >= to) continue
                const stamp = bucketStamp(at(index), parseEvery(every), zone)
                expected.set(stamp, (expected.get(stamp) ?? 0) + (index % 7))
              }
              expect(rows.map(({ time, fields }) => [time, fields.consumption])).toEqual([...expected])
            },
          ),
          { numRuns: propertyRuns },
        )
      })
    })

    describe('latest', () => {
      test('the newest row, its fields from that one time only', async () => {
        const id = newId()
        await store.write([
          house(id, NOON, { room_temperature: 21, supply_temp: 40 }),
          house(id, NOON + HOUR, { room_temperature: 22 }),
        ])
        const row = await store.latest('heating_system', { house_id: id })
        expect(row).toMatchObject({ time: NOON + HOUR, tags: { house_id: id } })
        expect(row?.fields).toMatchObject({ room_temperature: 22, supply_temp: null })
      })

      test('nothing stored gives undefined', async () => {
        expect(await store.latest('heating_system', { house_id: newId() })).toBeUndefined()
      })

      test('a forecast may be newer than now', async () => {
        const id = newId()
        const time = Date.UTC(2099, 0, 1)
        await store.write([
          {
            measurement: 'energy_forecast',
            tags: { house_id: id, lead_time_hours: '3' },
            time,
            fields: { heating_power_kw: 2 },
          },
        ])
        expect((await store.latest('energy_forecast', { house_id: id }))?.time).toBe(time)
      })
    })

    describe('replaceRange', () => {
      const readAll = (id: string) =>
        store.read({
          measurement: 'energy_meter',
          tags: { house_id: id },
          fields: ['consumption'],
          from: 0,
          to: NOON * 2,
        })

      test('afterwards the range holds exactly the new points; beyond it and beside it nothing changed', async () => {
        const [id, other] = [newId(), newId()]
        const hours = [0, 1, 2, 3, 4, 5]
        await store.write(
          hours.flatMap((hour) => [meter(id, NOON + hour * HOUR, hour), meter(other, NOON + hour * HOUR, hour)]),
        )
        await store.replaceRange('energy_meter', { house_id: id }, NOON + HOUR, NOON + 5 * HOUR, [
          meter(id, NOON + 2 * HOUR, 20),
          meter(id, NOON + 3.5 * HOUR, 35),
        ])
        expect((await readAll(id)).map(({ time, fields }) => [(time - NOON) / HOUR, fields.consumption])).toEqual([
          [0, 0],
          [2, 20],
          [3.5, 35],
          [5, 5],
        ])
        expect(values(await readAll(other), 'consumption')).toEqual(hours)
      })

      test('a field the new point lacks is gone', async () => {
        const id = newId()
        const day = { measurement: 'energy_separated', tags: { house_id: id }, time: labelToTime('2026-01-10') }
        await store.write([{ ...day, fields: { actual_energy_kwh: 50, dhw_energy_kwh: 9, grade: 'B' } }])
        await store.replaceRange('energy_separated', { house_id: id }, 0, NOON * 2, [
          { ...day, fields: { actual_energy_kwh: 51, grade: 'C' } },
        ])
        const row = await store.latest('energy_separated', { house_id: id })
        expect(row?.fields).toMatchObject({ actual_energy_kwh: 51, dhw_energy_kwh: null, grade: 'C' })
      })

      test('an empty new set empties the range, of an open measurement too', async () => {
        const id = newId('TE901')
        const point = (time: number) => ({
          measurement: 'building_system',
          tags: { building_id: id },
          time,
          fields: { a: 1, b: 2 },
        })
        await store.write([point(NOON), point(NOON + HOUR), point(NOON + 2 * HOUR)])
        await store.replaceRange('building_system', { building_id: id }, NOON, NOON + 2 * HOUR, [])
        const rows = await store.read({
          measurement: 'building_system',
          tags: { building_id: id },
          from: 0,
          to: NOON * 2,
        })
        expect(times(rows)).toEqual([NOON + 2 * HOUR])
      })

      test('points of another series, another measurement or outside the range are refused and change nothing', async () => {
        const id = newId()
        await store.write([meter(id, NOON, 1)])
        const replace = (points: Point[]) =>
          store.replaceRange('energy_meter', { house_id: id }, NOON - HOUR, NOON + HOUR, points)
        await expect(replace([meter(newId(), NOON, 2)])).rejects.toBeInstanceOf(BadData)
        await expect(replace([house(id, NOON, { supply_temp: 1 })])).rejects.toBeInstanceOf(BadData)
        await expect(replace([meter(id, NOON + HOUR, 2)])).rejects.toBeInstanceOf(BadData)
        await expect(store.replaceRange('energy_meter', {}, 0, NOON, [])).rejects.toBeInstanceOf(BadData)
        expect(values(await readAll(id), 'consumption')).toEqual([1])
      })

      test('whatever was there, afterwards there is exactly the set', async () => {
        const hours = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 })
        await fc.assert(
          fc.asyncProperty(hours, hours, fc.nat(30), fc.nat(30), async (before, after, a, b) => {
            const id = newId()
            const at = (hour: number) => NOON + hour * HOUR
            const [from, to] = [Math.min(a, b), Math.max(a, b)]
            const inside = after.filter((hour) => hour >= from && hour < to)
            await store.write(before.map((hour) => meter(id, at(hour), hour)))
            await store.replaceRange(
              'energy_meter',
              { house_id: id },
              at(from),
              at(to),
              inside.map((hour) => meter(id, at(hour), 100 + hour)),
            )
            const kept = before.filter((hour) => hour < from || hour >= to).map((hour) => [hour, hour])
            const expected = [...kept, ...inside.map((hour) => [hour, 100 + hour])].sort(
              (x, y) => (x[0] ?? 0) - (y[0] ?? 0),
            )
            const rows = await readAll(id)
            expect(rows.map(({ time, fields }) => [(time - NOON) / HOUR, fields.consumption])).toEqual(expected)
          }),
          { numRuns: propertyRuns },
        )
      })
    })

    describe('merging and counting', () => {
      test('the order in which parts of points arrive makes no difference', async () => {
        const names = ['room_temperature', 'supply_temp', 'return_temp', 'away_mode'] as const
        const part = fc.record({ hour: fc.nat(3), field: fc.constantFrom(...names) })
        const parts = fc.uniqueArray(part, { maxLength: 16, selector: ({ hour, field }) => `${hour} ${field}` })
        await fc.assert(
          fc.asyncProperty(
            parts.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
            async ([original, shuffled]) => {
              const write = async (order: typeof original) => {
                const id = newId()
                const points = order.map(({ hour, field }) =>
                  house(id, NOON + hour * HOUR, { [field]: hour * 10 + names.indexOf(field) }),
                )
                await Promise.all(points.map((point) => store.write([point])))
                return (await readHouse(id, [...names])).map(({ time, fields }) => ({ time, fields }))
              }
              expect(await write(shuffled)).toEqual(await write([...original]))
            },
          ),
          { numRuns: propertyRuns },
        )
      })

      test('as many rows are counted and deleted as keys were written', async () => {
        const key = fc.record({ hour: fc.nat(40), meterId: fc.constantFrom('001', '002') })
        await fc.assert(
          fc.asyncProperty(fc.array(key, { minLength: 1, maxLength: 40 }), async (keys) => {
            const id = newId()
            await store.write(keys.map(({ hour, meterId }) => meter(id, NOON + hour * HOUR, 1, meterId)))
            const hours = keys.map(({ hour }) => NOON + hour * HOUR)
            const expected = {
              measurement: 'energy_meter',
              rows: new Set(keys.map(({ hour, meterId }) => `${hour} ${meterId}`)).size,
              oldest: Math.min(...hours),
              newest: Math.max(...hours),
            }
            expect(await store.countEntity({ kind: 'house', id })).toEqual([expected])
            const report = await store.deleteEntity({ kind: 'house', id })
            expect(report).toEqual({ deleted: [expected], remaining: [] })
          }),
          { numRuns: propertyRuns },
        )
      })

      test('an import of many thousand points arrives whole', async () => {
        const id = newId()
        const points = Array.from({ length: 12_000 }, (_, index) => reading(id, NOON + index * 60_000, index / 10))
        await Promise.all([store.write(points), store.write([reading(id, NOON - HOUR, 1)])])
        expect(await store.countEntity({ kind: 'zone', id })).toEqual([
          { measurement: 'zone_reading', rows: 12_001, oldest: NOON - HOUR, newest: NOON + 11_999 * 60_000 },
        ])
      })
    })

    describe('deleteEntity', () => {
      test('deletes every measurement of exactly this entity, proved by reading back', async () => {
        const id = newId()
        const [longer, sameName] = [`${id}0`, id]
        const day = {
          measurement: 'energy_separated',
          time: labelToTime('2026-01-10'),
          fields: { actual_energy_kwh: 5 },
        }
        await store.write([
          house(id, NOON, { room_temperature: 21 }),
          house(id, NOON + HOUR, { supply_temp: 40 }),
          meter(id, NOON, 1, '001'),
          meter(id, NOON, 1, '002'),
          house(longer, NOON, { room_temperature: 21 }),
          { ...day, tags: { building_id: sameName } },
        ])
        const report = await store.deleteEntity({ kind: 'house', id })
        expect(report).toEqual({
          deleted: [
            { measurement: 'energy_meter', rows: 2, oldest: NOON, newest: NOON },
            { measurement: 'heating_system', rows: 2, oldest: NOON, newest: NOON + HOUR },
          ],
          remaining: [],
        })
        expect(await readHouse(id)).toEqual([])
        expect(await readHouse(longer)).toHaveLength(1)
        expect(await store.countEntity({ kind: 'building', id: sameName })).toHaveLength(1)
      })

      test('only the given measurements, when given', async () => {
        const id = newId()
        await store.write([house(id, NOON, { room_temperature: 21 }), meter(id, NOON, 1)])
        const report = await store.deleteEntity({ kind: 'house', id }, { measurements: ['energy_meter'] })
        expect(report).toMatchObject({ deleted: [{ measurement: 'energy_meter', rows: 1 }], remaining: [] })
        expect(await store.countEntity({ kind: 'house', id })).toMatchObject([
          { measurement: 'heating_system', rows: 1 },
        ])
        const foreign = store.deleteEntity({ kind: 'house', id }, { measurements: ['zone_reading'] })
        await expect(foreign).rejects.toBeInstanceOf(BadData)
      })

      test('counts a building by times, not by signals', async () => {
        const id = newId('TE901')
        const tags = { building_id: id }
        await store.write([
          { measurement: 'building_system', tags, time: NOON, fields: { a: 1, b: 2 } },
          { measurement: 'building_system', tags, time: NOON + 900 * HOUR, fields: { b: 3 } },
        ])
        const expected = [{ measurement: 'building_system', rows: 2, oldest: NOON, newest: NOON + 900 * HOUR }]
        expect(await store.countEntity({ kind: 'building', id })).toEqual(expected)
        expect(await store.deleteEntity({ kind: 'building', id })).toEqual({ deleted: expected, remaining: [] })
      })

      test.each([
        'a b',
        'a,b',
        'a=b',
        'a"b',
        "a'b",
        'a\\b',
        'a\\"b',
        'å',
        'a" OR house_id != "',
        '$\u{7b}x}',
        'and or',
      ])('an entity called %s goes, its neighbour stays', async (odd) => {
        const id = `${newId()}${odd}`
        const neighbour = `${id}2`
        await store.write([house(id, NOON, { supply_temp: 1 }), house(neighbour, NOON, { supply_temp: 1 })])
        expect((await store.deleteEntity({ kind: 'house', id })).remaining).toEqual([])
        expect(await readHouse(id)).toEqual([])
        expect(await readHouse(neighbour)).toHaveLength(1)
      })

      test('an entity without data is no error', async () => {
        expect(await store.deleteEntity({ kind: 'zone', id: newId() })).toEqual({ deleted: [], remaining: [] })
      })
    })

    describe('life cycle', () => {
      test('check resolves while the store takes reads and writes', async () => {
        await expect(store.check()).resolves.toBeUndefined()
      })

      test('what was begun before close is stored, what comes after is refused', async () => {
        const closing = await open()
        const id = newId()
        const begun = closing.write([house(id, NOON, { supply_temp: 1 })])
        await closing.close()
        await expect(begun).resolves.toBeUndefined()
        const refused = closing.write([house(id, NOON, { supply_temp: 2 })])
        await expect(refused).rejects.toBeInstanceOf(StoreUnavailable)
        await expect(closing.check()).rejects.toBeInstanceOf(StoreUnavailable)
        await closing.close()
      })
    })
  })
}
