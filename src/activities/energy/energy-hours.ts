/** The hours of an entity as the separation wants them: its meters summed, its sensors and its place's weather beside. */
import type { EnergyHour } from '../../domain/energy/hours.ts'
import { ENTITY_TAG } from '../../domain/entity.ts'
import { irradianceFromClouds } from '../../domain/weather/irradiance.ts'
import type { FieldValue, Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { EnergyEntity } from './metered-entity.ts'

const HOUR_MS = 3_600_000

/** Whole hours, epoch milliseconds, the end exclusive. */
export interface HourRange {
  readonly from: number
  readonly to: number
}

type Reader = Pick<TimeSeriesStore, 'read'>

/**
 * One entry for every hour of the range.
 *
 * An hour counts as measured when every meter that has ever delivered something in the range has delivered it: half of
 * the energy is no energy. Where the meters are silent altogether, hours a person uploaded stand in.
 */
export async function readEnergyHours(
  timeSeries: Reader,
  entity: EnergyEntity,
  range: HourRange,
): Promise<EnergyHour[]> {
  const [energy, sensors, power, weather] = await Promise.all([
    readMeteredEnergy(timeSeries, entity, range),
    readSensors(timeSeries, entity, range),
    readPower(timeSeries, entity, range),
    readWeather(timeSeries, entity, range),
  ])
  const hours: EnergyHour[] = []
  for (let time = range.from; time < range.to; time += HOUR_MS) {
    const sensed = sensors.get(time)
    const outside = weather.get(time)
    const heatPowerKw = power.get(time)
    hours.push({
      time,
      energyKwh: energy.get(time) ?? null,
      outdoorTemperature: sensed?.outdoor ?? outside?.temperature ?? null,
      indoorTemperature: sensed?.indoor ?? entity.assumedIndoor,
      globalIrradiance: outside?.irradiance ?? null,
      windSpeed: outside?.wind ?? null,
      hotWaterTemperature: sensed?.hotWater ?? null,
      ...(heatPowerKw === undefined ? {} : { heatPowerKw }),
    })
  }
  return hours
}

/** kWh by start of the hour, summed over the meters. */
export async function readMeteredEnergy(
  timeSeries: Reader,
  { ref, meterIds }: Pick<EnergyEntity, 'ref' | 'meterIds'>,
  { from, to }: HourRange,
): Promise<Map<number, number>> {
  const tags = { [ENTITY_TAG[ref.kind]]: ref.id }
  const rows = await timeSeries.read({ measurement: 'energy_meter', tags, fields: ['consumption'], from, to })
  const counted = rows.filter(
    ({ tags: { meter_id }, fields }) => meterIds.includes(meter_id ?? '') && fields.consumption !== null,
  )
  const meters = new Set(counted.map((row) => row.tags.meter_id))
  const sums = new Map<number, { kwh: number; meters: number }>()
  for (const { time, fields } of counted) {
    const sum = sums.get(time) ?? { kwh: 0, meters: 0 }
    sums.set(time, { kwh: sum.kwh + Number(fields.consumption), meters: sum.meters + 1 })
  }
  const energy = new Map<number, number>()
  for (const [time, { kwh, meters: delivered }] of sums) if (delivered === meters.size) energy.set(time, kwh)
  const uploaded = await timeSeries.read({
    measurement: 'energy_consumption',
    tags: { ...tags, energy_type: 'fjv_total' },
    fields: ['value'],
    from,
    to,
  })
  for (const { time, fields } of uploaded) {
    if (!sums.has(time) && typeof fields.value === 'number') energy.set(time, fields.value)
  }
  return energy
}

async function readSensors(timeSeries: Reader, { ref, sensors }: EnergyEntity, { from, to }: HourRange) {
  const { measurement, outdoor, indoor, hotWater } = sensors
  const rows = await timeSeries.read({
    measurement,
    tags: { [ENTITY_TAG[ref.kind]]: ref.id },
    fields: [outdoor, ...(indoor === undefined ? [] : [indoor]), hotWater],
    from,
    to,
    every: '1h',
    aggregate: 'mean',
  })
  return byTime(rows, ({ fields }) => ({
    outdoor: numberOf(fields[outdoor]),
    indoor: indoor === undefined ? null : numberOf(fields[indoor]),
    hotWater: numberOf(fields[hotWater]),
  }))
}

/** Means of five minutes of the live power, by hour, where a house reports it that often. */
async function readPower(timeSeries: Reader, { ref, sensors }: EnergyEntity, { from, to }: HourRange) {
  const rows = await timeSeries.read({
    measurement: sensors.measurement,
    tags: { [ENTITY_TAG[ref.kind]]: ref.id },
    fields: [sensors.power],
    from,
    to,
    every: '5m',
    aggregate: 'mean',
  })
  const hours = new Map<number, number[]>()
  for (const { time, fields } of rows) {
    const value = numberOf(fields[sensors.power])
    if (value === null) continue
    const hour = Math.floor(time / HOUR_MS) * HOUR_MS
    const readings = hours.get(hour)
    if (readings === undefined) hours.set(hour, [value])
    else readings.push(value)
  }
  return hours
}

async function readWeather(timeSeries: Reader, { place, position }: EnergyEntity, { from, to }: HourRange) {
  if (place === undefined || position === undefined) return new Map<number, never>()
  const rows = await timeSeries.read({
    measurement: 'weather_observation',
    tags: { place },
    fields: ['temperature', 'wind_speed', 'global_irradiance', 'cloud_cover'],
    from,
    to,
    every: '1h',
    aggregate: 'mean',
  })
  return byTime(rows, ({ time, fields }) => ({
    temperature: numberOf(fields.temperature),
    wind: numberOf(fields.wind_speed),
    irradiance:
      numberOf(fields.global_irradiance) ??
      irradianceFromClouds(time + HOUR_MS / 2, position, numberOf(fields.cloud_cover)),
  }))
}

function byTime<T>(rows: readonly Row[], read: (row: Row) => T): Map<number, T> {
  return new Map(rows.map((row) => [row.time, read(row)]))
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
