/** The activities by which the loop of a house holds it for an inertia test. */
import { beating } from '../beating.ts'
import type { HouseTestActivities } from '../inertia-contract.ts'
import { beginTest, endTest } from './inertia-test.ts'
import type { SteeringDependencies } from './steer.ts'

export function createHouseTestActivities(dependencies: SteeringDependencies): HouseTestActivities {
  return {
    beginInertiaTest: (id, request) => beating((call) => beginTest(dependencies, id, request, call)),
    endInertiaTest: (id, request) => beating((call) => endTest(dependencies, id, request, call)),
  }
}
