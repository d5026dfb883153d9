import { describe, expect, test } from 'vitest'
import { initialModel, modelOf, type ZoneModel } from './model.ts'
import { followWindow, forgetWindow, NO_WINDOW, type WindowState } from './window.ts'

const MINUTE = 60_000
const unlearned = modelOf(initialModel())
const learned: ZoneModel = { ...unlearned, heatRate: 2, lossRate: 1 / 30, gains: 0.1, maturity: 'learned' }

interface Course {
  readonly temperature: (minute: number) => number
  readonly minutes: number
  readonly everyMinutes?: number
  readonly setpoint?: number | null
  readonly outdoor?: number | null
  readonly model?: ZoneModel
  readonly state?: WindowState
  readonly from?: number
}
/** States after every reading, the readings cut to tenths as devices do. */
function follow(course: Course): { minute: number; state: WindowState }[] {
  const { temperature, minutes, everyMinutes = 1, setpoint = 21, outdoor = -2, model = learned, from = 0 } = course
  const states: { minute: number; state: WindowState }[] = []
  let state = course.state ?? NO_WINDOW
  for (let minute = from; minute <= minutes; minute += everyMinutes) {
    const shown = Math.floor(temperature(minute) * 10 + 1e-6) / 10
    state = followWindow(state, {
      time: minute * MINUTE,
      temperature: shown,
      setpoint,
      outdoor,
      model,
      maxMinutes: 30,
    })
    states.push({ minute, state })
  }
  return states
}
const open = (states: ReturnType<typeof follow>) => states.filter(({ state }) => state.spell !== null)
/** 21 °C until minute 20, then falling by a tenth a minute down to 16 °C. */
const falling = (minute: number) => Math.max(16, 21 - Math.max(0, minute - 20) * 0.1)

describe('an open window', () => {
  test('is recognised within a quarter of an hour, from when the fall began', () => {
    const [first] = open(follow({ temperature: falling, minutes: 60 }))
    expect(first?.minute).toBeGreaterThan(24)
    expect(first?.minute).toBeLessThanOrEqual(35)
    const since = (first?.state.spell?.since ?? 0) / MINUTE
    expect(since).toBeGreaterThan(15)
    expect(since).toBeLessThan(30)
  })

  test.each([
    ['outdoors is as warm', { outdoor: 18 }],
    ['the weather is unknown', { outdoor: null }],
    ['the room is above its setpoint, where it is meant to fall', { setpoint: 15 }],
    ['the setpoint is unknown', { setpoint: null }],
    ['readings come every half hour', { everyMinutes: 30 }],
  ])('is not suspected when %s', (_name, change) => {
    expect(open(follow({ temperature: falling, minutes: 60, ...change }))).toEqual([])
  })

  test('is not suspected in a room that cools as it does by itself', () => {
    const cooling = (minute: number) => 21 - (minute / 60) * (23 / 30)
    expect(open(follow({ temperature: cooling, minutes: 240 }))).toEqual([])
    const light = (minute: number) => -2 + 23 * Math.exp(-minute / 60 / 10)
    expect(open(follow({ temperature: light, minutes: 240, model: unlearned }))).toEqual([])
  })

  test('is not suspected when the room falls fast to a setpoint that was lowered', () => {
    const lowered = (minute: number) => Math.max(16.9, 21 - minute * 0.4)
    expect(open(follow({ temperature: lowered, minutes: 60, setpoint: 17 }))).toEqual([])
  })

  test('is not suspected for a single odd reading', () => {
    const odd = (minute: number) => (minute === 30 ? 14 : 21)
    expect(open(follow({ temperature: odd, minutes: 60 }))).toEqual([])
  })
})

describe('it counts as closed', () => {
  test('when the room recovers by four tenths', () => {
    const closed = (minute: number) => (minute < 40 ? falling(minute) : 19 + (minute - 40) * 0.1)
    const last = open(follow({ temperature: closed, minutes: 60 })).at(-1)
    expect(last?.minute).toBeGreaterThanOrEqual(40)
    expect(last?.minute).toBeLessThanOrEqual(45)
  })

  test('when for ten minutes it falls no faster than by itself', () => {
    const flat = (minute: number) => Math.max(19, falling(minute))
    const last = open(follow({ temperature: flat, minutes: 90 })).at(-1)
    expect(last?.minute).toBeGreaterThanOrEqual(46)
    expect(last?.minute).toBeLessThanOrEqual(52)
  })

  test('after the longest time, even while it goes on falling, and begins anew only with a new fall', () => {
    const endless = (minute: number) => 21 - Math.max(0, minute - 20) * 0.1
    const spells = open(follow({ temperature: endless, minutes: 120 }))
    const minutes = spells.map(({ minute }) => minute)
    const detections = new Set(spells.map(({ state }) => state.spell?.detectedAt))
    expect(detections.size).toBeGreaterThan(1)
    for (const detectedAt of detections) {
      const lasted = spells.filter(({ state }) => state.spell?.detectedAt === detectedAt).length
      expect(lasted).toBeLessThanOrEqual(30)
    }
    // Between two spells there is always a time in which the room is heated again.
    expect(minutes.length).toBeLessThan(120 - 20 - 5 * detections.size)
  })

  test('when somebody sets the zone by hand', () => {
    const spell = open(follow({ temperature: falling, minutes: 40 })).at(-1)
    expect(forgetWindow(spell?.state ?? NO_WINDOW).spell).toBeNull()
  })
})

test('what is remembered stays small, however often the zone is read', () => {
  const states = follow({ temperature: () => 21, minutes: 120, everyMinutes: 1 / 12 })
  expect(Math.max(...states.map(({ state }) => state.recent.length))).toBeLessThanOrEqual(20)
})
