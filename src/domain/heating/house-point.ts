/** What a poll of a house leaves in the time series: the vendor's values and the ones computed from them. */
import type { EffectiveTemperature } from '../weather/effective-temperature.ts'

export interface HousePointInput {
  /** Fields of `heating_system` as read, units of the registry. */
  readonly fields: Readonly<Record<string, number>>
  /** Who shapes the curve: 0 manual, 1 the controller by itself, 2 BVPro. */
  readonly curveControlMode: 0 | 1 | 2
  /** Supply temperature the curve in force asks for, at an outdoor temperature in °C; undefined without a curve. */
  readonly curve: ((outdoorTemperature: number) => number | null) | undefined
  readonly effective: EffectiveTemperature | undefined
}

function rounded(value: number): number {
  // `+ 0` turns −0 into 0, which reads back as itself.
  return Math.round(value * 100) / 100 + 0
}

/** All fields of one `heating_system` point, numbers rounded to two decimals, unknown ones left out. */
export function heatingSystemFields(input: HousePointInput): Record<string, number> {
  const result: Record<string, number> = {}
  const put = (field: string, value: number | null | undefined) => {
    if (value !== null && value !== undefined && Number.isFinite(value)) result[field] = rounded(value)
  }
  for (const [field, value] of Object.entries(input.fields)) put(field, value)
  const outdoor = input.fields.outdoor_temperature
  if (outdoor !== undefined) put('supply_temp_heat_curve', input.curve?.(outdoor))
  const effective = input.effective
  if (effective !== undefined) {
    Object.assign(result, effectiveTemperatureFields(effective))
    put('supply_temp_heat_curve_ml', input.curve?.(effective.value))
  }
  put('curve_control_mode', input.curveControlMode)
  return result
}

/**
 * The effective temperature as fields of `heating_system`. A term whose input is not known is left out of the sum, and
 * its field stays away rather than read as "no wind".
 */
export function effectiveTemperatureFields(effective: EffectiveTemperature): Record<string, number> {
  const { value, windEffect, solarEffect, unknown } = effective
  return {
    effective_temp: rounded(value),
    ...(unknown.includes('wind') ? {} : { effective_temp_wind_effect: rounded(windEffect) }),
    ...(unknown.includes('solar') ? {} : { effective_temp_solar_effect: rounded(solarEffect) }),
  }
}

/** Fields of the `thermal_history` point that belongs to a reading; undefined without both temperatures. */
export function thermalHistoryFields(
  heatingSystem: Readonly<Record<string, number>>,
): Record<string, number> | undefined {
  const { room_temperature, outdoor_temperature, supply_temp, return_temp, electric_heater } = heatingSystem
  if (room_temperature === undefined || outdoor_temperature === undefined) return undefined
  return {
    room_temperature,
    outdoor_temperature,
    ...(supply_temp === undefined ? {} : { supply_temp }),
    ...(return_temp === undefined ? {} : { return_temp }),
    ...(electric_heater === undefined ? {} : { electric_heater }),
  }
}
