/** What a simulated home is, and how one is drawn: its building, its people, its system and its meter. */
import type { Coordinates } from '../../src/domain/weather/place.ts'
import type { Random } from './random.ts'

export type Obstacle = 'electric_dhw' | 'wood_stove' | 'too_few_days' | 'coarse_meter'

export interface Home {
  readonly name: string
  readonly seed: number
  readonly place: Coordinates
  readonly annualMean: number
  readonly office: boolean
  /** kW/K at the wind of the place's mean; what the estimate is compared with. */
  readonly heatLossKwPerK: number
  /** Growth of the loss with wind, share per m/s. */
  readonly windShare: number
  /** kWh/K of air and furniture, and of walls and floors. */
  readonly airCapacity: number
  readonly massCapacity: number
  /** kW/K between the two. */
  readonly massCoupling: number
  /** Windows by orientation (degrees from north) with their effective area, m². */
  readonly windows: readonly { readonly azimuth: number; readonly area: number }[]
  readonly emitter: 'radiators' | 'floor'
  readonly setpoint: number
  /** K lowered at night (homes) or out of hours (offices); 0 for none. */
  readonly setback: number
  readonly people: number
  /** Scales the length of every draw-off. */
  readonly thirst: number
  /** kW lost all the time by hot-water circulation. */
  readonly circulation: number
  /** Share of days an occasional wood fire is lit in winter. */
  readonly fires: number
  /** kWh; 0.001 is a fine meter. */
  readonly quantum: number
  /** Whether hours are differences of a truncated register, or rounded one by one. */
  readonly register: boolean
  /** Share of hours missing. */
  readonly holes: number
  readonly indoorKnown: boolean
  readonly irradianceKnown: boolean
  readonly hotWaterKnown: boolean
  /** What makes it impossible to split, if anything does. */
  readonly obstacle: Obstacle | null
  /** Days of data. */
  readonly days: number
  /** First day, days after 1 January 2025. */
  readonly firstDay: number
}

const PLACES = [
  { place: { latitude: 56.67, longitude: 12.86 }, annualMean: 8.6 },
  { place: { latitude: 58.41, longitude: 15.62 }, annualMean: 7.4 },
  { place: { latitude: 59.33, longitude: 18.07 }, annualMean: 7.6 },
  { place: { latitude: 60.67, longitude: 17.14 }, annualMean: 6.2 },
  { place: { latitude: 63.83, longitude: 20.26 }, annualMean: 4.2 },
] as const

/** A home drawn at random; `fixed` overrides what matters for the case. */
export function drawHome(name: string, seed: number, random: Random, fixed: Partial<Home> = {}): Home {
  const { place, annualMean } = random.pick(PLACES)
  const heatLossKwPerK = fixed.heatLossKwPerK ?? random.uniform(0.08, 0.24)
  const emitter = fixed.emitter ?? random.pick(['radiators', 'floor'] as const)
  const tauHours = random.uniform(35, 110)
  const quantum = fixed.quantum ?? random.pick([1, 1, 0.1, 0.01, 0.001])
  const glass = heatLossKwPerK * random.uniform(10, 28)
  return {
    name,
    seed,
    place,
    annualMean,
    office: false,
    heatLossKwPerK,
    windShare: random.uniform(0, 0.03),
    airCapacity: heatLossKwPerK * tauHours * 0.12,
    massCapacity: heatLossKwPerK * tauHours * 0.88,
    massCoupling: heatLossKwPerK * random.uniform(4, 9),
    windows: [
      { azimuth: 180 + random.uniform(-40, 40), area: glass * 0.5 },
      { azimuth: 270 + random.uniform(-30, 30), area: glass * 0.3 },
      { azimuth: 80 + random.uniform(-30, 30), area: glass * 0.2 },
    ],
    emitter,
    setpoint: random.uniform(19.8, 22.6),
    setback: random.chance(0.3) ? random.uniform(1, 3) : 0,
    people: 1 + Math.floor(random.uniform(0, 5)),
    thirst: random.uniform(0.75, 1.3),
    circulation: random.chance(0.4) ? random.uniform(0.04, 0.15) : 0,
    fires: random.chance(0.2) ? random.uniform(0.05, 0.25) : 0,
    quantum,
    // A meter that rounds whole kWh hour by hour would lose small loads for good; none is built like that.
    register: quantum >= 1 || random.chance(0.7),
    holes: random.pick([0, 0, 0.01, 0.04]),
    indoorKnown: random.chance(0.8),
    irradianceKnown: random.chance(0.75),
    hotWaterKnown: random.chance(0.4),
    obstacle: null,
    days: 365,
    firstDay: 0,
    ...fixed,
  }
}
