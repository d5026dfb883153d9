import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DeliveredZone, judgeReading } from './reading.ts'

const delivered: DeliveredZone = { time: 1000, temperature: 19.4, setpoint: 22, occupancy: 1, heater: 1 }
const codes = (change: Partial<DeliveredZone>) =>
  judgeReading({ ...delivered, ...change }).faults.map(({ code }) => code)

describe('a reading of a zone', () => {
  test('of raw 194, 220, 1, 1 is 19.4 °C, setpoint 22.0 °C, occupied, heating', () => {
    expect(judgeReading(delivered)).toEqual({
      reading: { time: 1000, temperature: 19.4, setpoint: 22, occupied: true, heating: true },
      faults: [],
    })
  })

  test('a flag is set by 1 alone; without a value it is unknown', () => {
    expect(judgeReading({ ...delivered, occupancy: 7, heater: null }).reading).toMatchObject({
      occupied: false,
      heating: null,
    })
  })

  test('registers of zeros are no reading, whatever the flags say', () => {
    const { reading, faults } = judgeReading({ ...delivered, temperature: 0, setpoint: 0 })
    expect(faults.map(({ code }) => code)).toEqual(['zero_filled'])
    expect(reading).toEqual({ time: 1000, temperature: null, setpoint: null, occupied: null, heating: null })
  })

  test('0.0 °C in the room is a temperature, a setpoint of 0.0 °C is not', () => {
    expect(judgeReading({ ...delivered, temperature: 0 })).toMatchObject({ reading: { temperature: 0 }, faults: [] })
    expect(codes({ setpoint: 0 })).toEqual(['setpoint_implausible'])
  })

  test('6553.1 °C is −0.5 °C read without its sign, and said so', () => {
    const { reading, faults } = judgeReading({ ...delivered, temperature: 6553.1 })
    expect(reading.temperature).toBeNull()
    expect(faults).toEqual([
      {
        code: 'read_as_unsigned',
        reason: {
          sv: '6553,1 °C är troligen −0,5 °C läst utan tecken: registrets typ bör vara int16.',
          en: "6553.1 °C is probably −0.5 °C read without its sign: the register's type should be int16.",
        },
      },
    ])
  })

  test.each([
    ['a sensor at its end', { temperature: 999.9 }, 'temperature_implausible'],
    ['a broken wire', { temperature: -100 }, 'temperature_implausible'],
    ['a setpoint of 65.5 °C', { setpoint: 65.5 }, 'setpoint_implausible'],
  ])('%s is a fault', (_name, change, code) => expect(codes(change)).toEqual([code]))

  test('what is not a number is unknown, not a fault', () => {
    expect(judgeReading({ ...delivered, temperature: Number.NaN, occupancy: Number.NaN })).toMatchObject({
      reading: { temperature: null, occupied: null, setpoint: 22 },
      faults: [],
    })
  })

  test('only ever holds what can be true', () => {
    const anything = fc.option(fc.double({ min: -1e5, max: 1e5 }), { nil: null })
    fc.assert(
      fc.property(anything, anything, (temperature, setpoint) => {
        const { reading } = judgeReading({ ...delivered, temperature, setpoint })
        if (reading.temperature !== null) expect(Math.abs(reading.temperature - 15)).toBeLessThanOrEqual(45)
        if (reading.setpoint !== null) expect(Math.abs(reading.setpoint - 22)).toBeLessThanOrEqual(18)
      }),
    )
  })
})
