/** What the energy of an entity is worked out from: its meters, its sensors' fields, its place. */
import type { BuildingConfig } from '../../config/building.ts'
import { buildingSeparatesEnergy } from '../../config/building.ts'
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import { coordinatesOf } from '../../config/field.ts'
import type { HouseConfig } from '../../config/house.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { type Coordinates, placeKey } from '../../domain/weather/place.ts'
import type { MeteredEntity } from '../energy-import/meter-owners.ts'

/** Where an entity's readings stand in its own measurement. */
export interface SensorFields {
  readonly measurement: 'heating_system' | 'building_system'
  readonly outdoor: string
  /** Absent where nobody measures it. */
  readonly indoor: string | undefined
  readonly hotWater: string
  readonly power: string
}

export interface EnergyEntity extends MeteredEntity {
  /** Whether its energy is to be split; meter hours are stored all the same. */
  readonly separates: boolean
  readonly sensors: SensorFields
  /** °C, where no sensor tells it. */
  readonly assumedIndoor: number | null
  readonly position: Coordinates | undefined
  readonly place: string | undefined
  /** kW/K as the configuration has it at present. */
  readonly heatLossK: number | null
}

const HOUSE_SENSORS: SensorFields = {
  measurement: 'heating_system',
  outdoor: 'outdoor_temperature',
  indoor: 'room_temperature',
  hotWater: 'hot_water_temp',
  power: 'dh_power',
}

/**
 * @param meterIds of the environment, which win over those of the file; undefined when the environment has none
 * @returns undefined for an entity without a valid configuration, and for zones, which have no meters
 */
export function energyEntity(
  { ref, config }: ConfiguredEntity,
  meterIds: readonly string[] | undefined,
  defaultPosition: Coordinates | undefined,
): EnergyEntity | undefined {
  if (config === null || ref.kind === 'zone') return undefined
  const position = coordinatesOf(config) ?? defaultPosition
  const common = {
    ref: { kind: ref.kind, id: ref.id } satisfies EntityRef,
    position,
    place: position === undefined ? undefined : placeKey(position),
  }
  if (ref.kind === 'house') {
    const { friendly_name, meter_ids, energy_data_start_date, energy_separation } = config as HouseConfig
    const meters = meterIds ?? meter_ids
    return {
      ...common,
      name: friendly_name || ref.id,
      meterIds: meters,
      dataStart: energy_data_start_date ?? undefined,
      separates: energy_separation.enabled || meters.length > 0,
      sensors: HOUSE_SENSORS,
      assumedIndoor: null,
      heatLossK: energy_separation.heat_loss_k,
    }
  }
  const building = config as BuildingConfig
  const { friendly_name, meter_ids, energy_separation } = building
  const meters = meterIds ?? meter_ids
  return {
    ...common,
    name: friendly_name || ref.id,
    meterIds: meters,
    dataStart: undefined,
    separates: buildingSeparatesEnergy(building, meters),
    sensors: {
      measurement: 'building_system',
      outdoor: energy_separation.field_mapping.outdoor_temperature,
      indoor: 'room_temperature',
      hotWater: energy_separation.field_mapping.hot_water_temp,
      power: 'dh_power_total',
    },
    assumedIndoor: energy_separation.assumed_indoor_temp,
    heatLossK: energy_separation.heat_loss_k,
  }
}
