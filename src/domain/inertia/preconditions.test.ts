/** What speaks against an inertia test, when a test is over, and when the weather is right for one. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ForecastPoint, WeatherForecast } from '../control/decision.ts'
import { type HoldObservation, type TestHold, whyEnd } from './hold.ts'
import { decisive, lowestIndoor, objectionsTo, type TestFacts } from './preconditions.ts'
import { chooseWindow } from './window.ts'
import { faultsOf, optionsOf, WISH_LIMITS } from './wish.ts'

const HOUR_MS = 3_600_000
const NOON = Date.UTC(2026, 0, 10, 12)

const READY: TestFacts = {
  held: 'no',
  steerable: null,
  curveProblem: null,
  indoor: 21.2,
  indoorAgeMinutes: 2,
  setpoint: 21,
  tolerance: 1,
  floor: 19,
  forecastAgeHours: 1,
  allowedCutK: 4,
  awayMode: false,
  trialUntil: null,
}

describe('objections', () => {
  test('there are none to a house that is ready, held by a mode or not', () => {
    expect(objectionsTo(READY, 0.8)).toEqual([])
    expect(objectionsTo({ ...READY, held: 'by-mode', steerable: true }, 0.8)).toEqual([])
  })

  test.each<[string, Partial<TestFacts>]>([
    ['Held', { held: 'by-person' }],
    ['Held', { held: 'by-test' }],
    ['Held', { held: 'restoring' }],
    ['NotSteerable', { steerable: false }],
    ['CurveUnknown', { curveProblem: 'the base curve was not delivered in full (point 7 missing)' }],
    ['IndoorUnknown', { indoor: null }],
    ['IndoorStale', { indoorAgeMinutes: 20 }],
    ['TooCold', { indoor: 19.9 }],
    ['NoRoomToFall', { indoor: 20.1, floor: 19.7 }],
    ['NoForecast', { forecastAgeHours: null }],
    ['ForecastStale', { forecastAgeHours: 5 }],
    ['TooLittleCut', { allowedCutK: 0.6 }],
  ])('%s is about safety, and no force passes over it', (code, facts) => {
    const objections = objectionsTo({ ...READY, ...facts }, 0.8)
    expect(objections.map((objection) => objection.code)).toEqual([code])
    expect(decisive(objections, true)).toEqual(objections)
  })

  test.each<[string, Partial<TestFacts>]>([
    ['TooWarm', { indoor: 22.4 }],
    ['Away', { awayMode: true }],
    ['Trial', { trialUntil: '2026-12-10' }],
  ])('%s only makes the result worse', (code, facts) => {
    const objections = objectionsTo({ ...READY, ...facts }, 0.8)
    expect(objections.map((objection) => objection.code)).toEqual([code])
    expect(decisive(objections, true)).toEqual([])
  })

  test('the lowest room temperature is never below the band or near the floor', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 17, max: 26, noNaN: true }),
        fc.double({ min: 0.2, max: 1.5, noNaN: true }),
        (indoor, dropK) => {
          const lowest = lowestIndoor({ ...READY, indoor }, dropK)
          expect(lowest).toBeGreaterThanOrEqual(READY.floor + 0.3)
          expect(lowest).toBeGreaterThanOrEqual(Math.min(READY.setpoint, indoor) - READY.tolerance)
          expect(lowest).toBeGreaterThanOrEqual(indoor - dropK)
        },
      ),
    )
  })
})

const HOLD: TestHold = {
  testId: 't1',
  curve: Array.from({ length: 10 }, () => 30),
  begunAt: NOON,
  until: NOON + 10 * HOUR_MS,
  setpoint: 21,
  startIndoor: 21.2,
  lowestIndoor: 20.4,
  silenceMs: 900_000,
  ending: null,
}
const FINE: HoldObservation = {
  now: NOON + HOUR_MS,
  indoor: 21,
  setpoint: 21,
  warm: null,
  watchedAt: NOON + HOUR_MS - 60_000,
}

describe('a test is over', () => {
  test('not while all is well', () => {
    expect(whyEnd(HOLD, FINE)).toBeNull()
  })

  test.each<[string, Partial<HoldObservation>]>([
    ['drop-reached', { indoor: 20.4 }],
    ['time-is-up', { now: NOON + 10 * HOUR_MS, watchedAt: NOON + 10 * HOUR_MS }],
    ['too-cold', { warm: 'below-floor' }],
    ['indoor-unknown', { warm: 'no-indoor', indoor: null }],
    ['indoor-unknown', { indoor: null }],
    ['no-forecast', { warm: 'no-forecast' }],
    ['room-target-changed', { setpoint: 21.5 }],
    ['not-watched', { watchedAt: null }],
    ['not-watched', { watchedAt: NOON + HOUR_MS - 901_000 }],
  ])('because of %s', (reason, seen) => {
    expect(whyEnd(HOLD, { ...FINE, ...seen })?.reason).toBe(reason)
  })

  test('what the controller does not say of its room target is no change of it', () => {
    expect(whyEnd({ ...HOLD, setpoint: null }, FINE)).toBeNull()
    expect(whyEnd(HOLD, { ...FINE, setpoint: null })).toBeNull()
  })
})

function forecast(of: (hour: number) => Partial<ForecastPoint>, hours = 50): WeatherForecast {
  const points = Array.from({ length: hours }, (_, hour) => ({
    time: NOON + (hour - 2) * HOUR_MS,
    outdoor: -5,
    irradiance: 0,
    wind: 2,
    effective: -5,
    ...of(hour - 2),
  }))
  return { issuedAt: NOON - HOUR_MS, points }
}
/** Sun until four in the afternoon, and from nine in the morning. */
const day = (hour: number) => ({ irradiance: hour < 4 || (hour > 20 && hour < 28) ? 150 : 0 })
const WISH = { now: NOON, hours: 10, earliest: null, setpoint: 21, force: false }

