/** From the columns of a file to what a thermal model learns from. */
import type { HeatInput, ThermalSample } from '../../domain/thermal/series.ts'
import { clearSkyIrradiance } from '../../domain/weather/irradiance.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import { sunPosition } from '../../domain/weather/sun.ts'
import { CommandFault } from '../fault.ts'
import type { Series, SeriesColumn } from './csv.ts'

const HOUR_MS = 3_600_000
/** What a Nordic winter sky lets through in the mean, where nothing is known about clouds. */
const USUAL_TRANSMISSION = 0.5

export interface ThermalInput {
  readonly samples: readonly ThermalSample[]
  readonly heatInput: HeatInput
  readonly heatIncludesHotWater: boolean
  /** Which columns the heat came from. */
  readonly heatSource: string | null
  readonly irradianceSource: 'measured' | 'clear sky' | null
  /** What a reader of the results has to know, whole sentences. */
  readonly notes: readonly string[]
}

/** @throws CommandFault without indoor or outdoor temperatures */
export function thermalInput(series: Series, name: string, place: Coordinates | null): ThermalInput {
  for (const column of ['indoor_temperature', 'outdoor_temperature'] as const) {
    if (known(series, column) < 2) throw new CommandFault(`${name}: the column "${column}" is missing or empty.`)
  }
  const heat = heatOf(series)
  const notes = [...heat.notes]
  const measured = known(series, 'global_irradiance') > 0
  if (!measured) {
    notes.push(
      place === null
        ? 'There is no irradiance; --lat and --lon would let the sun be estimated.'
        : 'There is no irradiance; half of a clear sky stands for it, so the solar aperture is rough.',
    )
  }
  const irradianceAt = (index: number, time: number): number | null => {
    if (measured) return value(series, 'global_irradiance', index)
    if (place === null) return null
    const middle = time + series.stepMs / 2
    return USUAL_TRANSMISSION * clearSkyIrradiance(sunPosition(middle, place).elevation)
  }
  return {
    samples: series.times.map((time, index) => ({
      time,
      indoor: value(series, 'indoor_temperature', index),
      outdoor: value(series, 'outdoor_temperature', index),
      irradiance: irradianceAt(index, time),
      wind: value(series, 'wind_speed', index),
      heat: heat.values[index] ?? null,
      setpoint: value(series, 'setpoint', index),
    })),
    heatInput: heat.input,
    heatIncludesHotWater: heat.includesHotWater,
    heatSource: heat.source,
    irradianceSource: measured ? 'measured' : place === null ? null : 'clear sky',
    notes,
  }
}

interface Heat {
  readonly input: HeatInput
  readonly source: string | null
  readonly includesHotWater: boolean
  readonly values: readonly (number | null)[]
  readonly notes: readonly string[]
}

/** The best evidence there is: heating power, then water temperatures, then the meter that measures tap water too. */
function heatOf(series: Series): Heat {
  const rows = series.times.length
  const enough = (column: SeriesColumn) => known(series, column) > 0.3 * rows && varies(series, column)
  const plain = { includesHotWater: false, notes: [] }
  if (enough('heat_power_kw')) {
    return { ...plain, input: 'power', source: 'heat_power_kw', values: series.values.heat_power_kw ?? [] }
  }
  const energy = energyAsPower(series)
  if (energy !== null) {
    const tapWater = 'The energy may hold hot water: it is taken for a constant load beside the heating.'
    return { input: 'power', source: 'energy_kwh', includesHotWater: true, values: energy, notes: [tapWater] }
  }
  if (enough('supply_temperature')) {
    const returns = series.values.return_temperature
    const values = series.times.map((_, index) => {
      const supply = value(series, 'supply_temperature', index)
      const back = returns?.[index] ?? null
      return supply === null || back === null ? supply : (supply + back) / 2
    })
    const ua = 'Without heating power only ratios to the heat loss coefficient are known, not the coefficient itself.'
    return {
      ...plain,
      input: 'supply',
      source: returns === undefined ? 'supply_temperature' : 'supply_temperature and return_temperature',
      values: returns === undefined ? values : consistent(values, returns),
      notes: [ua],
    }
  }
  const constant = known(series, 'heat_power_kw') > 0.3 * rows
  return {
    ...plain,
    input: constant ? 'power' : 'none',
    source: constant ? 'heat_power_kw' : null,
    values: constant ? (series.values.heat_power_kw ?? []) : [],
    notes: [
      constant
        ? 'The heating power never changes.'
        : 'Neither heating power, energy nor supply temperature is known: losses and gains cannot be told apart.',
    ],
  }
}

/** A mean of supply and return where the return is missing now and then would jump: then the value is unknown. */
function consistent(values: readonly (number | null)[], returns: readonly (number | null)[]): (number | null)[] {
  const share = returns.filter((entry) => entry !== null).length / returns.length
  return values.map((entry, index) => (share > 0.5 && returns[index] === null ? null : entry))
}

/**
 * Energy of each row spread over the time to the next reading of the meter: a file may have temperatures every quarter
 * and energy every hour. Null when there is hardly any.
 */
function energyAsPower(series: Series): (number | null)[] | null {
  const energy = series.values.energy_kwh
  if (energy === undefined || !varies(series, 'energy_kwh')) return null
  const at = series.times.flatMap((time, index) => (energy[index] == null ? [] : [time]))
  const spacings = at.slice(1).map((time, index) => time - (at[index] as number))
  spacings.sort((one, other) => one - other)
  const period = spacings[Math.floor(spacings.length / 2)] ?? HOUR_MS
  const span = (series.times.at(-1) as number) - (series.times[0] as number)
  if (period > 6 * HOUR_MS || at.length * period < 0.3 * span) return null
  let power: number | null = null
  let since = Number.NEGATIVE_INFINITY
  return series.times.map((time, index) => {
    const read = energy[index] ?? null
    if (read !== null) {
      power = (read * HOUR_MS) / period
      since = time
    }
    return time - since < period ? power : null
  })
}

function value(series: Series, column: SeriesColumn, index: number): number | null {
  return series.values[column]?.[index] ?? null
}

function known(series: Series, column: SeriesColumn): number {
  return series.values[column]?.filter((entry) => entry !== null).length ?? 0
}

function varies(series: Series, column: SeriesColumn): boolean {
  const values = series.values[column]?.filter((entry) => entry !== null) ?? []
  return values.some((entry) => entry !== values[0])
}
