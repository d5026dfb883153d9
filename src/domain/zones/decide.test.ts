import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterWrite, decideZone, type ZoneDecision, type ZoneInput } from './decide.ts'
import { observeZone } from './observe.ts'
import { type OutdoorOutlook, UNKNOWN_OUTDOOR } from './outdoor.ts'
import type { ZoneReading } from './reading.ts'
import { CONTROL_LAWS, type ZoneSettings } from './settings.ts'
import { initialZoneState, withOverride, type ZoneState } from './state.ts'
import { SETTINGS } from './testing/zone-run.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Monday, ten o'clock on the Swedish clock; occupied until 22:00. */
const noon = Date.parse('2026-01-12T09:00:00Z')
const mild: OutdoorOutlook = { current: 5, measured: 5, steps: [] }

type Change = Partial<Omit<ZoneInput, 'reading' | 'settings'>> & {
  readonly reading?: Partial<ZoneReading> | null
  readonly settings?: Partial<ZoneSettings>
}

function readingAt(now: number, change: Partial<ZoneReading> = {}): ZoneReading {
  return { time: now, temperature: 21.5, setpoint: 20, occupied: true, heating: false, ...change }
}

function decide({ now = noon, reading = {}, settings = {}, ...rest }: Change = {}): ZoneDecision {
  return decideZone({
    now,
    settings: { ...SETTINGS, ...settings },
    state: initialZoneState(),
    outdoor: mild,
    ...rest,
    reading: reading === null ? null : readingAt(now, reading),
  })
}

describe('what is wanted', () => {
  test('is the occupied temperature of the preferences while the schedule says so', () => {
    expect(decide()).toMatchObject({
      target: 22,
      setpoint: 22,
      write: true,
      action: 'setpoint_changed',
      previous: 20,
      reasonCode: 'schedule_occupied',
      reason: {
        sv: 'Schemat: närvaro till 22:00, 22,0 °C.',
        en: 'Schedule: occupied until 22:00, 22.0 °C.',
      },
    })
  })

  test('is the unoccupied temperature at night', () => {
    const decision = decide({ now: noon + 13 * HOUR })
    expect([decision.setpoint, decision.reasonCode]).toEqual([17, 'schedule_unoccupied'])
    expect(decision.reason.sv).toBe('Schemat: ingen närvaro till tis 06:30, 17,0 °C.')
    expect(decision.nextChange?.setpoint.temperature).toBe(22)
  })

  test('on an exception names it', () => {
    const exceptions = [{ from: '2026-01-12', to: '2026-01-12', name: 'Inventering', occupied: false }]
    const { reason, setpoint } = decide({ settings: { schedule: { ...SETTINGS.schedule, exceptions } } })
    expect(setpoint).toBe(17)
    expect(reason.en).toBe('Exception (Inventering): unoccupied until Tue 06:30, 17.0 °C.')
  })

  test("without a schedule follows the device's occupancy, and an unknown one is taken for occupied", () => {
    const settings = { schedule: { ...SETTINGS.schedule, weekly: [] } }
    const known = (occupied: boolean): ZoneState => ({
      ...initialZoneState(),
      occupancy: { counts: occupied, reported: occupied, since: 0 },
    })
    expect(decide({ settings, state: known(false) })).toMatchObject({ setpoint: 17, reasonCode: 'device_unoccupied' })
    expect(decide({ settings, state: known(true) })).toMatchObject({ setpoint: 22, reasonCode: 'device_occupied' })
    expect(decide({ settings })).toMatchObject({ setpoint: 22, reasonCode: 'occupancy_assumed' })
  })
})

