/** Turns a read series into what the energy estimates take: whole hours, with live power within them where it is finer. */
import type { EnergyHour } from '../../domain/energy/hours.ts'
import { meterStep } from '../../domain/energy/resolution.ts'
import { CommandFault } from '../fault.ts'
import { type Series, toHourly } from './csv.ts'

const HOUR_MS = 3_600_000
const COARSEST_POWER_STEP_KW = 0.6

export interface EnergySeries {
  readonly hours: readonly EnergyHour[]
  /** By the time of the hour, epoch milliseconds; kWh. Never evidence, only for scores. */
  readonly trueDhwKwh: ReadonlyMap<number, number>
  readonly trueHeatingKwh: ReadonlyMap<number, number>
}

/** @param name of the file, for faults. @throws CommandFault when there is no energy */
export function energySeries(series: Series, name: string): EnergySeries {
  const energyColumn = series.values.energy_kwh ?? energyOfPower(series)
  if (energyColumn === undefined) {
    throw new CommandFault(`${name}, line 1: there is no column "energy_kwh" (nor "heat_power_kw").`)
  }
  const hourly = toHourly({ ...series, values: { ...series.values, energy_kwh: energyColumn } }, name)
  const live = livePower(series)
  const { values } = hourly
  const hours = hourly.times.map((time, index): EnergyHour => {
    const power = live.get(time)
    return {
      time,
      energyKwh: values.energy_kwh?.[index] ?? null,
      outdoorTemperature: values.outdoor_temperature?.[index] ?? null,
      indoorTemperature: values.indoor_temperature?.[index] ?? null,
      globalIrradiance: values.global_irradiance?.[index] ?? null,
      windSpeed: values.wind_speed?.[index] ?? null,
      hotWaterTemperature: values.hot_water_temperature?.[index] ?? null,
      ...(power === undefined ? {} : { heatPowerKw: power }),
    }
  })
  if (hours.every((hour) => hour.energyKwh === null)) throw new CommandFault(`${name}: no hour has a whole energy.`)
  return {
    hours,
    trueDhwKwh: known(hourly.times, values.dhw_kwh_true),
    trueHeatingKwh: known(hourly.times, values.heating_kwh_true),
  }
}

function energyOfPower({ values, stepMs }: Series): (number | null)[] | undefined {
  return values.heat_power_kw?.map((power) => (power === null ? null : (power * stepMs) / HOUR_MS))
}

/** Power within each hour from a finer series: its own readings, else the finer energy; nothing from an hourly one. */
function livePower(series: Series): Map<number, number[]> {
  const { times, stepMs, values } = series
  const live = new Map<number, number[]>()
  if (stepMs >= HOUR_MS) return live
  const power = values.heat_power_kw ?? powerOfEnergy(series)
  times.forEach((time, index) => {
    const value = power?.[index] ?? null
    if (value === null) return
    const hour = Math.floor(time / HOUR_MS) * HOUR_MS
    const readings = live.get(hour)
    if (readings === undefined) live.set(hour, [value])
    else readings.push(value)
  })
  return live
}

/** Undefined for a meter whose single step would look like a draw-off in so short a period. */
function powerOfEnergy({ values, stepMs }: Series): (number | null)[] | undefined {
  const energy = values.energy_kwh
  if (energy === undefined) return undefined
  const step = meterStep(energy.filter((kwh) => kwh !== null))
  if ((step * HOUR_MS) / stepMs > COARSEST_POWER_STEP_KW) return undefined
  return energy.map((kwh) => (kwh === null ? null : (kwh * HOUR_MS) / stepMs))
}

function known(times: readonly number[], values: readonly (number | null)[] | undefined): Map<number, number> {
  const result = new Map<number, number>()
  values?.forEach((value, index) => {
    if (value !== null) result.set(times[index] as number, value)
  })
  return result
}
