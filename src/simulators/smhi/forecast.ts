/** The forecast category snow1g, version 1: run stamp, valid times, parameter catalogue and point forecasts. */
import type { Coordinates } from '../../domain/weather/place.ts'
import type { SmhiFaults } from '../faults.ts'
import { type Exchange, sendJson, sendText } from '../http.ts'
import { forecastAt, type Weather } from '../physics/climate.ts'
import { isoSeconds, type ModelRun, newestRun } from './model-run.ts'

const BASE = '/api/category/snow1g/version/1'
const HOUR_MS = 3_600_000
const MISSING = 9999
const CACHE = { 'cache-control': 'max-age=3600', 'access-control-allow-origin': '*' }
/** Grid points are about 2.5 km apart. */
const GRID_DEGREES = 0.025
/** The real area is an irregular polygon inside this box. */
const AREA = { west: -18, east: 44, south: 50, north: 75 }
const CACHED_POINTS = 100

const PARAMETERS: readonly (readonly [name: string, unit: string, description: string])[] = [
  ['air_temperature', 'Cel', 'Air temperature at 2 m'],
  ['wind_from_direction', 'degree', 'Wind direction at 10 m'],
  ['wind_speed', 'm/s', 'Wind speed at 10 m'],
  ['wind_speed_of_gust', 'm/s', 'Wind gust speed'],
  ['relative_humidity', '%', 'Relative humidity'],
  ['air_pressure_at_mean_sea_level', 'hPa', 'Air pressure'],
  ['visibility_in_air', 'km', 'Visibility'],
  ['thunderstorm_probability', '%', 'Thunder probability'],
  ['probability_of_frozen_precipitation', 'fraction', 'Probability of frozen precipitation'],
  ['cloud_area_fraction', 'oktas', 'Total cloud cover'],
  ['low_type_cloud_area_fraction', 'oktas', 'Low cloud cover'],
  ['medium_type_cloud_area_fraction', 'oktas', 'Medium cloud cover'],
  ['high_type_cloud_area_fraction', 'oktas', 'High cloud cover'],
  ['cloud_base_altitude', 'm', 'Cloud base'],
  ['cloud_top_altitude', 'm', 'Cloud top'],
  ['precipitation_amount_mean_deterministic', 'kg/m2', 'Mean precipitation, deterministic'],
  ['precipitation_amount_mean', 'kg/m2', 'Mean precipitation'],
  ['precipitation_amount_min', 'kg/m2', 'Minimum precipitation'],
  ['precipitation_amount_max', 'kg/m2', 'Maximum precipitation'],
  ['precipitation_amount_median', 'kg/m2', 'Median precipitation'],
  ['probability_of_precipitation', '%', 'Probability of precipitation'],
  ['precipitation_frozen_part', '%', 'Frozen part of precipitation'],
  ['predominant_precipitation_type_at_surface', 'category', 'Precipitation type'],
  ['symbol_code', 'category', 'Weather symbol'],
]

interface ForecastStep {
  readonly time: string
  readonly intervalParametersStartTime: string
  readonly data: Readonly<Record<string, number>>
}

export class ForecastService {
  private readonly seed: number
  private readonly now: () => number
  private readonly points = new Map<string, readonly ForecastStep[]>()

  constructor(seed: number, now: () => number) {
    this.seed = seed
    this.now = now
  }

  /** Answers when the path is in the category; false otherwise. */
  handle(exchange: Exchange, faults: SmhiFaults): boolean {
    if (!exchange.path.startsWith('/api/category/')) return false
    const run = newestRun(this.now() - (faults.staleHours ?? 0) * HOUR_MS)
    const rest = exchange.path.startsWith(`${BASE}/`) ? exchange.path.slice(BASE.length) : ''
    const point = /^\/geotype\/point\/lon\/([^/]+)\/lat\/([^/]+)\/data\.json$/.exec(rest)
    if (faults.forecastGone === true) sendText(exchange, 404, '', 'text/html')
    else if (rest === '/createdtime.json') sendJson(exchange, 200, stampOf(run), CACHE)
    else if (rest === '/times.json') sendJson(exchange, 200, { time: run.times.map(isoSeconds) }, CACHE)
    else if (rest === '/parameter.json') sendJson(exchange, 200, { parameter: PARAMETERS.map(catalogueEntry) }, CACHE)
    else if (rest === '/geotype/polygon.json') sendJson(exchange, 200, polygon(), CACHE)
    else if (point !== null) this.point(exchange, run, point[1] ?? '', point[2] ?? '', faults)
    else sendText(exchange, 404, '', 'text/html')
    return true
  }

  private point(exchange: Exchange, run: ModelRun, lon: string, lat: string, faults: SmhiFaults): void {
    const place = parsePoint(lon, lat)
    if (place === undefined) {
      sendText(exchange, 404, 'Requested point is out of bounds', 'text/plain')
      return
    }
    const missing = new Set(faults.missingParameters ?? [])
    const { steps: count, parameters } = parseQuery(exchange.query)
    const timeSeries = this.steps(run, place)
      .slice(0, count)
      .map((step) => ({ ...step, data: select(step.data, parameters, missing) }))
    sendJson(
      exchange,
      200,
      {
        ...stampOf(run),
        geometry: { type: 'Point', coordinates: [place.longitude, place.latitude] },
        timeSeries,
      },
      CACHE,
    )
  }

  private steps(run: ModelRun, place: Coordinates): readonly ForecastStep[] {
    const key = `${run.referenceAt}/${place.longitude}/${place.latitude}`
    const known = this.points.get(key)
    if (known !== undefined) return known
    const steps = run.times.map((time, index) => this.step(run, place, time, run.times[index - 1] ?? time - HOUR_MS))
    const oldest = this.points.keys().next().value
    if (this.points.size >= CACHED_POINTS && oldest !== undefined) this.points.delete(oldest)
    this.points.set(key, steps)
    return steps
  }

