import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { buildingSeparatesEnergy, parseBuilding } from './building.ts'

const document = JSON.parse(
  readFileSync(new URL('../../test/fixtures/config/TE236_HEM_Kontor.json', import.meta.url), 'utf8'),
)
const minimal = { connection: { host: 'bms.example.com' } }
const messages = (faulty: unknown) =>
  Object.fromEntries(parseBuilding(faulty, { id: 'B1' }).problems.map(({ path, message }) => [path, message]))

describe('a building', () => {
  test('as discovery writes it is taken whole', () => {
    const parsed = parseBuilding(document, { id: 'TE236_HEM_Kontor' })
    expect(parsed.problems).toEqual([])
    expect(parsed.unknownKeys).toEqual([])
    expect(parsed.config).toEqual(document)
  })

  test('needs a server and nothing else', () => {
    const { config, problems } = parseBuilding(minimal, { id: 'B1' })
    expect(problems).toEqual([])
    expect(config).toMatchObject({
      building_id: 'B1',
      poll_interval_minutes: 5,
      analog_signals: {},
      building_type: 'commercial',
    })
    expect(config?.connection.system).toBe('arrigo')
    expect(messages({})).toEqual({ connection: 'expected an object { … }, but it is missing' })
    expect(messages({ connection: {} })).toHaveProperty(['connection.host'])
    expect(messages({ connection: { system: 'ebo' } })).toHaveProperty(['connection.base_url'])
  })

  test.each(['bms.example.com', 'bms.example.com:8443', 'http://127.0.0.1:9000', 'https://bms.example.com/site/'])(
    'is reached at %s',
    (host) => expect(messages({ connection: { host } })).toEqual({}),
  )

  test.each(['', 'two words', 'ftp://bms.example.com', 'https://user:secret@bms.example.com'])(
    'is not reached at %j',
    (host) => expect(Object.keys(messages({ connection: { host } }))).toEqual(['connection.host']),
  )

  test('names faulty signals by their full name', () => {
    const signal = { signal_id: 'MjEwMQ==', fetch: true, field_name: 'outdoor' }
    expect(
      messages({ ...minimal, analog_signals: { 'A.1': signal, 'A.2': signal, 'A.3': { ...signal, fetch: false } } }),
    ).toEqual({
      'analog_signals["A.2"].field_name': '"outdoor" is already the field of A.1; two fetched signals cannot share one',
    })
    expect(messages({ ...minimal, analog_signals: { 'A.1': { field_name: 'rumå', fetch: 'yes' } } })).toEqual({
      'analog_signals["A.1"].signal_id': 'expected text that is not empty, but it is missing',
      'analog_signals["A.1"].field_name': expect.stringContaining('expected a field name of letters'),
      'analog_signals["A.1"].fetch': 'expected true or false, found the text "yes"',
    })
  })

  test('separates energy when it has meters, unless told otherwise', () => {
    const separates = (extra: object, meters?: string[]) => {
      const { config } = parseBuilding({ ...minimal, ...extra }, { id: 'B1' })
      return config === null ? undefined : buildingSeparatesEnergy(config, meters)
    }
    expect(separates({})).toBe(false)
    expect(separates({ meter_ids: ['735999000000000018'] })).toBe(true)
    expect(separates({}, ['735999000000000018'])).toBe(true)
    expect(separates({ meter_ids: ['735999000000000018'], energy_separation: { enabled: false } })).toBe(false)
  })
})
