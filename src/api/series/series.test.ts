/** Stored values through the API: tables and CSV, defaults, limits, and what is said about mistakes. */
import { describe, expect, test } from 'vitest'
import { StoreUnavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'
import { MAX_ROWS } from './routes.ts'

const seven = Date.parse('2026-01-10T07:00:00Z')

function setUp() {
  const fakes = fakeDependencies()
  const { id } = fakes.addHouse()
  fakes.addHouse({ kind: 'building', id: 'TE901_KVARNEN' })
  const ask = asker(createApi(fakes.dependencies))
  const series = (query: string, headers: Record<string, string> = {}, entity = `house/${id}`) =>
    ask(`/api/v1/entities/${entity}/series?${query}`, { headers })
  return { ...fakes, id, series }
}

async function faults(response: Response): Promise<{ path: string; message: string }[]> {
  expect(response.status).toBe(422)
  return (await jsonOf<ProblemAnswer>(response)).errors
}

describe('a table', () => {
  test('has exactly these keys; what is not stored is null', async () => {
    const { series, timeSeries, id } = setUp()
    await timeSeries.write([
      {
        measurement: 'heating_system',
        tags: { house_id: id },
        time: seven,
        fields: { room_temperature: 21.3, supply_temp: 41.9 },
      },
      {
        measurement: 'heating_system',
        tags: { house_id: id },
        time: seven + 300_000,
        fields: { room_temperature: 21.4 },
      },
      { measurement: 'heating_system', tags: { house_id: 'another' }, time: seven, fields: { room_temperature: 5 } },
    ])
    const response = await series(
      'measurement=heating_system&fields=room_temperature,supply_temp&from=2026-01-10T06:00:00Z&to=2026-01-10T08:00:00Z&every=1h&aggregate=mean',
    )
    expect(await response.json()).toEqual({
      measurement: 'heating_system',
      columns: ['time', 'room_temperature', 'supply_temp'],
      units: { room_temperature: '°C', supply_temp: '°C' },
      rows: [
        ['2026-01-10T07:00:00Z', 21.3, 41.9],
        ['2026-01-10T07:05:00Z', 21.4, null],
      ],
      every: '1h',
    })
    expect(timeSeries.queries).toEqual([
      {
        measurement: 'heating_system',
        tags: { house_id: id },
        fields: ['room_temperature', 'supply_temp'],
        from: Date.parse('2026-01-10T06:00:00Z'),
        to: Date.parse('2026-01-10T08:00:00Z'),
        every: '1h',
        aggregate: 'mean',
        limit: MAX_ROWS + 1,
      },
    ])
  })

  test('is of the last 24 hours and all fields when nothing else is asked for', async () => {
    const { series, timeSeries } = setUp()
    const response = await series('measurement=heating_system')
    expect(await response.json()).toMatchObject({ every: null, rows: [] })
    expect(timeSeries.queries[0]).toMatchObject({ from: TEST_NOW - 86_400_000, to: TEST_NOW })
    expect(timeSeries.queries[0]?.fields).toContain('room_temperature')
  })

  test('that ends at a given time begins 24 hours before it', async () => {
    const { series, timeSeries } = setUp()
    await series(`measurement=heating_system&to=${seven / 1000}`)
    expect(timeSeries.queries[0]).toMatchObject({ from: seven - 86_400_000, to: seven })
  })

  test('has the extra tags as columns after the fields', async () => {
    const { series, timeSeries, id } = setUp()
    await timeSeries.write([
      {
        measurement: 'energy_meter',
        tags: { house_id: id, meter_id: '735999000000000018' },
        time: seven,
        fields: { consumption: 2.5 },
      },
    ])
    const response = await series('measurement=energy_meter&fields=consumption')
    expect(await response.json()).toMatchObject({
      columns: ['time', 'consumption', 'meter_id'],
      units: { consumption: 'kWh' },
      rows: [['2026-01-10T07:00:00Z', 2.5, '735999000000000018']],
    })
  })

  test('of counts has no units', async () => {
    const { series } = setUp()
    const response = await series('measurement=heating_system&fields=dh_power,supply_temp&every=1d&aggregate=count')
    expect(await response.json()).toMatchObject({ units: { dh_power: '', supply_temp: '' } })
  })

  test('of weather is that of the entity’s place', async () => {
    const { series, timeSeries } = setUp()
    await timeSeries.write([
      {
        measurement: 'weather_observation',
        tags: { place: '56.670,12.860' },
        time: seven,
        fields: { temperature: -3.1 },
      },
    ])
    const response = await series('measurement=weather_observation&fields=temperature')
    expect((await jsonOf(response)).rows).toEqual([['2026-01-10T07:00:00Z', -3.1]])
  })

  test('of a building takes its configured and stored signals as fields, and no others', async () => {
    const { series, timeSeries, config } = setUp()
    config.put(
      { kind: 'building', id: 'TE901_KVARNEN' },
      { analog_signals: { a: { field_name: 'vs1_supply_temp' }, VS2_GT: { field_name: null } } },
    )
    await timeSeries.write([
      {
        measurement: 'building_system',
        tags: { building_id: 'TE901_KVARNEN' },
        time: seven,
        fields: { former_signal: 7 },
      },
    ])
    const building = 'building/TE901_KVARNEN'
    const known = await series('measurement=building_system&fields=vs1_supply_temp,VS2_GT,former_signal', {}, building)
    expect((await jsonOf(known)).rows).toEqual([['2026-01-10T07:00:00Z', null, null, 7]])
    const unknown = await series('measurement=building_system&fields=nonsense', {}, building)
    expect((await faults(unknown))[0]?.message).toContain('vs1_supply_temp')
    const all = await series('measurement=building_system', {}, building)
    expect((await jsonOf(all)).columns).toEqual(['time', 'former_signal'])
  })

  test('is CSV for who accepts that, with unknown as empty', async () => {
    const { series, timeSeries, id } = setUp()
    await timeSeries.write([
      { measurement: 'heating_system', tags: { house_id: id }, time: seven, fields: { room_temperature: 21.3 } },
    ])
    const response = await series('measurement=heating_system&fields=room_temperature,supply_temp', {
      Accept: 'text/csv',
    })
    expect(response.headers.get('Content-Type')).toContain('text/csv')
    expect(response.headers.get('Vary')).toContain('Accept')
    expect(await response.text()).toBe('time,room_temperature,supply_temp\r\n2026-01-10T07:00:00Z,21.3,\r\n')
  })
})

describe('a mistake', () => {
  test('in the measurement is answered with those that exist', async () => {
    const { series } = setUp()
    const [fault] = await faults(await series('measurement=heating_sistem'))
    expect(fault).toEqual({ path: 'measurement', message: expect.stringContaining('heating_system') })
  })

  test('of asking a house for a building’s measurement is told as such', async () => {
    const { series } = setUp()
    const [fault] = await faults(await series('measurement=building_system'))
    expect(fault?.message).toContain('not kept for a house')
  })

  test.each(['constructor', '__proto__', 'toString'])(
    'such as the measurement %s is an unknown measurement',
    async (name) => {
      await faults(await setUp().series(`measurement=${name}`))
    },
  )

  test('in a field is answered with those that exist', async () => {
    const { series } = setUp()
    const [fault] = await faults(await series('measurement=heating_system&fields=room_temp'))
    expect(fault).toEqual({ path: 'fields', message: expect.stringContaining('room_temperature') })
  })

  test('is not the only one told: all are', async () => {
    const { series } = setUp()
    const all = await faults(
      await series('measurement=heating_system&fields=room_temp&from=monday&to=2026-01-10&every=often'),
    )
    expect(all.map(({ path }) => path)).toEqual(['from', 'to', 'fields', 'every'])
  })

  test.each([
    ['from after to', 'from=2026-01-10T07:00Z&to=2026-01-10T06:00Z', 'from'],
    ['an aggregate without every', 'aggregate=max', 'aggregate'],
    ['an unknown aggregate', 'every=1h&aggregate=median', 'aggregate'],
    ['no measurement', 'measurement=', 'measurement'],
  ])('%s is 422', async (_, query, path) => {
    const { series } = setUp()
    const parameters = query.startsWith('measurement') ? query : `measurement=heating_system&${query}`
    expect((await faults(await series(parameters)))[0]?.path).toBe(path)
  })

  test('of an unknown measurement tells each there is once', async () => {
    const { series } = setUp()
    const [fault] = await faults(await series('measurement=nothing'))
    const names = fault?.message.split(' has ')[1]?.split(', ') ?? []
    expect(names).toContain('data_gap')
    expect(names).toEqual([...new Set(names)])
  })

  test('such as the mean of text is told which aggregates text has', async () => {
    const { series } = setUp()
    const query = 'measurement=weather_observation&fields=station_name&every=1h&aggregate=mean'
    expect((await faults(await series(query)))[0]?.message).toContain('last')
  })

  test('such as weather without a place says what is missing', async () => {
    const { series, addHouse } = setUp()
    addHouse({ id: 'nowhere', place: null })
    const [fault] = await faults(await series('measurement=weather_observation', {}, 'house/nowhere'))
    expect(fault?.message).toContain('coordinates')
  })
})

test('more rows than fit are refused with the advice to use every', async () => {
  const { series, timeSeries, id } = setUp()
  timeSeries.rows = Array.from({ length: MAX_ROWS + 1 }, (_, index) => ({
    measurement: 'heating_system',
    tags: { house_id: id },
    time: TEST_NOW - 1000 - index,
    fields: { room_temperature: 21 },
  }))
  const [fault] = await faults(await series('measurement=heating_system&fields=room_temperature'))
  expect(fault).toEqual({ path: 'every', message: expect.stringContaining('every') })
})

test('a store that is away is 503', async () => {
  const { series, timeSeries } = setUp()
  timeSeries.fault = new StoreUnavailable('the time-series store does not answer')
  expect((await series('measurement=heating_system')).status).toBe(503)
})

test('the registry lists its measurements with fields and units', async () => {
  const { dependencies } = setUp()
  const response = await asker(createApi(dependencies))('/api/v1/measurements')
  const { measurements } = await jsonOf<{ measurements: { name: string; fields: unknown[] }[] }>(response)
  const heating = measurements.find(({ name }) => name === 'heating_system')
  expect(heating).toMatchObject({ owner: ['house'], extraTags: [], time: 'poll', openFields: null })
  expect(heating?.fields).toContainEqual({
    name: 'room_temperature',
    type: 'float',
    unit: '°C',
    description: expect.any(String),
  })
})
