/** What is known of a house besides its readings when its savings are told. */
import type { Catalogue } from '../../config/catalogue.ts'
import type { HouseConfig } from '../../config/house.ts'
import { emitterExponent } from '../../domain/savings/emitters.ts'
import type { Coordinates } from '../../domain/weather/place.ts'
import { type ThermalHouse, thermalHouse } from '../thermal/thermal-house.ts'

export interface SavingsHouse extends ThermalHouse {
  readonly emitterExponent: number
}

/** Houses with a valid configuration, by id. @param defaultPosition of houses that have none of their own */
export function listSavingsHouses(
  { entities }: Pick<Catalogue, 'entities'>,
  defaultPosition: Coordinates | undefined,
): SavingsHouse[] {
  return entities
    .flatMap(({ ref, config }) => {
      if (ref.kind !== 'house' || config === null) return []
      const house = config as HouseConfig
      return [
        {
          ...thermalHouse(ref.id, house, defaultPosition),
          emitterExponent: emitterExponent(house.heating_system.distribution_type),
        },
      ]
    })
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}
