/** The rooms of the zone town: five that are always the same, and as many invented ones as wanted. */
import { between } from '../physics/noise.ts'
import type { Habit } from './daily-life.ts'
import type { RoomPhysics } from './room.ts'

export interface ZoneSpec {
  /** The id its configuration file would have. */
  readonly id: string
  readonly name: string
  /** °C. */
  readonly startTemperature: number
  readonly startSetpoint: number
  readonly startOccupied: boolean
  /** The device renews its registers this often; only a fault makes it visible. */
  readonly deviceCycleSeconds: number
  readonly physics: RoomPhysics
  readonly habits: readonly Habit[]
}

export const ZONE_SPECS: readonly ZoneSpec[] = [
  {
    id: 'living-room',
    name: 'Living Room',
    startTemperature: 19,
    startSetpoint: 22,
    startOccupied: true,
    deviceCycleSeconds: 5,
    physics: room({ heaterKw: 2.2, lossKwPerK: 0.045, capacityKwhPerK: 0.42, solarApertureM2: 1.6 }),
    habits: [
      { days: 'workdays', from: 16.5, to: 22.5, chance: 0.95 },
      { days: 'weekend', from: 9.5, to: 23, chance: 0.85 },
    ],
  },
  {
    id: 'bedroom',
    name: 'Bedroom',
    startTemperature: 21,
    startSetpoint: 20,
    startOccupied: false,
    deviceCycleSeconds: 6,
    physics: room({ heaterKw: 1.2, lossKwPerK: 0.028, capacityKwhPerK: 0.28, solarApertureM2: 0.6 }),
    habits: [{ days: 'all', from: 22.5, to: 30.75, chance: 0.98 }],
  },
  {
    id: 'kitchen',
    name: 'Kitchen',
    startTemperature: 18,
    startSetpoint: 20,
    startOccupied: true,
    deviceCycleSeconds: 7,
    physics: room({
      heaterKw: 1.4,
      lossKwPerK: 0.032,
      capacityKwhPerK: 0.34,
      solarApertureM2: 0.8,
      occupiedGainKw: 0.5,
    }),
    habits: [
      { days: 'all', from: 6.75, to: 8, chance: 0.95 },
      { days: 'weekend', from: 12, to: 13.5, chance: 0.7 },
      { days: 'all', from: 17, to: 19.25, chance: 0.9 },
    ],
  },
  {
    id: 'office',
    name: 'Office',
    startTemperature: 19.5,
    startSetpoint: 21,
    startOccupied: false,
    deviceCycleSeconds: 8,
    physics: room({ heaterKw: 1.1, lossKwPerK: 0.026, capacityKwhPerK: 0.24, solarApertureM2: 1 }),
    habits: [
      { days: 'workdays', from: 8.25, to: 12, chance: 0.8 },
      { days: 'workdays', from: 12.75, to: 16.5, chance: 0.8 },
    ],
  },
  {
    id: 'guest-room',
    name: 'Guest Room',
    startTemperature: 17,
    startSetpoint: 19,
    startOccupied: false,
    deviceCycleSeconds: 9,
    physics: room({ heaterKw: 1, lossKwPerK: 0.03, capacityKwhPerK: 0.26, solarApertureM2: 0.5 }),
    habits: [{ days: 'weekend', from: 20, to: 33, chance: 0.3 }],
  },
]

/** The first `count` rooms: the five, then rooms like them with other walls and heaters. */
export function inventZones(count: number, seed: number): ZoneSpec[] {
  return Array.from({ length: count }, (_, index) => {
    const model = ZONE_SPECS[index % ZONE_SPECS.length]
    if (model === undefined) throw new RangeError('a town has no negative number of zones')
    return index < ZONE_SPECS.length ? model : variantOf(model, index + 1, seed)
  })
}

function variantOf(model: ZoneSpec, number: number, seed: number): ZoneSpec {
  const vary = (value: number, channel: number) => value * between(0.8, 1.25, seed, channel, number)
  const { heaterKw, lossKwPerK, capacityKwhPerK } = model.physics
  return {
    ...model,
    id: `room-${number}`,
    name: `Room ${number}`,
    physics: {
      ...model.physics,
      heaterKw: vary(heaterKw, 611),
      lossKwPerK: vary(lossKwPerK, 612),
      capacityKwhPerK: vary(capacityKwhPerK, 613),
    },
  }
}

function room(physics: Omit<RoomPhysics, 'baseGainKw' | 'occupiedGainKw'> & { occupiedGainKw?: number }): RoomPhysics {
  return { baseGainKw: 0.03, occupiedGainKw: 0.12, ...physics }
}
