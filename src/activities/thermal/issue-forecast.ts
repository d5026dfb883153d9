/** Issues the indoor forecast of a house: whole in the application store, in the series the leads that are scored. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import { forecastHouse, type HouseForecast } from '../../domain/learning/house-forecast.ts'
import { forecastByRules } from '../../domain/learning/rules-forecast.ts'
import { ISSUED_LEADS } from '../../domain/learning/train.ts'
import { HORIZON_HOURS } from '../../domain/thermal/forecast.ts'
import { type ComingWeather, stepsOf } from '../../domain/thermal/house-path.ts'
import { between, type ThermalSeries, thermalSeries, timeAt } from '../../domain/thermal/series.ts'
import { irradianceAt, isForecastStale, weatherAt } from '../../domain/weather/forecast.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import { modelsOf, RULES_OF_THUMB, type StoredVersion, versionInUse } from './house-models.ts'
import { readHouseSamples } from './house-samples.ts'
import { houseKey, type ThermalHouse } from './thermal-house.ts'

const HOUR_MS = 3_600_000
const QUARTER_MS = HOUR_MS / 4
/** Readings a state is estimated from: more than a house remembers of its heating, and the setpoints of a week ago. */
const STATE_DAYS = 12
/** A house silent for longer is not forecast. */
const LONGEST_SILENCE_MS = 3 * HOUR_MS

export const INDOOR_FORECASTS = 'indoor_forecast'

/** What is kept of the last look: a forecast, or why there is none. */
export interface IssuedIndoorForecast {
  /** ISO 8601 UTC. */
  readonly issuedAt: string | null
  readonly modelVersion: string | null
  readonly points: readonly {
    readonly time: string
    readonly leadHours: number
    /** °C. */
    readonly mean: number
    readonly q10: number
    readonly q90: number
    readonly outdoor: number
  }[]
  /** Why there is none, one sentence; null when there is one. */
  readonly reason: string | null
}

export interface ForecastDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: Pick<ApplicationStore, 'getDocument' | 'putDocument'>
  readonly weather: { forecast(place: string): Promise<WeatherForecast | undefined> }
  readonly now: () => number
}

/** @returns whether one was issued */
export async function issueIndoorForecast(dependencies: ForecastDependencies, house: ThermalHouse): Promise<boolean> {
  const { timeSeries, application } = dependencies
  const issue = await indoorForecast(dependencies, house)
  const { points, issuedAt, modelVersion } = issue
  if (issuedAt !== null) {
    const scored = points.filter(({ leadHours }) => ISSUED_LEADS.includes(leadHours))
    await timeSeries.write(scored.map((point) => toPoint(house.id, point, issuedAt, modelVersion)))
  }
  await application.putDocument(INDOOR_FORECASTS, houseKey(house.id), issue)
  return issuedAt !== null
}

async function indoorForecast(
  { timeSeries, application, weather, now }: ForecastDependencies,
  house: ThermalHouse,
): Promise<IssuedIndoorForecast> {
  const byRules = house.forecastBy === 'rules'
  const models = byRules ? undefined : await modelsOf(application, house.id)
  const version = versionInUse(models)
  if (version === undefined && !byRules) return none(models?.reason ?? 'No model has been fitted yet.')
  const { place } = house
  if (place === undefined) return none('The position of the house is not known, so its weather is not either.')
  const coming = await weather.forecast(place)
  if (coming === undefined) return none('There is no weather forecast yet.')
  if (isForecastStale(coming, now())) return none('The weather forecast is too old.')
  const issueAt = Math.floor(now() / HOUR_MS) * HOUR_MS
  const series =
    version === undefined
      ? await latestSeries(timeSeries, house, issueAt + QUARTER_MS)
      : await recentSeries({ timeSeries }, house, version, issueAt + QUARTER_MS)
  if (series === null || issueAt - timeAt(series, series.length - 1) > LONGEST_SILENCE_MS) {
    return none('The house has not been read for hours.')
  }
  const outside = comingWeather(coming, house, series)
  const forecast =
    version === undefined
      ? forecastByRules(house.rules, series, outside.outdoor)
      : forecastHouse(version.training.trained, series, outside)
  if (forecast === null) return none('Where the house stands at present cannot be told from its readings.')
  return described(forecast, version?.version ?? RULES_OF_THUMB)
}

