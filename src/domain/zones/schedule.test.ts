import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dayEnd, dayStart } from '../time/day.ts'
import { clockInstant, clockText, WEEKDAYS } from './clock.ts'
import {
  changesBetween,
  type DailyPeriod,
  nextChange,
  type ScheduleException,
  scheduledSetpoint,
  type WeeklyPeriod,
  type ZoneSchedule,
} from './schedule.ts'

const utc = (text: string) => Date.parse(text)
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())

const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'] as const
const office: ZoneSchedule = {
  occupiedTemperature: 21,
  unoccupiedTemperature: 17,
  weekly: [{ days: WORKDAYS, from: '06:30', to: '18:00' }],
  exceptions: [],
}
const temperatureAt = (schedule: ZoneSchedule, time: string) => scheduledSetpoint(schedule, utc(time)).temperature

describe('the clock', () => {
  test.each([
    ['2026-01-10', '06:30', '2026-01-10T05:30:00.000Z'],
    ['2026-07-10', '06:30', '2026-07-10T04:30:00.000Z'],
    ['2026-03-29', '02:30', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29', '03:00', '2026-03-29T01:00:00.000Z'],
    ['2026-03-29', '03:01', '2026-03-29T01:01:00.000Z'],
    ['2026-10-25', '02:30', '2026-10-25T00:30:00.000Z'],
    ['2026-10-25', '03:00', '2026-10-25T02:00:00.000Z'],
    ['2026-10-25', '00:00', '2026-10-24T22:00:00.000Z'],
  ])('on %s it shows %s at %s', (day, clock, expected) => expect(iso(clockInstant(day, clock))).toBe(expected))

  test('is never earlier for a later time of the same day', () => {
    const days = fc.constantFrom('2026-03-28', '2026-03-29', '2026-10-25', '2026-10-26', '2026-06-01')
    const minutes = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(days, minutes, minutes, (day, a, b) => {
        expect(clockInstant(day, clockOf(Math.min(a, b)))).toBeLessThanOrEqual(
          clockInstant(day, clockOf(Math.max(a, b))),
        )
      }),
    )
  })

  test('24:00 and 6:30 are no times of day', () => {
    expect(() => clockInstant('2026-01-10', '24:00')).toThrow(RangeError)
    expect(() => clockInstant('2026-01-10', '6:30')).toThrow(RangeError)
  })

  test('is written with the weekday or the date when the day is another one', () => {
    const now = utc('2026-01-09T12:00:00Z')
    expect(clockText(utc('2026-01-09T05:30:00Z'), now, 'sv')).toBe('06:30')
    expect(clockText(utc('2026-01-12T05:30:00Z'), now, 'sv')).toBe('mån 06:30')
    expect(clockText(utc('2026-01-12T05:30:00Z'), now, 'en')).toBe('Mon 06:30')
    expect(clockText(utc('2026-01-19T05:30:00Z'), now, 'en')).toBe('2026-01-19 06:30')
  })
})

