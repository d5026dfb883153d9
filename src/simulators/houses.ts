/** The houses of the town: invented, but each with buildings, people and controllers as they are found in Sweden. */
import type { Coordinates } from '../domain/weather/place.ts'
import { type Building, tunedCurve } from './physics/building.ts'
import type { Registers, SteeringLayer } from './physics/controller.ts'
import { OUTDOOR_AXIS } from './physics/curve.ts'
import { type HousePhysics, setpointGainOf } from './physics/house.ts'
import { between, hash32, uniform } from './physics/noise.ts'

/** The two register maps known from real houses; see `homeside/registers.ts`. */
export type RegisterLayout = 'A' | 'B'

export interface HouseSpec extends Coordinates {
  /** `HEM_FJV_Villa_<number>`, the last segment of the client id. */
  readonly id: string
  readonly name: string
  /** Houses with the same user name share one account and must have the same password. */
  readonly username: string
  readonly password: string
  readonly distribution: 'radiator' | 'floor'
  readonly layout: RegisterLayout
  /** 0 is the register map of the documentation, 1…4 move Yref, SetPoint, Adaption and the rest. */
  readonly registerVariant: number
  readonly hasHeatMeter: boolean
  /** Room sensors in use, 1…3. */
  readonly zones: number
  readonly physics: HousePhysics
  /** The registers of a house nobody has touched. */
  readonly registers: Registers
}

/** What may be said about an invented house; the rest follows from seed and number. */
export interface HouseTraits extends Partial<Coordinates> {
  readonly name?: string
  readonly username?: string
  readonly password?: string
  readonly distribution?: 'radiator' | 'floor'
  readonly layout?: RegisterLayout
  readonly registerVariant?: number
  readonly hasHeatMeter?: boolean
  readonly steering?: SteeringLayer
  readonly adaptation?: boolean
  readonly awayMode?: boolean
  readonly awaySetpoint?: number
  readonly setpoint?: number
}

export const DEFAULT_SEED = 20_260_115
const TOWN_CENTRE: Coordinates = { latitude: 56.67, longitude: 12.86 }
const FIRST_NUMBER = 901

const TREES = ['Ek', 'Björk', 'Rönn', 'Lind', 'Ask', 'Alm', 'Gran', 'Tall', 'Hassel', 'Lönn', 'Asp', 'Sälg', 'Hägg']
const PLACES = [
  '',
  'backen',
  'dungen',
  'gården',
  'hagen',
  'hult',
  'kullen',
  'lunden',
  'näset',
  'stigen',
  'ängen',
  'åsen',
]

/** The first four houses of every town show each kind once; the rest are mixed by the seed. */
const SHOWCASE: readonly HouseTraits[] = [
  { distribution: 'radiator', layout: 'A', registerVariant: 0, hasHeatMeter: true, steering: 'yref', adaptation: true },
  { distribution: 'floor', layout: 'B', registerVariant: 0, hasHeatMeter: false, steering: 'yref', adaptation: false },
  {
    distribution: 'radiator',
    layout: 'B',
    registerVariant: 1,
    hasHeatMeter: true,
    steering: 'y-without-adaptation',
    adaptation: true,
  },
  {
    distribution: 'floor',
    layout: 'A',
    registerVariant: 2,
    hasHeatMeter: true,
    steering: 'yref',
    adaptation: true,
    awayMode: true,
    awaySetpoint: 19,
  },
]

/** `count` houses, numbered from 901; the same seed gives the same houses. */
export function inventHouses(count: number, seed: number = DEFAULT_SEED): HouseSpec[] {
  return Array.from({ length: count }, (_, index) => inventHouse(index, seed, SHOWCASE[index]))
}