describe('a setpoint set by hand', () => {
  const overridden = (temperature: number, until = noon + 2 * HOUR, by = 'Anna') =>
    withOverride(initialZoneState(), { temperature, until, by })

  test('wins over the schedule until its end', () => {
    const state = overridden(19)
    expect(decide({ state })).toMatchObject({ setpoint: 19, reasonCode: 'override' })
    expect(decide({ state }).reason.en).toBe('Set by hand: 19.0 °C until 12:00.')
    const later = decide({ state, now: noon + 2 * HOUR })
    expect(later).toMatchObject({ setpoint: 22, reasonCode: 'schedule_occupied' })
    expect(later.state.override).toBeNull()
  })

  test('stays within the limits, and says so', () => {
    expect(decide({ state: overridden(30) })).toMatchObject({ target: 25, setpoint: 25 })
    expect(decide({ state: overridden(30) }).reason.sv).toBe(
      'Satt för hand: 30,0 °C till 12:00, begränsat till 25,0 °C.',
    )
  })

  test('says when it was turned at the device', () => {
    expect(decide({ state: overridden(19, noon + HOUR, 'device') }).reason.sv).toBe(
      'Inställt på enheten: 19,0 °C till 11:00.',
    )
  })

  test('is not reduced for warm weather', () => {
    const outdoor = { current: 28, measured: 28, steps: [] }
    expect(decide({ state: overridden(23), outdoor }).setpoint).toBe(23)
  })
})

describe('warm weather', () => {
  test('lowers the occupied temperature by what is configured', () => {
    const warm = decide({ outdoor: { current: 23.4, measured: 23.4, steps: [] } })
    expect(warm).toMatchObject({ target: 21, reasonCode: 'warm_weather' })
    expect(warm.reason).toEqual({
      sv: 'Varmt ute, i snitt 23,4 °C kommande 3 h: sänkt 1,0 K till 21,0 °C.',
      en: 'Warm outdoors, 23.4 °C on average over the next 3 h: lowered by 1.0 K to 21.0 °C.',
    })
    expect(warm.state.warm).toBe(true)
  })

  test('does not lower what is lowered already', () => {
    expect(decide({ now: noon + 13 * HOUR, outdoor: { current: 25, measured: 25, steps: [] } }).setpoint).toBe(17)
  })
})

describe('pre-heating', () => {
  /** 04:30 on the Swedish clock. */
  const early = Date.parse('2026-01-12T03:30:00Z')
  const cold = { temperature: 19.5, setpoint: 17 }

  test('begins before the occupied time and says since when and what for', () => {
    const decision = decide({ now: early, reading: cold })
    expect(decision).toMatchObject({ target: 22, reasonCode: 'preheat', preheat: { target: 22, inTime: true } })
    expect(decision.reason.en).toBe('Pre-heating since 04:30 so that 22.0 °C is reached at 06:30.')
    const later = decide({ now: early + HOUR, reading: { temperature: 22.1 }, state: decision.state })
    expect(later.reason.sv).toBe('Förvärmning sedan 04:30 så att 22,0 °C nås till 06:30.')
    expect(later.target).toBe(22)
  })

  test('waits while there is time', () => {
    const decision = decide({ now: early - 2.5 * HOUR, reading: { temperature: 21.8 } })
    expect(decision).toMatchObject({ target: 17, reasonCode: 'schedule_unoccupied' })
    expect(decision.preheat?.startAt).toBeGreaterThan(early - 2.5 * HOUR)
  })

  test('is not done when switched off, nor for a warm room', () => {
    const off = { preheat: { enabled: false, maxHours: 8 } }
    expect(decide({ now: early, reading: cold, settings: off })).toMatchObject({ target: 17, preheat: null })
    expect(decide({ now: early, reading: { temperature: 22 } }).target).toBe(17)
  })

  test('takes an unknown temperature for a cold one', () => {
    const decision = decide({ now: early, reading: { temperature: null } })
    expect(decision).toMatchObject({ reasonCode: 'preheat', problems: [{ code: 'temperature_unknown' }] })
    expect(decision.state.preheat.episode).toBeNull()
  })

  test('says when it can hardly be done', () => {
    const decision = decide({ now: early, reading: { ...cold, temperature: 5 } })
    expect(decision.reason.sv).toBe('Förvärmning sedan 04:30 så att 22,0 °C nås till 06:30, vilket knappast hinns.')
  })

  test('also reaches beyond a colder time in between', () => {
    const weekly = [
      { days: ['mon'] as const, from: '00:00', to: '05:00', temperature: 18 },
      { days: ['mon'] as const, from: '06:30', to: '22:00' },
    ]
    const decision = decide({ now: early, reading: cold, settings: { schedule: { ...SETTINGS.schedule, weekly } } })
    expect(decision).toMatchObject({ target: 22, reasonCode: 'preheat' })
  })
})

