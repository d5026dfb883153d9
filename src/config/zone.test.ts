import { describe, expect, test } from 'vitest'
import { parseZone, zoneIdOf } from './zone.ts'

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

  test.each([
    ['Living Room', 'living-room'],
    ['Kök 2', 'kok-2'],
    ['  Guest -- Room (5) ', 'guest-room-5'],
    ['!?', ''],
    [`${'x'.repeat(63)} y`, 'x'.repeat(63)],
  ])('named %j has the id %j', (name, id) => expect(zoneIdOf(name)).toBe(id))
})