/** House number `901 + index`. Whatever `traits` leaves out is drawn from the seed. */
export function inventHouse(index: number, seed: number = DEFAULT_SEED, traits: HouseTraits = {}): HouseSpec {
  const number = FIRST_NUMBER + index
  const own = hash32(seed, 7001, number)
  const distribution = traits.distribution ?? (uniform(own, 1) < 0.5 ? 'radiator' : 'floor')
  const building = inventBuilding(distribution, own)
  const setpoint = traits.setpoint ?? 20.5 + Math.floor(uniform(own, 2) * 4) * 0.5
  const lowLimit = 20
  const highLimit = distribution === 'floor' ? 42 : 65
  const baseCurve = tunedCurve(building, setpoint, lowLimit, highLimit)
  const adaptation = traits.adaptation ?? uniform(own, 3) < 0.6
  return {
    id: `HEM_FJV_Villa_${number}`,
    name: traits.name ?? `Villa ${houseName(index)}`,
    username: traits.username ?? `FC${String(2_000_000_000 + number)}`,
    // `#` on purpose: a password that only survives quoting.
    password: traits.password ?? `Lilla#${hash32(own, 4).toString(36)}-${number}`,
    latitude: traits.latitude ?? rounded(TOWN_CENTRE.latitude + between(-0.06, 0.06, own, 5), 4),
    longitude: traits.longitude ?? rounded(TOWN_CENTRE.longitude + between(-0.1, 0.1, own, 6), 4),
    distribution,
    layout: traits.layout ?? (uniform(own, 7) < 0.5 ? 'A' : 'B'),
    registerVariant: traits.registerVariant ?? Math.floor(uniform(own, 8) * 5),
    hasHeatMeter: traits.hasHeatMeter ?? uniform(own, 9) < 0.85,
    zones: 1 + Math.floor(uniform(own, 10) * 3),
    physics: {
      seed: own,
      building,
      household: { seed: own, people: 2 + Math.floor(uniform(own, 11) * 3) },
      controller: {
        steering: traits.steering ?? (uniform(own, 12) < 0.5 ? 'yref' : 'y-without-adaptation'),
        tunedFor: setpoint,
        setpointGain: setpointGainOf(building, setpoint),
      },
      outdoorSensorOffset: between(-0.3, 0.3, own, 13),
    },
    registers: {
      axis: [...OUTDOOR_AXIS],
      baseCurve,
      adaptedCurve: baseCurve.map((point, index) =>
        adaptation ? point + Math.round(between(-1, 1, own, 14, index) * 8) / 8 : point,
      ),
      adaptation,
      setpoint,
      awaySetpoint: traits.awaySetpoint ?? 16 + Math.floor(uniform(own, 15) * 4) * 0.5,
      awayMode: traits.awayMode ?? uniform(own, 16) < 0.04,
      highLimit,
      lowLimit,
      maxNegativeDeviation: 4,
      maxPositiveDeviation: 4,
      adaptTime: 6,
      adaptDelay: 180,
    },
  }
}

/** `38/Account/HEM_FJV_901/HEM_FJV_Villa_901` */
export function clientIdOf(house: Pick<HouseSpec, 'id'>): string {
  return `38/Account/${house.id.replace('_Villa_', '_')}/${house.id}`
}

/** Within the plausible ranges of a villa: 5–8 K/kW in all, 1.5–3.5 kWh/K air, 12–26 kWh/K fabric, 1–4 m² aperture. */
function inventBuilding(distribution: 'radiator' | 'floor', seed: number): Building {
  const airToEnvelope = between(0.7, 1.4, seed, 21)
  const envelopeToOutdoor = between(4.6, 6.6, seed, 22)
  const shared = {
    airCapacity: between(1.5, 3.5, seed, 23),
    airToEnvelope,
    envelopeToOutdoor,
    windConductance: between(0.002, 0.006, seed, 24),
    solarAperture: between(1, 3.2, seed, 25),
    solarToAir: between(0.4, 0.7, seed, 26),
    internalGain: between(0.35, 0.6, seed, 27),
  }
  // Heat at −16 °C outdoors: emitters are sized for it.
  const designHeat = 37 / (airToEnvelope + envelopeToOutdoor) + 0.4
  if (distribution === 'floor') {
    return {
      ...shared,
      envelopeCapacity: between(10, 18, seed, 28),
      emitterCapacity: between(4, 8, seed, 29),
      emitterToAir: between(0.7, 1, seed, 30),
      emitterExponent: 1.05,
      emitterCoefficient: designHeat / between(5, 8, seed, 31) ** 1.05,
      circuitFlow: designHeat / between(4, 6, seed, 32),
    }
  }
  return {
    ...shared,
    envelopeCapacity: between(12, 22, seed, 28),
    emitterCapacity: between(0.5, 0.9, seed, 29),
    emitterToAir: between(0.4, 0.6, seed, 30),
    emitterExponent: 1.3,
    emitterCoefficient: designHeat / between(22, 30, seed, 31) ** 1.3,
    circuitFlow: designHeat / between(8, 12, seed, 32),
  }
}

function houseName(index: number): string {
  const tree = TREES[index % TREES.length] ?? 'Ek'
  const round = Math.floor(index / TREES.length)
  const place = PLACES[round % PLACES.length] ?? ''
  const repeat = Math.floor(round / PLACES.length)
  return `${tree}${place}${repeat === 0 ? '' : ` ${repeat + 1}`}`
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals))
}