describe('an open window', () => {
  const open: ZoneState = {
    ...initialZoneState(),
    window: {
      recent: [],
      suspicions: 0,
      spell: { since: noon - 10 * MINUTE, detectedAt: noon - 2 * MINUTE, lowest: 19 },
    },
  }

  test('lowers the setpoint to the lowest allowed, and says until when at most', () => {
    expect(decide({ state: open })).toMatchObject({ setpoint: 15, reasonCode: 'window_open' })
    expect(decide({ state: open }).reason.en).toBe(
      'The window seems open since 09:50: lowered to 15.0 °C, until 10:28 at the latest.',
    )
  })

  test('is forgotten when somebody sets the zone by hand', () => {
    const state = withOverride(open, { temperature: 23, until: noon + HOUR, by: 'Anna' })
    expect(decide({ state })).toMatchObject({ setpoint: 23, reasonCode: 'override' })
  })

  test('means nothing when the detection is switched off', () => {
    expect(decide({ state: open, settings: { window: { enabled: false, maxMinutes: 30 } } }).setpoint).toBe(22)
  })
})

describe('writing', () => {
  /** A zone that was told its setpoint ten minutes ago and keeps it. */
  function settled(
    change: Partial<ZoneSettings['control']> = {},
    commanded = 22,
  ): { state: ZoneState; settings: Partial<ZoneSettings> } {
    const settings = { control: { ...SETTINGS.control, ...change } }
    const first = decide({ settings, now: noon - 10 * MINUTE })
    const written = afterWrite({ ...first, setpoint: commanded }, noon - 10 * MINUTE)
    const reading = readingAt(noon - 9 * MINUTE, { setpoint: commanded })
    return { state: observeZone(written, reading, { ...SETTINGS, ...settings }, mild), settings }
  }
  const pi = { law: 'pi' } as const

  test('is not done again for a setpoint that stands', () => {
    expect(decide({ ...settled(), reading: { setpoint: 22 } })).toMatchObject({
      write: false,
      action: 'already_commanded',
      previous: 22,
    })
  })

  test('is not done for a device that has the setpoint already', () => {
    expect(decide({ reading: { setpoint: 22 } })).toMatchObject({ write: false, action: 'already_commanded' })
  })

  test('of a trim waits until it is worth the dead band', () => {
    const slight = decide({ ...settled(pi), reading: { temperature: 21, setpoint: 22 } })
    expect([slight.setpoint, slight.write, slight.action]).toEqual([22.2, true, 'trimmed'])
    const less = decide({ ...settled(pi), reading: { temperature: 21.5, setpoint: 22 } })
    expect([less.setpoint, less.write, less.action]).toEqual([22.1, false, 'within_dead_band'])
  })

  test('of a changed wish is done at once, however small', () => {
    const schedule = { ...SETTINGS.schedule, occupiedTemperature: 22.1 }
    expect(decide({ state: settled().state, settings: { schedule }, reading: { setpoint: 22 } })).toMatchObject({
      setpoint: 22.1,
      write: true,
      action: 'setpoint_changed',
    })
  })

  test('of trims is not done more often than every five minutes, and not beyond the limit of the day', () => {
    const cold = { temperature: 20, setpoint: 22 }
    const soon = decide({ ...settled(pi), now: noon - 6 * MINUTE, reading: cold })
    expect([soon.write, soon.action]).toEqual([false, 'trimmed_recently'])
    const limited = decide({ ...settled({ ...pi, maxWritesPerDay: 1 }), reading: cold })
    expect([limited.write, limited.action]).toEqual([false, 'daily_write_limit'])
    const { state } = settled({ ...pi, maxWritesPerDay: 1 })
    expect(decide({ state, now: noon + 13 * HOUR, reading: { setpoint: 22 } }).write).toBe(true)
  })

  test('the count of writes begins anew with every Swedish day', () => {
    const evening = Date.parse('2026-01-12T22:30:00Z')
    const first = decide({ now: evening })
    const second = decide({ now: evening + 3 * HOUR, state: afterWrite(first, evening) })
    expect(afterWrite(first, evening).writes).toEqual({ day: '2026-01-12', count: 1 })
    expect(afterWrite(second, evening + 3 * HOUR).writes).toEqual({ day: '2026-01-13', count: 1 })
  })

  test('is not done without a recent reading, nor when control is switched off', () => {
    const silent = decide({ reading: { time: noon - 5 * MINUTE } })
    expect(silent).toMatchObject({ write: false, action: 'no_reading', problems: [{ code: 'no_reading' }] })
    expect(decide({ reading: null })).toMatchObject({ write: false, action: 'no_reading', setpoint: 22 })
    const off = { control: { ...SETTINGS.control, enabled: false } }
    expect(decide({ settings: off })).toMatchObject({ write: false, action: 'control_disabled', setpoint: 22 })
  })

  test('is repeated for a device that was turned by hand to another value', () => {
    let { state } = settled()
    for (const minute of [1, 2]) {
      state = observeZone(state, readingAt(noon + minute * MINUTE, { setpoint: 24 }), SETTINGS, mild)
    }
    expect(decide({ state, now: noon + 2 * MINUTE, reading: { setpoint: 24 } })).toMatchObject({
      write: true,
      action: 'lost_setpoint',
      setpoint: 22,
      problems: [],
    })
  })

  test('is repeated after six hours where the setpoint cannot be read', () => {
    const unreadable = { setpoint: null }
    const { state } = settled()
    expect(decide({ state, now: noon + 5 * HOUR, reading: unreadable }).write).toBe(false)
    expect(decide({ state, now: noon + 6 * HOUR, reading: unreadable })).toMatchObject({
      write: true,
      action: 'lost_setpoint',
    })
  })
})