function none(reason: string): IssuedIndoorForecast {
  return { issuedAt: null, modelVersion: null, points: [], reason }
}

/** The readings of the last days as a version's model takes them in; null without any. */
export async function recentSeries(
  { timeSeries }: { readonly timeSeries: Pick<TimeSeriesStore, 'read'> },
  house: ThermalHouse,
  { training, heatSource }: Pick<StoredVersion, 'training' | 'heatSource'>,
  to: number,
): Promise<ThermalSeries | null> {
  const { heatInput, heatIncludesHotWater } = training.trained
  const range = { from: to - STATE_DAYS * 24 * HOUR_MS, to }
  const { samples } = await readHouseSamples(timeSeries, house, range, heatSource)
  if (samples.length < 2) return null
  const { series } = thermalSeries(samples, heatInput, heatIncludesHotWater)
  // A reading that has not come yet leaves the last steps empty: the state ends with what is known.
  let end = series.length
  while (end > 0 && Number.isNaN((series.outdoor[end - 1] as number) + (series.heat[end - 1] as number))) end -= 1
  return end < 2 ? null : between(series, 0, end)
}

/** The readings of the last hours: all that the rules of thumb look at. */
async function latestSeries(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  house: ThermalHouse,
  to: number,
): Promise<ThermalSeries | null> {
  const { samples } = await readHouseSamples(timeSeries, house, { from: to - 2 * LONGEST_SILENCE_MS, to }, 'none')
  const known = samples.filter(({ indoor }) => indoor !== null)
  return known.length < 2 ? null : thermalSeries(known, 'none').series
}

function comingWeather(coming: WeatherForecast, { position }: ThermalHouse, series: ThermalSeries): ComingWeather {
  const steps = stepsOf(series, HORIZON_HOURS) + 1
  const first = timeAt(series, series.length - 1)
  const times = Array.from({ length: steps }, (_, step) => first + step * series.stepHours * HOUR_MS)
  const unknown = Number.NaN
  return {
    outdoor: Float64Array.from(times, (time) => weatherAt(coming, time)?.temperature ?? unknown),
    irradiance: Float64Array.from(times, (time) =>
      position === undefined ? 0 : (irradianceAt(coming, position, time) ?? 0) / 1000,
    ),
    wind: Float64Array.from(times, (time) => weatherAt(coming, time)?.windSpeed ?? unknown),
  }
}

function described({ issuedAt, points }: HouseForecast, modelVersion: string): IssuedIndoorForecast {
  const rounded = (value: number) => Math.round(value * 100) / 100
  return {
    issuedAt: isoOf(issuedAt),
    modelVersion,
    points: points.map(({ time, leadHours, mean, q10, q90, outdoor }) => ({
      time: isoOf(time),
      leadHours,
      mean: rounded(mean),
      q10: rounded(q10),
      q90: rounded(q90),
      outdoor: rounded(outdoor),
    })),
    reason: null,
  }
}

function isoOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

function toPoint(
  id: string,
  point: IssuedIndoorForecast['points'][number],
  issuedAt: string,
  modelVersion: string | null,
): Point {
  return {
    measurement: 'temperature_forecast',
    tags: { [ENTITY_TAG.house]: id, lead_time_hours: String(point.leadHours) },
    time: Date.parse(point.time),
    fields: {
      indoor_temp: point.mean,
      indoor_temp_q10: point.q10,
      indoor_temp_q90: point.q90,
      outdoor_temp: point.outdoor,
      issued_at: Date.parse(issuedAt) / 1000,
      model_version: modelVersion,
    },
  }
}