describe('a weekly schedule', () => {
  test('asks for the occupied temperature from 06:30 to 18:00 on working days', () => {
    expect(temperatureAt(office, '2026-01-09T05:29:59Z')).toBe(17)
    expect(temperatureAt(office, '2026-01-09T05:30:00Z')).toBe(21)
    expect(temperatureAt(office, '2026-01-09T16:59:59Z')).toBe(21)
    expect(temperatureAt(office, '2026-01-09T17:00:00Z')).toBe(17)
    expect(temperatureAt(office, '2026-01-10T09:00:00Z')).toBe(17)
  })

  test('looks over the weekend for the next change', () => {
    const change = nextChange(office, utc('2026-01-09T17:00:00Z'))
    expect([iso(change?.time), change?.setpoint.temperature]).toEqual(['2026-01-12T05:30:00.000Z', 21])
  })

  test('may have several periods a day, each with a temperature of its own', () => {
    const home: ZoneSchedule = {
      ...office,
      weekly: [
        { days: WEEKDAYS, from: '06:00', to: '08:00' },
        { days: WEEKDAYS, from: '16:00', to: '22:00', temperature: 22 },
      ],
    }
    const changes = changesBetween(home, dayStart('2026-01-10'), dayEnd('2026-01-10') - 1)
    expect(changes.map(({ time, setpoint }) => [iso(time)?.slice(11, 16), setpoint.temperature])).toEqual([
      ['05:00', 21],
      ['07:00', 17],
      ['15:00', 22],
      ['21:00', 17],
    ])
  })

  test('a period that ends earlier than it begins ends on the next day', () => {
    const nights: ZoneSchedule = { ...office, weekly: [{ days: ['fri'], from: '22:00', to: '06:00' }] }
    expect(temperatureAt(nights, '2026-01-09T21:00:00Z')).toBe(21)
    expect(temperatureAt(nights, '2026-01-10T04:59:00Z')).toBe(21)
    expect(temperatureAt(nights, '2026-01-10T05:00:00Z')).toBe(17)
    expect(temperatureAt(nights, '2026-01-09T04:00:00Z')).toBe(17)
  })

  test('00:00 to 00:00 is the whole day, and a week of such days never changes', () => {
    const always: ZoneSchedule = { ...office, weekly: [{ days: WEEKDAYS, from: '00:00', to: '00:00' }] }
    expect(nextChange(always, utc('2026-01-09T12:00:00Z'))).toBeNull()
    expect(temperatureAt(always, '2026-10-25T01:30:00Z')).toBe(21)
  })

  test('of periods that overlap the last listed counts', () => {
    const overlapping: ZoneSchedule = {
      ...office,
      weekly: [
        { days: WEEKDAYS, from: '06:00', to: '22:00' },
        { days: WEEKDAYS, from: '12:00', to: '13:00', temperature: 19 },
      ],
    }
    expect(temperatureAt(overlapping, '2026-01-09T11:30:00Z')).toBe(19)
    expect(temperatureAt(overlapping, '2026-01-09T12:30:00Z')).toBe(21)
  })
})

describe('on the day the clock is put forward', () => {
  test('a night period of 01:00 to 05:00 lasts three hours, one that begins in the missing hour begins at 03:00', () => {
    const schedule: ZoneSchedule = { ...office, weekly: [{ days: ['sun'], from: '01:00', to: '05:00' }] }
    const change = nextChange(schedule, utc('2026-03-28T12:00:00Z'))
    expect(iso(change?.time)).toBe('2026-03-29T00:00:00.000Z')
    expect(iso(nextChange(schedule, change?.time ?? 0)?.time)).toBe('2026-03-29T03:00:00.000Z')
    const missing: ZoneSchedule = { ...office, weekly: [{ days: ['sun'], from: '02:15', to: '04:00' }] }
    expect(iso(nextChange(missing, utc('2026-03-28T12:00:00Z'))?.time)).toBe('2026-03-29T01:00:00.000Z')
  })

  test('06:30 stays 06:30 on the clock', () => {
    const daily: ZoneSchedule = { ...office, weekly: [{ days: WEEKDAYS, from: '06:30', to: '22:00' }] }
    const starts = changesBetween(daily, utc('2026-03-27T23:00:00Z'), utc('2026-03-30T12:00:00Z'))
      .filter(({ setpoint }) => setpoint.occupied)
      .map(({ time }) => iso(time))
    expect(starts).toEqual(['2026-03-28T05:30:00.000Z', '2026-03-29T04:30:00.000Z', '2026-03-30T04:30:00.000Z'])
  })
})

describe('on the day the clock is put back', () => {
  test('a period of 01:00 to 05:00 lasts five hours, one to 02:30 ends the first time the clock shows it', () => {
    const schedule: ZoneSchedule = { ...office, weekly: [{ days: ['sun'], from: '01:00', to: '05:00' }] }
    const change = nextChange(schedule, utc('2026-10-24T12:00:00Z'))
    expect(iso(change?.time)).toBe('2026-10-24T23:00:00.000Z')
    expect(iso(nextChange(schedule, change?.time ?? 0)?.time)).toBe('2026-10-25T04:00:00.000Z')
    const short: ZoneSchedule = { ...office, weekly: [{ days: ['sun'], from: '01:00', to: '02:30' }] }
    expect(temperatureAt(short, '2026-10-25T00:29:00Z')).toBe(21)
    expect(temperatureAt(short, '2026-10-25T00:31:00Z')).toBe(17)
    expect(temperatureAt(short, '2026-10-25T01:15:00Z')).toBe(17)
  })
})