describe('a device that does not keep its setpoint', () => {
  /** It acknowledges every write and shows its own 20 °C again in its next cycle. */
  function run(hours: number) {
    let state = initialZoneState()
    const writes: number[] = []
    let last: ZoneDecision | undefined
    for (let minute = 0; minute < hours * 60; minute++) {
      const now = noon + minute * MINUTE
      const reading = readingAt(now)
      state = observeZone(state, reading, SETTINGS, mild)
      last = decideZone({ now, settings: SETTINGS, state, reading, outdoor: mild })
      state = last.state
      if (!last.write) continue
      writes.push(minute)
      state = afterWrite(last, now)
    }
    return { writes, last }
  }

  test('is reported within three minutes', () => {
    const { last } = run(4 / 60)
    expect(last).toMatchObject({ write: false, action: 'backing_off' })
    expect(last?.problems.map(({ code, reason }) => [code, reason.en])).toEqual([
      [
        'does_not_keep_setpoint',
        'The device does not keep its setpoint: 22.0 °C was written, it shows 20.0 °C; next attempt at 10:05.',
      ],
    ])
  })

  test('is written to five times in ten hours, not six hundred', () => {
    expect(run(10).writes).toEqual([0, 5, 20, 80, 320])
  })
})

describe('a stuck sensor', () => {
  test('is reported, and the setpoint follows the schedule without trims', () => {
    let state = initialZoneState()
    for (let minute = 0; minute <= 200; minute++) {
      const reading = readingAt(noon + minute * MINUTE, { temperature: 20.4, setpoint: 22, heating: true })
      state = observeZone(state, reading, SETTINGS, mild)
    }
    const decision = decide({
      now: noon + 200 * MINUTE,
      state,
      reading: { temperature: 20.4, setpoint: 22 },
      settings: { control: { ...SETTINGS.control, law: 'pi' } },
    })
    expect(decision).toMatchObject({ setpoint: 22, law: 'on_off', problems: [{ code: 'stuck_sensor' }] })
    expect(decision.problems[0]?.reason.sv).toBe('Temperaturgivaren verkar ha fastnat på 20,4 °C sedan 10:00.')
  })
})

