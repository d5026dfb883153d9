import { describe, expect, test } from 'vitest'
import { initialModel, modelOf, type ZoneModel } from './model.ts'
import { FRESH_SENSOR, followSensor, sensorVerdict } from './sensor.ts'

const HOUR = 3_600_000
const unlearned = modelOf(initialModel())
const learned: ZoneModel = { ...unlearned, heatRate: 2, lossRate: 1 / 30, gains: 0, maturity: 'learned' }

interface Course {
  readonly hours: number
  readonly temperature?: (hour: number) => number
  readonly heating?: boolean | null
  readonly outdoor?: number | null
  readonly model?: ZoneModel
}
/** One reading a minute. */
function verdictAfter({ hours, temperature = () => 20.4, heating = false, outdoor = 0, model = unlearned }: Course) {
  let state = FRESH_SENSOR
  for (let minute = 0; minute <= hours * 60; minute++) {
    const time = minute * 60_000
    state = followSensor(state, { time, temperature: temperature(minute / 60), heating, outdoor, model })
  }
  return sensorVerdict(state)
}

describe('a sensor', () => {
  test('that stands still while the heater runs for three hours is stuck', () => {
    expect(verdictAfter({ hours: 1, heating: true })).toBe('ok')
    expect(verdictAfter({ hours: 2, heating: true })).toBe('suspect')
    expect(verdictAfter({ hours: 3, heating: true })).toBe('stuck')
  })

  test('that stands still for a day is stuck whatever is known', () => {
    expect(verdictAfter({ hours: 23, heating: null, outdoor: null })).toBe('ok')
    expect(verdictAfter({ hours: 24, heating: null, outdoor: null })).toBe('stuck')
  })

  test('that stands still while the learned model says the room cools is found out in hours', () => {
    expect(verdictAfter({ hours: 1, model: learned })).toBe('suspect')
    expect(verdictAfter({ hours: 3, model: learned })).toBe('stuck')
  })

  test('of a room as cold as outdoors may stand still', () => {
    expect(verdictAfter({ hours: 20, model: learned, outdoor: 20.4 })).toBe('ok')
  })

  test('that moves by a tenth now and then is sound', () => {
    const temperature = (hour: number) => 20 + 0.1 * Math.floor(hour % 2)
    expect(verdictAfter({ hours: 48, heating: true, temperature })).toBe('ok')
  })

  test('is sound again with the first other reading', () => {
    expect(verdictAfter({ hours: 5, heating: true, temperature: (hour) => (hour < 4.99 ? 20 : 20.1) })).toBe('ok')
  })

  test('is not accused across a silence', () => {
    let state = FRESH_SENSOR
    for (const hour of [0, 2, 4, 30]) {
      const sample = { time: hour * HOUR, temperature: 20, heating: true, outdoor: 0, model: learned }
      state = followSensor(state, sample)
    }
    expect(sensorVerdict(state)).toBe('ok')
  })
})
