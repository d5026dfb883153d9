/** Forecasts of the energy of the next two days, from a model learned with each separation and the place's weather. */

import {
  type EnergyForecastModel,
  type EnergyForecastPoint,
  type ForecastWeatherHour,
  forecastEnergy,
} from '../../domain/energy/energy-forecast.ts'
import { SCORED_LEADS } from '../../domain/energy/energy-forecast-score.ts'
import { ENTITY_TAG, entityWorkflowId } from '../../domain/entity.ts'
import { irradianceAt, isForecastStale, weatherAt } from '../../domain/weather/forecast.ts'
import type { WeatherForecast } from '../../domain/weather/record.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { EnergyEntity } from './metered-entity.ts'

const HOUR_MS = 3_600_000
const HORIZON_HOURS = 48

/** Collections of the application store: what was learned for each entity, and the forecast issued last. */
export const ENERGY_FORECAST_MODELS = 'energy_forecast_model'
export const ENERGY_FORECASTS = 'energy_forecast'

export interface IssuedEnergyForecast {
  /** ISO 8601 UTC. */
  readonly issuedAt: string
  readonly modelVersion: string
  readonly points: readonly EnergyForecastPoint[]
}

export interface ForecastDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'write'>
  readonly application: Pick<ApplicationStore, 'getDocument' | 'putDocument' | 'deleteDocument'>
  readonly weather: { forecast(place: string): Promise<WeatherForecast | undefined> }
  readonly now: () => number
}

/** Keeps what a separation has learned; null forgets it, as when the energy cannot be split any more. */
export async function keepForecastModel(
  application: Pick<ApplicationStore, 'putDocument' | 'deleteDocument'>,
  { ref }: EnergyEntity,
  model: EnergyForecastModel | null,
): Promise<void> {
  const key = entityWorkflowId(ref)
  if (model === null) await application.deleteDocument(ENERGY_FORECAST_MODELS, key)
  else await application.putDocument(ENERGY_FORECAST_MODELS, key, model)
}

/**
 * Issues a forecast for the hours from the next full one on. Whole in the application store; in the series, where every
 * issue is kept, only the lead times that are scored.
 * @returns whether there was a model, and weather that is not too old
 */
export async function issueForecast(
  { timeSeries, application, weather, now }: ForecastDependencies,
  entity: EnergyEntity,
): Promise<boolean> {
  const { ref, place } = entity
  const model = (await application.getDocument<EnergyForecastModel>(ENERGY_FORECAST_MODELS, entityWorkflowId(ref)))
    ?.value
  const coming = place === undefined ? undefined : await weather.forecast(place)
  if (model === undefined || coming === undefined || isForecastStale(coming, now())) return false
  const issuedAt = Math.floor(now() / HOUR_MS) * HOUR_MS
  const points = forecastEnergy(model, issuedAt, hoursOf(coming, entity, issuedAt))
  if (points.length === 0) return false
  const issue: IssuedEnergyForecast = {
    issuedAt: new Date(issuedAt).toISOString(),
    modelVersion: model.modelVersion,
    points,
  }
  await timeSeries.write(
    points
      .filter(({ leadHours }) => (SCORED_LEADS as readonly number[]).includes(leadHours))
      .map((point) => toPoint(entity, issue, point)),
  )
  await application.putDocument(ENERGY_FORECASTS, entityWorkflowId(ref), issue)
  return true
}

function hoursOf(coming: WeatherForecast, { position }: EnergyEntity, issuedAt: number): ForecastWeatherHour[] {
  return Array.from({ length: HORIZON_HOURS + 1 }, (_, hour) => {
    const time = issuedAt + hour * HOUR_MS
    const middle = time + HOUR_MS / 2
    const weather = weatherAt(coming, middle)
    return {
      time,
      outdoorTemperature: weather?.temperature ?? null,
      globalIrradiance: position === undefined ? null : (irradianceAt(coming, position, middle) ?? null),
      windSpeed: weather?.windSpeed ?? null,
    }
  })
}

function toPoint({ ref }: EnergyEntity, issue: IssuedEnergyForecast, point: EnergyForecastPoint): Point {
  return {
    measurement: 'energy_forecast',
    tags: { [ENTITY_TAG[ref.kind]]: ref.id, lead_time_hours: String(point.leadHours) },
    time: point.time,
    fields: {
      energy_kwh: point.meanKwh,
      energy_low_kwh: point.lowKwh,
      energy_high_kwh: point.highKwh,
      heating_power_kw: point.heatingKwh,
      heating_energy_kwh: point.heatingKwh,
      dhw_energy_kwh: point.dhwKwh,
      issued_at: Date.parse(issue.issuedAt) / 1000,
      model_version: issue.modelVersion,
    },
  }
}