describe('laws', () => {
  test('the predictive one needs a learned model, and does without trims until then', () => {
    expect(decide({ settings: { control: { ...SETTINGS.control, law: 'predictive' } } }).law).toBe('on_off')
    expect(decide({ settings: { control: { ...SETTINGS.control, law: 'pi' } } }).law).toBe('pi')
  })

  test('a trim is told as such', () => {
    const decision = decide({
      reading: { temperature: 20.4 },
      settings: { control: { ...SETTINGS.control, law: 'pi' } },
    })
    expect(decision.reason.en).toBe(
      "Schedule: occupied until 22:00, 22.0 °C; the device's setpoint is put to 22.3 °C so that the room keeps it.",
    )
  })

  test('nobody trims for an empty room', () => {
    const night = { now: noon + 13 * HOUR, reading: { temperature: 16 } }
    expect(decide({ ...night, settings: { control: { ...SETTINGS.control, law: 'pi' } } })).toMatchObject({
      law: 'on_off',
      setpoint: 17,
    })
  })
})

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
const anyReading = fc.record({
  temperature: maybe(number(-30, 60)),
  setpoint: maybe(number(4, 40)),
  occupied: maybe(fc.boolean()),
  heating: maybe(fc.boolean()),
})

describe('whatever happens', () => {
  const anyCourse = fc.record({
    law: fc.constantFrom(...CONTROL_LAWS),
    limits: fc.tuple(number(5, 18), number(18.5, 30)),
    step: fc.constantFrom(0.1, 0.2, 0.5, 1),
    deadBand: number(0, 1),
    override: maybe(fc.record({ temperature: number(-10, 60), hours: number(-1, 5) })),
    outdoor: maybe(number(-40, 40)),
    start: fc.constantFrom(
      noon,
      noon + 17 * HOUR,
      Date.parse('2026-03-29T00:00:00Z'),
      Date.parse('2026-10-25T00:00:00Z'),
    ),
    readings: fc.array(anyReading, { minLength: 1, maxLength: 40 }),
  })

  test('no setpoint leaves the limits, and no trim within the dead band is written', () => {
    fc.assert(
      fc.property(anyCourse, ({ law, limits, step, deadBand, override, outdoor, start, readings }) => {
        const [minTemperature, maxTemperature] = limits
        const control = { ...SETTINGS.control, law, setpointStep: step, deadBand }
        const settings = { ...SETTINGS, minTemperature, maxTemperature, control }
        const outlook = outdoor === null ? UNKNOWN_OUTDOOR : { current: outdoor, measured: outdoor, steps: [] }
        let state = initialZoneState()
        if (override !== null) {
          const until = start + override.hours * HOUR
          state = withOverride(state, { temperature: override.temperature, until, by: 'Anna' })
        }
        for (const [index, values] of readings.entries()) {
          const now = start + index * 6 * MINUTE
          const reading = { time: now, ...values }
          state = observeZone(state, reading, settings, outlook)
          const before = state
          const decision = decideZone({ now, settings, state, reading, outdoor: outlook })
          for (const value of [decision.setpoint, decision.target]) {
            expect(value).toBeGreaterThanOrEqual(minTemperature)
            expect(value).toBeLessThanOrEqual(maxTemperature)
          }
          expect(decision.reason.sv).toMatch(/^[^.]*[^.]\.$|\(/)
          const { commanded } = before.keeping
          if (decision.action === 'trimmed' && commanded !== null) {
            expect(Math.abs(decision.setpoint - commanded)).toBeGreaterThan(deadBand - 1e-6)
          }
          state = decision.write ? afterWrite(decision, now) : decision.state
          const text = JSON.stringify(state)
          expect(JSON.stringify(JSON.parse(text))).toBe(text)
          expect(text.length).toBeLessThan(4000)
          if (!decision.write) continue
          const again = decideZone({ now, settings, state, reading: { ...reading, setpoint: null }, outdoor: outlook })
          expect(again.write).toBe(false)
        }
      }),
      { numRuns: 150 },
    )
  })
})
