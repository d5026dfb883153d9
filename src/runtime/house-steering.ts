/** Control of houses put together: what a cycle does, what people may ask, and restoring what has lapsed. */
import { controlOutcome, createHouseControlActivities } from '../activities/control/activities.ts'
import { decisionWeather } from '../activities/control/decision-inputs.ts'
import { createHeatPrices, type HeatPriceParts } from '../activities/control/heat-prices.ts'
import { type CycleControl, createCycleControl } from '../activities/control/in-cycle.ts'
import { restoreAllLapsed } from '../activities/control/restore-lapsed.ts'
import type { SteeringDependencies } from '../activities/control/steer.ts'
import { createHouseTestActivities } from '../activities/control/test-activities.ts'
import type { ControlOutcome, HouseControlActivities } from '../activities/control-contract.ts'
import { createInertiaActivities, type HouseLoops } from '../activities/inertia/activities.ts'
import type { HouseTestActivities, InertiaActivities } from '../activities/inertia-contract.ts'
import type { SharedWeather } from '../activities/shared-weather.ts'
import { coordinatesOf } from '../config/field.ts'
import { decide } from '../domain/control/decide.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { ComputePool } from './compute-pool.ts'
import type { Logger } from './log.ts'

/** A request waits this long for another process's turn at the house, ms: less than its caller waits for it. */
const PATIENCE_MS = 15_000

export interface HouseSteering {
  readonly cycle: CycleControl
  readonly activities: HouseControlActivities & HouseTestActivities
  inertiaActivities(houseLoops: HouseLoops): InertiaActivities
  /** One look at all houses; never rejects because of one of them. */
  restoreLapsed(): Promise<readonly string[]>
  /** Control of a house as it stands. */
  outcomeOf(id: string): Promise<ControlOutcome>
  readonly mayOptimise: SteeringDependencies['mayOptimise']
}

export interface HouseSteeringParts
  extends Omit<SteeringDependencies, 'patienceMs' | 'forecastFor' | 'priceFor' | 'modelOf' | 'mayOptimise' | 'decide'>,
    Pick<HeatPriceParts, 'tariffs' | 'meterIdsOf'> {
  /** Threads for plans, which take too long for the one that polls; not those of fits, behind which they would wait. */
  readonly threads: Pick<ComputePool, 'run'>
  readonly weather: Pick<SharedWeather, 'forecast'>
  /** Position of houses that have none of their own. */
  readonly defaultPosition: Coordinates | undefined
  readonly modelOf?: SteeringDependencies['modelOf']
  readonly mayOptimise?: SteeringDependencies['mayOptimise']
}

export function createHouseSteering(parts: HouseSteeringParts): HouseSteering {
  const dependencies: SteeringDependencies = {
    // Until houses have models with a score, rules steer and nothing is planned.
    modelOf: async () => null,
    mayOptimise: async () => ({ allowed: false, reason: 'its model has no score yet; rules may steer it' }),
    ...parts,
    patienceMs: PATIENCE_MS,
    priceFor: createHeatPrices(parts),
    // Rules are over before a thread has begun.
    decide: async (inputs) => (inputs.model === null ? decide(inputs) : parts.threads.run('decideCurve', inputs)),
    async forecastFor(config, now) {
      const position = coordinatesOf(config) ?? parts.defaultPosition
      if (position === undefined) return null
      return decisionWeather(await parts.weather.forecast(placeKey(position)), position, now)
    },
  }
  return {
    cycle: createCycleControl(dependencies),
    activities: { ...createHouseControlActivities(dependencies), ...createHouseTestActivities(dependencies) },
    inertiaActivities: (houseLoops) => createInertiaActivities({ ...dependencies, houseLoops }),
    restoreLapsed: () => restoreAllLapsed(dependencies),
    outcomeOf: (id) => controlOutcome(dependencies, id),
    mayOptimise: dependencies.mayOptimise,
  }
}

const LOOK_MS = 60_000

/**
 * Looks for lapsed control at once and every minute, until the returned function is called: a house whose loop is paused
 * or was ended must not stay on a curve of BVPro.
 */
export function keepRestoring(restoreLapsed: () => Promise<readonly string[]>, log: Logger): () => void {
  let looking = false
  const look = async () => {
    // A portal that hangs makes a look last longer than a minute.
    if (looking) return
    looking = true
    try {
      const restored = await restoreLapsed()
      if (restored.length > 0) log.info('control.lapsed_restored', { houses: restored.join(', ') })
    } catch (error) {
      log.error('control.not_looked_at', { reason: String(error) })
    } finally {
      looking = false
    }
  }
  const timer = setInterval(() => void look(), LOOK_MS)
  void look()
  return () => clearInterval(timer)
}
