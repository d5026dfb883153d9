/** The activity that tells what steering has saved, house by house. */
import type { Logger } from '../../runtime/log.ts'
import { beating } from '../beating.ts'
import { describeError } from '../failures.ts'
import type { SavingsActivities } from '../savings-contract.ts'
import { evaluateHouse, type SavingsDependencies } from './evaluate-house.ts'
import type { SavingsHouse } from './savings-house.ts'

export interface SavingsActivityDependencies extends SavingsDependencies {
  readonly savingsHouses: () => Promise<readonly SavingsHouse[]>
  readonly log: Logger
}

/** Houses told in one go: it ends well within the time an activity has. */
const HOUSES_AT_ONCE = 200

export function createSavingsActivities(dependencies: SavingsActivityDependencies): SavingsActivities {
  const { savingsHouses, log } = dependencies
  return {
    evaluateSavings: (after) =>
      beating(async ({ signal }) => {
        const rest = (await savingsHouses()).filter(({ id }) => after === null || id > after)
        const page = rest.slice(0, HOUSES_AT_ONCE)
        let [houses, days, failed] = [0, 0, 0]
        for (const house of page) {
          signal.throwIfAborted()
          try {
            const told = await evaluateHouse(dependencies, house, signal)
            houses += told.length > 0 ? 1 : 0
            days += told.length
          } catch (error) {
            signal.throwIfAborted()
            failed += 1
            log.warn('savings.not_told', { kind: 'house', id: house.id, ...describeError(error) })
          }
        }
        log.info('savings.told', { houses, days, failed })
        return { houses, days, failed, next: rest.length > page.length ? (page.at(-1)?.id ?? null) : null }
      }),
  }
}
