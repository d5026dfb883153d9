import { describe, expect, test } from 'vitest'
import { parseZone } from '../../config/zone.ts'
import { DEFAULT_ZONE_MAP, type ZonePoint, zoneMapOf } from './register-map.ts'

function mapOf(registers: object = {}, preferences: object = {}) {
  const { config, problems } = parseZone({
    name: 'Living Room',
    modbus_host: '127.0.0.1',
    modbus_port: 5020,
    preferences: { occupied_temp: 21, unoccupied_temp: 17, ...preferences },
    registers,
  })
  if (config === null) throw new Error(JSON.stringify(problems))
  return zoneMapOf(config)
}

describe('the register map of a zone', () => {
  test('without configuration is that of the zone devices known so far', () => {
    expect(mapOf()).toEqual(DEFAULT_ZONE_MAP)
    const places = Object.entries(DEFAULT_ZONE_MAP).map(([name, { table, address, type, scale }]) => {
      return `${name}: ${table} ${address} ${type} × ${scale}`
    })
    expect(places).toEqual([
      'temperature: holding 0 int16 × 0.1',
      'setpoint: holding 1 int16 × 0.1',
      'occupancy: holding 2 int16 × 1',
      'heater: holding 3 int16 × 1',
    ])
  })

  test('lets the setpoint alone be written, within the limits of the preferences', () => {
    const map = mapOf({}, { min_temp: 16, max_temp: 24 })
    const names = Object.keys(map) as ZonePoint[]
    expect(names.map((name) => map[name].writable)).toEqual([false, [16, 24], false, false])
  })

  test('takes table, type, order, scale, offset and sentinels from the configuration', () => {
    const map = mapOf({
      temperature: { table: 'input', address: 30, type: 'float32', order: 'CDAB', invalid: [-999] },
      setpoint: { address: 7, type: 'uint16', scale: 0.01, offset: -10 },
    })
    expect(map.temperature).toMatchObject({
      table: 'input',
      address: 30,
      type: 'float32',
      order: 'CDAB',
      invalid: [-999],
    })
    expect(map.setpoint).toMatchObject({ address: 7, scale: 0.01, offset: -10, invalid: [0xffff] })
  })
})
