/** A house with one meter, for tests of what is made of meter hours. */
import type { EnergyEntity } from '../metered-entity.ts'

export const VILLA_EK: EnergyEntity = {
  ref: { kind: 'house', id: 'HEM_FJV_Villa_901' },
  name: 'Villa Ek',
  meterIds: ['735999000000000901'],
  dataStart: undefined,
  separates: true,
  sensors: {
    measurement: 'heating_system',
    outdoor: 'outdoor_temperature',
    indoor: 'room_temperature',
    hotWater: 'hot_water_temp',
    power: 'dh_power',
  },
  assumedIndoor: null,
  position: { latitude: 56.67, longitude: 12.86 },
  place: '56.67,12.86',
  heatLossK: null,
}