describe('exceptions', () => {
  const holiday: ScheduleException = { from: '2026-12-24', to: '2026-12-26', name: 'Jul', occupied: false }
  const with_ = (...exceptions: ScheduleException[]): ZoneSchedule => ({ ...office, exceptions })

  test('a closed day has no occupied hour, and says which exception it is', () => {
    const closed = with_(holiday)
    expect(changesBetween(closed, dayStart('2026-12-24'), dayEnd('2026-12-26'))).toEqual([])
    expect(scheduledSetpoint(closed, utc('2026-12-24T12:00:00Z'))).toEqual({
      temperature: 17,
      occupied: false,
      source: 'exception',
      exceptionName: 'Jul',
    })
    expect(iso(nextChange(closed, utc('2026-12-23T18:00:00Z'))?.time)).toBe('2026-12-28T05:30:00.000Z')
  })

  test('may have a colder set-back, or a warmer day', () => {
    expect(temperatureAt(with_({ ...holiday, unoccupiedTemperature: 15 }), '2026-12-25T12:00:00Z')).toBe(15)
    const open = with_({ ...holiday, occupied: true, occupiedTemperature: 22 })
    expect(temperatureAt(open, '2026-12-24T23:30:00Z')).toBe(22)
    expect(temperatureAt(open, '2026-12-26T23:30:00Z')).toBe(17)
  })

  test('may have periods of their own', () => {
    const halfDay = with_({ ...holiday, occupied: true, periods: [{ from: '10:00', to: '14:00', temperature: 20 }] })
    expect(temperatureAt(halfDay, '2026-12-24T08:59:00Z')).toBe(17)
    expect(temperatureAt(halfDay, '2026-12-24T09:00:00Z')).toBe(20)
    expect(temperatureAt(halfDay, '2026-12-24T13:00:00Z')).toBe(17)
  })

  test('a night period of the day before ends at midnight, one of the exception itself goes on', () => {
    const nights: ZoneSchedule = { ...office, weekly: [{ days: WEEKDAYS, from: '22:00', to: '06:00' }] }
    expect(temperatureAt({ ...nights, exceptions: [holiday] }, '2026-12-23T22:30:00Z')).toBe(21)
    expect(temperatureAt({ ...nights, exceptions: [holiday] }, '2026-12-24T01:00:00Z')).toBe(17)
    const shifts = { ...holiday, occupied: true, periods: [{ from: '20:00', to: '04:00' }] }
    expect(temperatureAt({ ...nights, exceptions: [shifts] }, '2026-12-25T01:00:00Z')).toBe(21)
    expect(temperatureAt({ ...nights, exceptions: [shifts] }, '2026-12-27T01:00:00Z')).toBe(21)
    expect(temperatureAt({ ...nights, exceptions: [shifts] }, '2026-12-27T03:30:00Z')).toBe(17)
  })

  test('of exceptions that overlap the last listed counts', () => {
    const oneDay: ScheduleException = { from: '2026-12-25', to: '2026-12-25', occupied: true }
    expect(temperatureAt(with_(holiday, oneDay), '2026-12-25T03:00:00Z')).toBe(21)
    expect(temperatureAt(with_(oneDay, holiday), '2026-12-25T03:00:00Z')).toBe(17)
  })

  test('far away are still found, and what comes after them', () => {
    const always = { ...office, weekly: [{ days: WEEKDAYS, from: '00:00', to: '00:00' }] }
    const closed = { ...always, exceptions: [holiday] }
    expect(iso(nextChange(closed, utc('2026-01-09T12:00:00Z'))?.time)).toBe('2026-12-23T23:00:00.000Z')
    expect(iso(nextChange(closed, utc('2026-12-24T12:00:00Z'))?.time)).toBe('2026-12-26T23:00:00.000Z')
  })
})

describe('without a schedule', () => {
  const none: ZoneSchedule = { ...office, weekly: [] }
  test("the device's own occupancy counts, and an unknown one as occupied", () => {
    const at = utc('2026-01-10T12:00:00Z')
    expect(scheduledSetpoint(none, at, false)).toMatchObject({ temperature: 17, source: 'device' })
    expect(scheduledSetpoint(none, at, true)).toMatchObject({ temperature: 21, source: 'device' })
    expect(scheduledSetpoint(none, at, null)).toMatchObject({ temperature: 21, source: 'assumed' })
    expect(nextChange(none, at, true)).toBeNull()
  })

  test('exceptions hold all the same', () => {
    const closed = { ...none, exceptions: [{ from: '2026-01-10', to: '2026-01-10', occupied: false }] }
    expect(scheduledSetpoint(closed, utc('2026-01-10T12:00:00Z'), true).temperature).toBe(17)
  })
})

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}

