/** What is known of a house besides its readings when its warmth is learned and forecast. */
import type { Catalogue } from '../../config/catalogue.ts'
import { coordinatesOf } from '../../config/field.ts'
import type { HouseConfig } from '../../config/house.ts'
import type { ReferenceRules } from '../../domain/thermal/reference-model.ts'
import { type Coordinates, placeKey } from '../../domain/weather/place.ts'

export interface ThermalHouse {
  readonly id: string
  readonly position: Coordinates | undefined
  /** Key of its weather. */
  readonly place: string | undefined
  /** The rules of thumb that are scored beside its model, or issued instead. */
  readonly rules: ReferenceRules
  /** What its forecasts are issued by; the learned model where nothing is said. */
  readonly forecastBy?: 'learned' | 'rules'
  /** Heat loss coefficient in force, kW/K. */
  readonly heatLossK: number | null
}

/** Houses with a valid configuration, by id. @param defaultPosition of houses that have none of their own */
export function listThermalHouses(
  { entities }: Pick<Catalogue, 'entities'>,
  defaultPosition: Coordinates | undefined,
): ThermalHouse[] {
  return entities
    .flatMap(({ ref, config }) =>
      ref.kind !== 'house' || config === null ? [] : [thermalHouse(ref.id, config as HouseConfig, defaultPosition)],
    )
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

export function thermalHouse(
  id: string,
  { building, comfort, energy_separation, ...config }: HouseConfig,
  defaultPosition: Coordinates | undefined,
): ThermalHouse {
  const position = coordinatesOf(config) ?? defaultPosition
  return {
    id,
    position,
    place: position === undefined ? undefined : placeKey(position),
    rules: {
      response: building.thermal_response,
      setpoint: comfort.target_indoor_temp,
      tolerance: comfort.acceptable_deviation,
    },
    ...(building.indoor_forecast === undefined ? {} : { forecastBy: building.indoor_forecast }),
    heatLossK: energy_separation.heat_loss_k,
  }
}

/** Key of a house's documents, as workflows are named. */
export function houseKey(id: string): string {
  return `house:${id}`
}
