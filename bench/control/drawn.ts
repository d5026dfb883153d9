/**
 * Buildings and weeks that nobody has looked at while the controller was made: every parameter is drawn at random, wider
 * than among the benchmark's own twelve. `npm run bench:control -- --validate` runs them.
 */
import { between, uniform } from '../../src/simulators/physics/noise.ts'
import type { BenchBuilding } from './buildings.ts'
import { dayTariff, PLACES, type Scenario } from './scenarios.ts'

const FIRST_SEED = 7001
/** Every so many one has a price that varies. */
const PRICED_EVERY = 4
const STARTS = [
  '2023-10-09',
  '2023-11-06',
  '2023-12-04',
  '2024-01-15',
  '2024-02-12',
  '2024-03-11',
  '2024-04-01',
] as const
const MONTHS = ['October', 'November', 'December', 'January', 'February', 'March', 'April'] as const
const PLACE_NAMES = ['Malmö', 'Borås', 'Umeå'] as const

/** @param count how many; month by month through the heating season */
export function drawnScenarios(count: number): Scenario[] {
  return Array.from({ length: count }, (_, index) => {
    const seed = FIRST_SEED + 13 * index
    const building = drawnBuilding(seed, `drawn building ${index + 1}`)
    const place = PLACE_NAMES[Math.floor(3 * uniform(seed, 90))] ?? 'Borås'
    const month = MONTHS[index % MONTHS.length] ?? 'January'
    const priced = index % PRICED_EVERY === PRICED_EVERY - 1
    const forecastError = between(0.5, 1.5, seed, 91)
    return {
      name: [`${building.name}, ${place}, ${month}`, ...(priced ? ['price varies'] : [])].join(', '),
      building,
      climate: { seed, ...PLACES[place], forecastError, price: priced ? dayTariff : null },
      start: `${STARTS[index % STARTS.length] ?? '2024-01-15'}T00:00:00Z`,
      month,
      fault: 'none',
      priced,
    }
  })
}

function drawnBuilding(seed: number, name: string): BenchBuilding {
  let drawn = 0
  const evenly = (low: number, high: number) => {
    drawn += 1
    return between(low, high, seed, drawn)
  }
  /** Sizes are drawn by their logarithm: half as large is as likely as twice as large. */
  const size = (low: number, high: number) => Math.exp(evenly(Math.log(low), Math.log(high)))
  const floor = evenly(0, 1) < 0.3
  const office = evenly(0, 1) < 0.25
  return {
    name: `${name} (${floor ? 'floor heating' : 'radiators'}, ${office ? 'office' : 'home'})`,
    ua: size(0.06, 3),
    direct: evenly(0.2, 0.6),
    air: size(3.5, 12),
    inner: size(8, 50),
    envelope: size(18, 90),
    emitter: floor ? size(5, 18) : size(0.7, 2.5),
    position: evenly(0.2, 0.5),
    innerCoupling: evenly(4, 10),
    emitterCoupling: floor ? evenly(4, 9) : evenly(2, 5),
    emitterPower: floor ? evenly(30, 60) : evenly(16, 34),
    exponent: floor ? evenly(1, 1.12) : evenly(1.2, 1.4),
    aperture: size(8, 34),
    facing: evenly(90, 270),
    sided: evenly(0, 0.7),
    solarToAir: evenly(0.25, 0.65),
    gains: evenly(1, 6),
    occupancy: evenly(0.2, 0.9),
    use: office ? 'office' : 'home',
    leaks: evenly(0, 0.15),
    valves: evenly(0, 1) < 0.3 ? evenly(21.3, 23) : null,
    supplyLag: size(4, 20),
    own: floor
      ? { level: evenly(28, 33), slope: evenly(0.3, 0.6), night: 0 }
      : { level: evenly(36, 46), slope: evenly(0.7, 1.2), night: evenly(0, 1) < 0.3 ? evenly(3, 8) : 0 },
    noise: size(0.02, 0.1),
    resolution: evenly(0, 1) < 0.4 ? 0.1 : 0,
  }
}