const clock = fc.integer({ min: 0, max: 1439 }).map(clockOf)
const temperature = fc.option(fc.integer({ min: 15, max: 25 }), { nil: undefined })
const dailyPeriod: fc.Arbitrary<DailyPeriod> = fc.record({ from: clock, to: clock, temperature })
const weeklyPeriod: fc.Arbitrary<WeeklyPeriod> = fc
  .tuple(dailyPeriod, fc.subarray([...WEEKDAYS], { minLength: 1 }))
  .map(([period, days]) => ({ ...period, days }))
const day = fc
  .integer({ min: utc('2026-03-20'), max: utc('2026-11-05') })
  .map((instant) => new Date(instant).toISOString().slice(0, 10))
const exception: fc.Arbitrary<ScheduleException> = fc
  .record({
    days: fc.tuple(day, day).map((days) => days.toSorted()),
    occupied: fc.boolean(),
    occupiedTemperature: temperature,
    periods: fc.option(fc.array(dailyPeriod, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  })
  .map(({ days, ...rest }) => ({ from: days[0] ?? '', to: days[1] ?? '', ...rest }))
const anySchedule: fc.Arbitrary<ZoneSchedule> = fc.record({
  occupiedTemperature: fc.constant(21),
  unoccupiedTemperature: fc.constant(17),
  weekly: fc.array(weeklyPeriod, { maxLength: 5 }),
  exceptions: fc.array(exception, { maxLength: 3 }),
})
/** Around both changes of the clock, where faults would hide. */
const instant = fc.oneof(
  fc.integer({ min: utc('2026-03-28T00:00:00Z'), max: utc('2026-03-30T12:00:00Z') }),
  fc.integer({ min: utc('2026-10-24T00:00:00Z'), max: utc('2026-10-26T12:00:00Z') }),
  fc.integer({ min: utc('2026-03-01T00:00:00Z'), max: utc('2026-11-30T00:00:00Z') }),
)

describe('any schedule', () => {
  test('has one wanted temperature at every instant', () => {
    fc.assert(
      fc.property(anySchedule, instant, (schedule, at) => {
        const { temperature: wanted } = scheduledSetpoint(schedule, at, true)
        expect(wanted).toBeGreaterThanOrEqual(15)
        expect(wanted).toBeLessThanOrEqual(25)
      }),
    )
  })

  test('wants the same up to the next change, and something else from then on', () => {
    fc.assert(
      fc.property(anySchedule, instant, fc.double({ min: 0, max: 1, noNaN: true }), (schedule, at, share) => {
        const now = scheduledSetpoint(schedule, at, true)
        const change = nextChange(schedule, at, true)
        const wish = ({ temperature, occupied }: typeof now) => ({ temperature, occupied })
        const until = change?.time ?? at + 60 * 86_400_000
        expect(until).toBeGreaterThan(at)
        const between = Math.min(until - 1, Math.floor(at + (until - at) * share))
        expect(wish(scheduledSetpoint(schedule, between, true))).toEqual(wish(now))
        if (change === null) return
        expect(wish(scheduledSetpoint(schedule, change.time, true))).not.toEqual(wish(now))
        expect(scheduledSetpoint(schedule, change.time, true)).toEqual(change.setpoint)
      }),
    )
  })

  test('changes between two instants are those found one after the other', () => {
    fc.assert(
      fc.property(anySchedule, instant, (schedule, from) => {
        const to = from + 3 * 86_400_000
        const found: number[] = []
        for (let change = nextChange(schedule, from, true); change !== null && change.time <= to; ) {
          found.push(change.time)
          change = nextChange(schedule, change.time, true)
        }
        expect(changesBetween(schedule, from, to, true).map(({ time }) => time)).toEqual(found)
      }),
    )
  })

  test('away from the hours that change, a period holds exactly while the clock shows a time inside it', () => {
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 240, max: 1000 }),
        fc.integer({ min: 1, max: 400 }),
        (at, from, length) => {
          const to = from + length
          const schedule: ZoneSchedule = {
            ...office,
            weekly: [{ days: WEEKDAYS, from: clockOf(from), to: clockOf(to) }],
          }
          const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'short' }).format(
            at,
          )
          const inside = shown >= clockOf(from) && shown < clockOf(to)
          expect(scheduledSetpoint(schedule, at).occupied).toBe(inside)
        },
      ),
    )
  })
})