  private step(run: ModelRun, place: Coordinates, time: number, from: number): ForecastStep {
    const weather = forecastAt(this.seed, place, run.referenceAt, time)
    let amount = 0
    for (let hour = from; hour < time; hour += HOUR_MS) {
      amount += forecastAt(this.seed, place, run.referenceAt, hour + HOUR_MS / 2).precipitationRate
    }
    return {
      time: isoSeconds(time),
      intervalParametersStartTime: isoSeconds(from),
      data: parametersOf(weather, amount),
    }
  }
}

function stampOf(run: ModelRun): { createdTime: string; referenceTime: string } {
  return { createdTime: isoSeconds(run.createdAt), referenceTime: isoSeconds(run.referenceAt) }
}

/**
 * Undefined outside the area, with more than six decimals, and for what is no number: the service answers 404 to all.
 */
function parsePoint(lon: string, lat: string): Coordinates | undefined {
  const form = /^-?\d{1,3}(\.\d{1,6})?$/
  if (!form.test(lon) || !form.test(lat)) return undefined
  const longitude = Number(lon)
  const latitude = Number(lat)
  if (longitude < AREA.west || longitude > AREA.east || latitude < AREA.south || latitude > AREA.north) return undefined
  return { latitude: snap(latitude), longitude: snap(longitude) }
}

function snap(degrees: number): number {
  return Number((Math.round(degrees / GRID_DEGREES) * GRID_DEGREES).toFixed(6))
}

/** As the real service: an encoded comma does not separate, so `a%2Cb` selects only `a`. */
function parseQuery(query: string): { steps: number | undefined; parameters: ReadonlySet<string> | undefined } {
  let steps: number | undefined
  let parameters: Set<string> | undefined
  for (const pair of query.split('&')) {
    const [key, value = ''] = pair.split('=')
    if (key === 'timeseries' && /^\d+$/.test(value)) steps = Number(value)
    if (key === 'parameters' && value !== '') {
      parameters = new Set(value.split(',').map((name) => name.split(/%2C/i)[0] ?? ''))
      if (/%2C/i.test(value)) parameters = new Set([...parameters].slice(0, 1))
    }
  }
  return { steps, parameters }
}

function select(
  values: Readonly<Record<string, number>>,
  parameters: ReadonlySet<string> | undefined,
  missing: ReadonlySet<string>,
): Record<string, number> {
  const result: Record<string, number> = {}
  for (const [name, value] of Object.entries(values)) {
    if (parameters === undefined || parameters.has(name)) result[name] = missing.has(name) ? MISSING : value
  }
  return result
}

function parametersOf(weather: Weather, precipitation: number): Record<string, number> {
  const octas = weather.cloudOctas
  const amount = round(precipitation, 1)
  const wet = amount > 0
  const frozen = Math.round(100 / (1 + Math.exp((weather.temperature - 1) * 2.5)))
  return {
    air_temperature: round(weather.temperature, 1),
    wind_from_direction: Math.round(weather.windDirection) % 360,
    wind_speed: round(weather.windSpeed, 1),
    wind_speed_of_gust: round(weather.windGust, 1),
    relative_humidity: Math.round(weather.relativeHumidity),
    air_pressure_at_mean_sea_level: round(weather.pressure, 1),
    visibility_in_air: wet ? 12 : 38,
    thunderstorm_probability: 0,
    probability_of_frozen_precipitation: wet ? frozen / 100 : 0,
    cloud_area_fraction: octas,
    low_type_cloud_area_fraction: Math.max(0, octas - 1),
    medium_type_cloud_area_fraction: Math.floor(octas / 2),
    high_type_cloud_area_fraction: Math.floor(octas / 3),
    cloud_base_altitude: octas === 0 ? MISSING : 2400 - 220 * octas,
    cloud_top_altitude: octas === 0 ? MISSING : 3000 + 160 * octas,
    precipitation_amount_mean_deterministic: amount,
    precipitation_amount_mean: amount,
    precipitation_amount_min: round(precipitation * 0.5, 1),
    precipitation_amount_max: round(precipitation * 1.8, 1),
    precipitation_amount_median: amount,
    probability_of_precipitation: wet ? Math.min(100, 40 + Math.round(30 * precipitation)) : 0,
    precipitation_frozen_part: wet ? frozen : -9,
    predominant_precipitation_type_at_surface: precipitationType(wet, frozen),
    symbol_code: symbolCode(octas, precipitation, frozen),
  }
}

/** 0 none, 1 rain, 5 snow, 7 rain and snow. */
function precipitationType(wet: boolean, frozenPercent: number): number {
  if (!wet) return 0
  if (frozenPercent > 80) return 5
  return frozenPercent > 20 ? 7 : 1
}

/** 1 clear … 6 overcast; 18–20 rain, 22–24 sleet, 25–27 snow, each light, moderate, heavy. */
function symbolCode(octas: number, precipitation: number, frozenPercent: number): number {
  if (round(precipitation, 1) > 0) {
    const strength = precipitation < 0.5 ? 0 : precipitation < 4 ? 1 : 2
    return (frozenPercent > 80 ? 25 : frozenPercent > 20 ? 22 : 18) + strength
  }
  return [1, 1, 2, 3, 3, 4, 5, 5, 6][octas] ?? 6
}

function catalogueEntry([name, unit, description]: (typeof PARAMETERS)[number]) {
  return { name, shortName: name, description, levelType: 'hl', level: 2, unit, missingValue: MISSING }
}

function polygon() {
  const { west, east, south, north } = AREA
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Polygon', coordinates: [ring] }
}

function round(value: number, decimals: number): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}
