/** A house's stored readings and its place's weather as a thermal model learns from them. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import type { HeatInput, ThermalSample } from '../../domain/thermal/series.ts'
import { irradianceFromClouds } from '../../domain/weather/irradiance.ts'
import type { FieldValue, Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { ThermalHouse } from './thermal-house.ts'

const HOUR_MS = 3_600_000
const QUARTER_MS = HOUR_MS / 4
/** Share of the quarters of an hour that has to know a field for it to be used. */
const ENOUGH = 0.3
/** Water that never differs by this much tells nothing about heat, K. */
const STILL_WATER_K = 0.2

/** Epoch milliseconds, the end exclusive. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** Where the heat comes from: the mean of supply and return, the supply alone, the power, or nowhere. */
export type HeatSource = 'water' | 'supply' | 'power' | 'none'

export interface HouseSamples {
  readonly heatSource: HeatSource
  /** One for every quarter of an hour from the first reading to the last, ascending. */
  readonly samples: readonly ThermalSample[]
  readonly heatInput: HeatInput
  readonly heatIncludesHotWater: boolean
  /** What the model takes in is `gain · supply temperature + offset`. */
  readonly water: { readonly gain: number; readonly offset: number }
}

type Reader = Pick<TimeSeriesStore, 'read'>

const FIELDS = [
  'room_temperature',
  'outdoor_temperature',
  'supply_temp',
  'return_temp',
  'dh_power',
  'target_temp_setpoint',
] as const

/**
 * Reads a stretch. The heat is the mean of supply and return temperature of the heating circuit, which control acts on;
 * where nobody measures the supply, the district heating power, which holds the hot water too.
 * @param source the one a model was fitted to; otherwise the best there is
 */
export async function readHouseSamples(
  timeSeries: Reader,
  house: ThermalHouse,
  range: TimeRange,
  source?: HeatSource,
): Promise<HouseSamples> {
  const [rows, weather] = await Promise.all([
    timeSeries.read({
      measurement: 'heating_system',
      tags: { [ENTITY_TAG.house]: house.id },
      fields: FIELDS,
      ...range,
      every: '15m',
      aggregate: 'mean',
    }),
    readWeather(timeSeries, house, range),
  ])
  const heat = heatOf(rows, source ?? bestSource(rows))
  const ownOutdoor = isKnown(rows, 'outdoor_temperature')
  const quarters = new Map(
    rows.map((row, index) => [row.time, { fields: row.fields, heat: heat.values[index] ?? null }]),
  )
  const samples: ThermalSample[] = []
  const [first, last] = [rows[0], rows.at(-1)]
  // Imported readings may come by the hour; the weather is known all the same.
  for (let time = first?.time ?? 0; last !== undefined && time <= last.time; time += QUARTER_MS) {
    const outside = weather.get(Math.floor(time / HOUR_MS) * HOUR_MS)
    const quarter = quarters.get(time)
    samples.push({
      time,
      indoor: numberOf(quarter?.fields.room_temperature),
      outdoor: ownOutdoor ? numberOf(quarter?.fields.outdoor_temperature) : (outside?.temperature ?? null),
      irradiance: outside?.irradiance ?? null,
      wind: outside?.wind ?? null,
      heat: quarter?.heat ?? null,
      setpoint: numberOf(quarter?.fields.target_temp_setpoint),
    })
  }
  const { values: _, ...kind } = heat
  return { samples, ...kind }
}

interface Heat extends Omit<HouseSamples, 'samples'> {
  readonly values: readonly (number | null)[]
}

function column(rows: readonly Row[], field: (typeof FIELDS)[number]): (number | null)[] {
  return rows.map(({ fields }) => numberOf(fields[field]))
}

function bestSource(rows: readonly Row[]): HeatSource {
  if (isKnown(rows, 'supply_temp') && spread(column(rows, 'supply_temp')) > STILL_WATER_K) {
    return isKnown(rows, 'return_temp') ? 'water' : 'supply'
  }
  return isKnown(rows, 'dh_power') ? 'power' : 'none'
}

const AS_SUPPLY = { gain: 1, offset: 0 }

function heatOf(rows: readonly Row[], heatSource: HeatSource): Heat {
  const plain = { heatSource, heatInput: 'supply', heatIncludesHotWater: false, water: AS_SUPPLY } as const
  const supply = column(rows, 'supply_temp')
  switch (heatSource) {
    case 'water': {
      const back = column(rows, 'return_temp')
      // A mean that lacks the return now and then would jump.
      const values = supply.map((value, index) => {
        const returned = back[index] ?? null
        return value === null || returned === null ? null : (value + returned) / 2
      })
      return { ...plain, values, water: lineThrough(supply, values) }
    }
    case 'supply':
      return { ...plain, values: supply }
    case 'power':
      return { ...plain, heatInput: 'power', heatIncludesHotWater: true, values: column(rows, 'dh_power') }
    case 'none':
      return { ...plain, heatInput: 'none', values: [] }
  }
}

/** Least squares; the return follows the supply, so a mean of both moves less than the supply does. */
function lineThrough(supply: readonly (number | null)[], mean: readonly (number | null)[]) {
  const pairs = supply.flatMap((x, index) => {
    const y = mean[index] ?? null
    return x === null || y === null ? [] : [[x, y] as const]
  })
  if (pairs.length < 2) return AS_SUPPLY
  const centreX = pairs.reduce((sum, [x]) => sum + x, 0) / pairs.length
  const centreY = pairs.reduce((sum, [, y]) => sum + y, 0) / pairs.length
  const square = pairs.reduce((sum, [x]) => sum + (x - centreX) ** 2, 0)
  const product = pairs.reduce((sum, [x, y]) => sum + (x - centreX) * (y - centreY), 0)
  const gain = square === 0 ? 1 : Math.min(1, Math.max(0.5, product / square))
  return { gain, offset: centreY - gain * centreX }
}

function isKnown(rows: readonly Row[], field: (typeof FIELDS)[number]): boolean {
  return rows.filter(({ fields }) => typeof fields[field] === 'number').length > ENOUGH * rows.length
}

function spread(values: readonly (number | null)[]): number {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value === null) continue
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return high - low
}

/** By start of the hour. */
async function readWeather(timeSeries: Reader, { place, position }: ThermalHouse, range: TimeRange) {
  const hours = new Map<number, { temperature: number | null; irradiance: number | null; wind: number | null }>()
  if (place === undefined || position === undefined) return hours
  const rows = await timeSeries.read({
    measurement: 'weather_observation',
    tags: { place },
    fields: ['temperature', 'wind_speed', 'global_irradiance', 'cloud_cover'],
    from: Math.floor(range.from / HOUR_MS) * HOUR_MS,
    to: range.to,
    every: '1h',
    aggregate: 'mean',
  })
  for (const { time, fields } of rows) {
    hours.set(time, {
      temperature: numberOf(fields.temperature),
      wind: numberOf(fields.wind_speed),
      irradiance:
        numberOf(fields.global_irradiance) ??
        irradianceFromClouds(time + HOUR_MS / 2, position, numberOf(fields.cloud_cover)),
    })
  }
  return hours
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
