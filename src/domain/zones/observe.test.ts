import { describe, expect, test } from 'vitest'
import { observeZone } from './observe.ts'
import type { OutdoorOutlook } from './outdoor.ts'
import type { ZoneReading } from './reading.ts'
import type { ZoneSettings } from './settings.ts'
import { initialZoneState, type ZoneState } from './state.ts'
import { SETTINGS } from './testing/zone-run.ts'

const MINUTE = 60_000
const start = Date.parse('2026-01-12T09:00:00Z')
const cold: OutdoorOutlook = { current: -5, measured: -5, steps: [] }

function observe(
  readings: readonly (Partial<ZoneReading> & { readonly minute: number })[],
  settings: Partial<ZoneSettings> = {},
  state: ZoneState = initialZoneState(),
): ZoneState {
  let current = state
  for (const { minute, ...values } of readings) {
    const reading = { temperature: 21, setpoint: 21, occupied: null, heating: null, ...values }
    current = observeZone(current, { ...reading, time: start + minute * MINUTE }, { ...SETTINGS, ...settings }, cold)
  }
  return current
}

describe('the heater', () => {
  test('is on when the device says so', () => {
    expect(observe([{ minute: 0, temperature: 25, heating: true }]).heating).toBe(true)
  })

  test("is inferred from the device's thermostat where it does not say", () => {
    expect(observe([{ minute: 0, temperature: 20.4 }]).heating).toBe(true)
    expect(observe([{ minute: 0, temperature: 20.8 }]).heating).toBe(false)
    const warming = [
      { minute: 0, temperature: 20.4 },
      { minute: 1, temperature: 20.8 },
    ]
    expect(observe(warming).heating).toBe(true)
    expect(observe([...warming, { minute: 2, temperature: 21.1 }]).heating).toBe(false)
    expect(observe([{ minute: 0, setpoint: null }]).heating).toBeNull()
  })

  test('so inferred is enough to learn from', () => {
    const readings = Array.from({ length: 120 }, (_, minute) => ({
      minute,
      temperature: 18 + minute / 60,
      setpoint: 22,
    }))
    expect(observe(readings).model.learnedHeatedHours).toBeGreaterThan(1.5)
  })
})

describe('occupancy', () => {
  const delays = { occupancy: { onDelayMinutes: 5, offDelayMinutes: 10 } }
  const counts = (readings: Parameters<typeof observe>[0]) => observe(readings, delays).occupancy.counts

  test('counts at once when it is first known', () => {
    expect(counts([{ minute: 0, occupied: false }])).toBe(false)
  })

  test('counts after its delay, to either side, and flickering counts for nothing', () => {
    const empty = { minute: 0, occupied: false }
    expect(counts([empty, { minute: 1, occupied: true }, { minute: 5, occupied: true }])).toBe(false)
    expect(counts([empty, { minute: 1, occupied: true }, { minute: 6, occupied: true }])).toBe(true)
    const flicker = [
      empty,
      { minute: 1, occupied: true },
      { minute: 4, occupied: false },
      { minute: 7, occupied: true },
    ]
    expect(counts(flicker)).toBe(false)
    const full = { minute: 0, occupied: true }
    expect(counts([full, { minute: 1, occupied: false }, { minute: 10, occupied: false }])).toBe(true)
    expect(counts([full, { minute: 1, occupied: false }, { minute: 11, occupied: false }])).toBe(false)
  })

  test('that cannot be read stays what it was', () => {
    expect(
      counts([
        { minute: 0, occupied: true },
        { minute: 60, occupied: null },
      ]),
    ).toBe(true)
  })
})

describe('an open window', () => {
  const fall = [...Array(20).keys()].map((minute) => ({
    minute,
    temperature: 21 - Math.max(0, minute - 5) * 0.2,
    setpoint: 22,
  }))

  test('is recognised, and nothing is learned from it', () => {
    const state = observe(fall)
    expect(state.window.spell).not.toBeNull()
    expect(state.model.time).toBeNull()
  })

  test('is not looked for when that is switched off', () => {
    expect(observe(fall, { window: { enabled: false, maxMinutes: 30 } }).window.spell).toBeNull()
  })
})

describe("the device's own knob", () => {
  const commanded: ZoneState = {
    ...initialZoneState(),
    keeping: { ...initialZoneState().keeping, commanded: 22, commandedAt: start, before: 20 },
  }
  const turned = [
    { minute: 5, setpoint: 22 },
    { minute: 12, setpoint: 22 },
    { minute: 20, setpoint: 24 },
    { minute: 21, setpoint: 24 },
    { minute: 22, setpoint: 24 },
  ]

  test('is an override until the schedule next changes, where it is respected', () => {
    const control = { ...SETTINGS.control, localChanges: 'respect' } as const
    const { override } = observe(turned, { control }, commanded)
    expect(override).toEqual({ temperature: 24, until: Date.parse('2026-01-12T21:00:00Z'), by: 'device' })
  })

  test('is nothing where it is not', () => {
    expect(observe(turned, {}, commanded).override).toBeNull()
  })
})

test('a reading without a temperature leaves sensor and window as they were', () => {
  const before = observe([{ minute: 0 }, { minute: 1 }])
  const after = observe([{ minute: 2, temperature: null }], {}, before)
  expect([after.sensor, after.window]).toEqual([before.sensor, before.window])
})