describe('the window', () => {
  test('is the first one without sun', () => {
    const window = chooseWindow(forecast(day), WISH)
    expect(window).toMatchObject({ startAt: NOON + 4 * HOUR_MS, endAt: NOON + 14 * HOUR_MS, coldest: -5, mildest: -5 })
  })

  test('is not before the earliest time that was asked for', () => {
    const window = chooseWindow(forecast(day), { ...WISH, earliest: NOON + 8 * HOUR_MS })
    expect(window).toMatchObject({ startAt: NOON + 8 * HOUR_MS })
  })

  test.each<[string, (hour: number) => Partial<ForecastPoint>]>([
    ['outdoors', () => ({ outdoor: 12 })],
    ['moves by', (hour) => ({ outdoor: -5 - hour })],
    ['the wind reaches', () => ({ wind: 12 })],
    ['the sun shines', () => ({ irradiance: 100 })],
  ])('there is none, and it is said why: %s', (why, weather) => {
    expect(chooseWindow(forecast(weather), WISH)).toEqual({ refused: expect.stringContaining(why) })
  })

  test('is now, whatever the weather, by force', () => {
    const weather = () => ({ outdoor: 12, wind: 12, irradiance: 400 })
    expect(chooseWindow(forecast(weather), { ...WISH, force: true })).toMatchObject({ startAt: NOON, mildest: 12 })
  })

  test('there is none beyond the end of the forecast', () => {
    const short = forecast(() => ({}), 6)
    expect(chooseWindow(short, { ...WISH, force: true })).toEqual({
      refused: expect.stringContaining('does not reach'),
    })
  })

  test('of some minutes has the weather of the hours around it', () => {
    const window = chooseWindow(
      forecast((hour) => ({ outdoor: 5 - hour })),
      { ...WISH, hours: 0.05, now: NOON + 600_000 },
    )
    expect(window).toMatchObject({ coldest: 4, mildest: 5 })
  })
})

describe('a wish', () => {
  test('leaves what is usual', () => {
    expect(optionsOf({ hours: 6 })).toEqual({
      hours: 6,
      dropK: WISH_LIMITS.dropK.usual,
      cutK: WISH_LIMITS.cutK.usual,
      approvalHours: 24,
      earliest: null,
      force: false,
    })
  })

  test('beyond its limits is told', () => {
    expect(faultsOf({ hours: 10, dropK: 0.8 })).toEqual([])
    expect(faultsOf({ hours: 13, dropK: Number.NaN, cutK: 0 })).toHaveLength(3)
  })
})
