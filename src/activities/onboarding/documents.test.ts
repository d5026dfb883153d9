/** What is written for a new entity is valid, minimal, and leaves everything that was learned alone. */
import { describe, expect, test } from 'vitest'
import { parseBuilding } from '../../config/building.ts'
import { parseHouse } from '../../config/house.ts'
import type { Discovery } from '../../connectors/arrigo/index.ts'
import { buildingDocument, buildingPatch, houseDocument, housePatch } from './documents.ts'
import { buildingWishSchema, checkWish, houseWishSchema, wishOrThrow } from './wish.ts'

const NOW = Date.parse('2026-01-10T23:30:00Z')
const house = (given: object = {}) => wishOrThrow(houseWishSchema, given)
const building = (given: object = {}) => wishOrThrow(buildingWishSchema, { host: 'bms.example.com', ...given })

const DISCOVERY: Discovery = {
  root: { id: 'r', name: 'TE901', title: 'Kvarnen', type: 'RootArea' },
  account: null,
  subAreas: [{ id: 'a', name: 'K1', title: 'Undercentral', type: 'UserArea' }],
  analogs: [
    { id: 's1', name: 'K1.GT_UTE', value: -3, unit: '°C', category: 'climate', proposedField: 'outdoor_temp_fvc' },
    { id: 's2', name: 'K1.7', value: 1, unit: null, category: 'other', proposedField: null },
  ],
  digitals: [],
  problems: [],
}

describe('a new house', () => {
  test('is what is known and nothing else; the file is valid and monitored only', () => {
    const document = houseDocument('HEM_FJV_Villa_901', 'Villa Ek', house({ lat: 56.67, lon: 12.86 }), NOW)
    expect(document).toEqual({
      schema_version: 1,
      customer_id: 'HEM_FJV_Villa_901',
      friendly_name: 'Villa Ek',
      meter_ids: [],
      location: { latitude: 56.67, longitude: 12.86 },
    })
    expect(parseHouse(document, { id: 'HEM_FJV_Villa_901' }).problems).toEqual([])
  })

  test('with a meter has its energy asked for from 90 Swedish days back', () => {
    const document = houseDocument('A', 'A', house({ meterIds: ['735999000000000901'] }), NOW)
    expect(document).toMatchObject({ meter_ids: ['735999000000000901'], energy_data_start_date: '2025-10-13' })
  })
})

test('a house that returns is changed in what is given, and only that', () => {
  expect(housePatch(house())).toEqual({})
  expect(housePatch(house({ name: 'Villa Ask', meterIds: [] }))).toEqual({ friendly_name: 'Villa Ask', meter_ids: [] })
})

describe('a building', () => {
  test('has every signal in its file and polls those that can be stored', () => {
    const { document, fetched, analogs, problems } = buildingDocument('TE901', 'Kvarnen', building(), DISCOVERY, NOW)
    expect({ fetched, analogs, problems }).toEqual({ fetched: 1, analogs: 2, problems: [] })
    expect(document.analog_signals).toMatchObject({ 'K1.GT_UTE': { fetch: true }, 'K1.7': { fetch: false } })
    expect(parseBuilding(document, { id: 'TE901' }).problems).toEqual([])
  })

  test('with a choice that names none of its signals says so', () => {
    const wish = building({ signals: { categories: ['cooling'] } })
    expect(buildingDocument('TE901', 'Kvarnen', wish, DISCOVERY, NOW).problems).toEqual([
      'the choice names no signal of this building',
    ])
  })

  test('that returns keeps its signals unless others are chosen', () => {
    const { document } = buildingPatch(building(), DISCOVERY)
    expect(document).toEqual({ connection: { system: 'arrigo', host: 'bms.example.com', account: '' } })
    expect(buildingPatch(building({ signals: { all: true } }), DISCOVERY).document).toHaveProperty('analog_signals')
  })
})

describe('a wish', () => {
  test('has its defaults', () => {
    expect(house()).toEqual({ importDays: 90 })
    expect(building()).toEqual({ importDays: 90, host: 'bms.example.com', account: '' })
  })

  test.each([
    [{ lat: 1 }, ['lon']],
    [{ lat: 91, lon: 0 }, ['lat']],
    [{ name: '  ' }, ['name']],
    [{ houseId: '../x' }, ['houseId']],
    [{ importDays: 1.5, username: 'x' }, ['importDays', 'username']],
  ])('%j is refused at %j', (given, paths) => {
    const checked = checkWish(houseWishSchema, given)
    expect(checked.problems.map(({ path }) => path)).toEqual(paths)
  })
})
