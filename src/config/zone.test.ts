import { describe, expect, test } from 'vitest'
import { decideZone, initialZoneState, judgeReading, observeZone, UNKNOWN_OUTDOOR } from '../domain/zones/index.ts'
import { parseZone, zoneIdOf, zoneSettings } from './zone.ts'

const minimal = {
  name: 'Living Room',
  modbus_host: '127.0.0.1',
  modbus_port: 5020,
  preferences: { occupied_temp: 21, unoccupied_temp: 17 },
}
const messages = (document: unknown) =>
  Object.fromEntries(parseZone(document, { id: 'living-room' }).problems.map(({ path, message }) => [path, message]))

describe('a zone', () => {
  test('needs name, address and two temperatures; all else has defaults', () => {
    const { config, problems } = parseZone(minimal, { id: 'living-room' })
    expect(problems).toEqual([])
    expect(config).toMatchObject({ unit_id: 1, poll_seconds: 30, control_seconds: 60, schedule: [], exceptions: [] })
    expect(config?.preferences).toMatchObject({ min_temp: 15, max_temp: 25, warm_weather_threshold: 21 })
    expect(config?.registers.temperature).toMatchObject({ table: 'holding', address: 0, type: 'int16', scale: 0.1 })
    expect(config?.registers.setpoint.address).toBe(1)
    expect(config?.registers.heater).toMatchObject({ address: 3, scale: 1 })
    expect(Object.keys(messages({}))).toEqual(['name', 'modbus_host', 'modbus_port', 'preferences'])
  })

  test('keeps its wanted temperatures within its limits', () => {
    expect(messages({ ...minimal, preferences: { occupied_temp: 26, unoccupied_temp: 14 } })).toEqual({
      'preferences.occupied_temp': 'expected a number from min_temp to max_temp (15 to 25 °C), found 26',
      'preferences.unoccupied_temp': 'expected a number from min_temp to max_temp (15 to 25 °C), found 14',
    })
    expect(
      messages({ ...minimal, preferences: { occupied_temp: 21, unoccupied_temp: 17, min_temp: 24, max_temp: 20 } }),
    ).toEqual({ 'preferences.min_temp': 'expected at most max_temp (20 °C), found 24' })
  })

  test('refuses times, days and registers that do not exist', () => {
    expect(
      messages({
        ...minimal,
        modbus_port: 0,
        schedule: [{ days: ['mon', 'someday'], from: '6:00', to: '24:00' }],
        exceptions: [{ from: '2026-12-26', to: '2026-12-24', occupied: true }],
        registers: { temperature: { address: 65_536, scale: 0 } },
      }),
    ).toEqual({
      modbus_port: 'expected a whole number from 1 to 65535, found 0',
      'schedule[0].days[1]': 'expected one of mon, tue, wed, thu, fri, sat, sun, found the text "someday"',
      'schedule[0].from': 'expected a time of day from "00:00" to "23:59", found the text "6:00"',
      'schedule[0].to': 'expected a time of day from "00:00" to "23:59", found the text "24:00"',
      'exceptions[0].to': 'expected a day not before 2026-12-26, found "2026-12-24"',
      'registers.temperature.address': 'expected a whole number from 0 to 65535, found 65536',
      'registers.temperature.scale': 'expected a number other than 0, found 0',
    })
  })

  test('keeps the temperatures of periods and exceptions within its limits as well', () => {
    expect(
      messages({
        ...minimal,
        schedule: [{ from: '06:00', to: '22:00', occupied_temp: 28 }],
        exceptions: [
          {
            from: '2026-12-24',
            to: '2026-12-26',
            occupied: true,
            unoccupied_temp: 12,
            periods: [{ from: '10:00', to: '14:00', occupied_temp: 26 }],
          },
        ],
      }),
    ).toEqual({
      'schedule[0].occupied_temp': 'expected a number from min_temp to max_temp (15 to 25 °C), found 28',
      'exceptions[0].unoccupied_temp': 'expected a number from min_temp to max_temp (15 to 25 °C), found 12',
      'exceptions[0].periods[0].occupied_temp': 'expected a number from min_temp to max_temp (15 to 25 °C), found 26',
    })
  })

  test('has no occupied periods on days it is not occupied', () => {
    const closed = { from: '2026-12-24', to: '2026-12-24', occupied: false, periods: [{ from: '10:00', to: '14:00' }] }
    expect(messages({ ...minimal, exceptions: [closed] })).toEqual({
      'exceptions[0].periods': 'expected no periods because the days are not occupied, found a list',
    })
  })

  test.each([
    ['Living Room', 'living-room'],
    ['Kök 2', 'kok-2'],
    ['  Guest -- Room (5) ', 'guest-room-5'],
    ['!?', ''],
    [`${'x'.repeat(63)} y`, 'x'.repeat(63)],
  ])('named %j has the id %j', (name, id) => expect(zoneIdOf(name)).toBe(id))
})

describe('the settings of a zone', () => {
  const settingsOf = (document: object) => {
    const { config } = parseZone(document)
    if (config === null) throw new Error('the configuration of the test is not valid')
    return zoneSettings(config)
  }

  test('by default: the two temperatures, pre-heating, window detection, and the device does the rest', () => {
    expect(settingsOf(minimal)).toMatchObject({
      schedule: { occupiedTemperature: 21, unoccupiedTemperature: 17, weekly: [], exceptions: [] },
      minTemperature: 15,
      maxTemperature: 25,
      warmWeather: { threshold: 21, reduction: 1, hours: 3 },
      preheat: { enabled: true, maxHours: 8 },
      window: { enabled: true, maxMinutes: 30 },
      control: { enabled: true, law: 'on_off', setpointStep: 0.1, localChanges: 'revert' },
      thermostat: { onBelow: 0.5, offAbove: 0 },
    })
  })

  test('carry periods and exceptions with their own temperatures', () => {
    const { schedule } = settingsOf({
      ...minimal,
      schedule: [{ days: ['sat'], from: '22:00', to: '02:00', occupied_temp: 20 }],
      exceptions: [
        {
          from: '2026-12-24',
          to: '2026-12-24',
          name: 'Jul',
          occupied: true,
          periods: [{ from: '10:00', to: '14:00' }],
        },
      ],
    })
    expect(schedule.weekly).toEqual([{ days: ['sat'], from: '22:00', to: '02:00', temperature: 20 }])
    expect(schedule.exceptions[0]).toMatchObject({ name: 'Jul', periods: [{ from: '10:00', to: '14:00' }] })
  })

  test('are all it takes to decide: a minimal zone follows its occupancy', () => {
    const settings = settingsOf(minimal)
    const time = Date.parse('2026-01-12T09:00:00Z')
    const { reading } = judgeReading({ time, temperature: 19.4, setpoint: 22, occupancy: 0, heater: 1 })
    const state = observeZone(initialZoneState(), reading, settings, UNKNOWN_OUTDOOR)
    expect(decideZone({ now: time, settings, state, reading, outdoor: UNKNOWN_OUTDOOR })).toMatchObject({
      setpoint: 17,
      write: true,
      reasonCode: 'device_unoccupied',
    })
  })
})
