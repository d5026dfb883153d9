/** The weather of a place as all share it: what is kept when a source has it, and what is said when one has not. */
import { beforeEach, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import { StoreUnavailable, Unavailable } from '../connectors/errors.ts'
import type { WeatherProvider } from '../connectors/weather.ts'
import type { WeatherForecast, WeatherObservation, WeatherRecord } from '../domain/weather/record.ts'
import { silentLogger } from '../runtime/log.ts'
import type { Point } from '../store/timeseries/port.ts'
import { createSharedWeather, forecastForPoll } from './shared-weather.ts'

const PLACE = '56.670,12.860'
const SEVEN = Date.parse('2026-01-10T07:00:00Z')

const record: WeatherRecord = {
  validAt: SEVEN,
  stepHours: 1,
  temperature: -3.4,
  windSpeed: 2,
  windGust: null,
  windDirection: null,
  relativeHumidity: 85,
  cloudOctas: 4,
  globalIrradiance: null,
  precipitationMm: null,
}
const forecast: WeatherForecast = {
  source: 'smhi',
  issuedAt: SEVEN,
  fetchedAt: SEVEN,
  gridPoint: null,
  steps: [record],
}
const observation: WeatherObservation = {
  source: 'metobs',
  fetchedAt: SEVEN,
  record: { ...record, stepHours: 0 },
  stationId: '999001',
  stationName: 'Provby A',
  distanceKm: 3.8,
  quality: 'G',
}

let written: string[]
let application: ReturnType<typeof memoryApplicationStore>
let now: number
beforeEach(() => {
  written = []
  application = memoryApplicationStore()
  now = SEVEN
})

function weatherFrom(provider: Partial<WeatherProvider>) {
  return createSharedWeather({
    providerOf: async () => ({
      forecast: async () => forecast,
      observation: async () => observation,
      ...provider,
    }),
    application,
    timeSeries: {
      write: async (points: readonly Point[]) => {
        written.push(...points.map(({ measurement }) => measurement))
      },
    },
    now: () => now,
  })
}

const down = async () => {
  throw new Unavailable('no forecast: SMHI is down; Open-Meteo is down')
}

test('forecast and observation are kept, and asking again brings nothing new', async () => {
  let asked = 0
  const weather = weatherFrom({ forecast: async () => (asked++ === 0 ? forecast : 'unchanged') })
  expect(await weather.refresh(PLACE)).toBe(true)
  expect([...written].sort()).toEqual(['weather_forecast', 'weather_observation'])
  expect(await weather.forecast(PLACE)).toEqual(forecast)
  expect(await weather.observation(PLACE)).toEqual(observation)
  expect(await weather.refresh(PLACE)).toBe(false)
})

test('a forecast that cannot be had is told although a station reports, and the observation is kept', async () => {
  const weather = weatherFrom({ forecast: down })
  await expect(weather.refresh(PLACE)).rejects.toThrow('SMHI is down')
  expect(written).toEqual(['weather_observation'])
  expect(await weather.observation(PLACE)).toEqual(observation)
})

test('a forecast that cannot be had is told where no station stands near', async () => {
  const weather = weatherFrom({ forecast: down, observation: async () => undefined })
  await expect(weather.refresh(PLACE)).rejects.toBeInstanceOf(Unavailable)
})

test('an observation that cannot be had is told, and the forecast is kept', async () => {
  const weather = weatherFrom({ observation: down })
  await expect(weather.refresh(PLACE)).rejects.toBeInstanceOf(Unavailable)
  expect(written).toEqual(['weather_forecast'])
  expect(await weather.forecast(PLACE)).toEqual(forecast)
})

test('a place without a station near has a forecast and no fault', async () => {
  expect(await weatherFrom({ observation: async () => undefined }).refresh(PLACE)).toBe(true)
})

test('while the store cannot be asked, what it said last still holds', async () => {
  const weather = weatherFrom({})
  await weather.refresh(PLACE)
  application.getDocument = async () => {
    throw new StoreUnavailable('the database is locked by another process')
  }
  now += 3_600_000
  expect(await weather.forecast(PLACE)).toEqual(forecast)
  await expect(weather.forecast('59.330,18.060')).rejects.toThrow('locked')
  expect(await forecastForPoll(weather, '59.330,18.060', silentLogger)).toBeUndefined()
})
