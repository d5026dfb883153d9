/** Activities that learn how houses keep their warmth, and forecast their indoor temperature. */
import { Context } from '@temporalio/activity'
import { BadConfig } from '../../connectors/errors.ts'
import { isNew } from '../../domain/learning/refit.ts'
import type { ComputePool } from '../../runtime/compute-pool.ts'
import type { Logger } from '../../runtime/log.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'
import { beating } from '../beating.ts'
import type { ThermalActivities } from '../thermal-contract.ts'
import { type HouseModels, THERMAL_MODELS, THERMAL_NOTES } from './house-models.ts'
import { type ForecastDependencies, issueIndoorForecast } from './issue-forecast.ts'
import { fitOf, type LearningDependencies, learnHouse } from './learn-house.ts'
import { scoreDueForecasts } from './outcomes.ts'
import { houseKey, type ThermalHouse } from './thermal-house.ts'

export interface ThermalDependencies extends LearningDependencies, ForecastDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: ApplicationStore
  readonly compute: Pick<ComputePool, 'run'>
  readonly thermalHouses: () => Promise<readonly ThermalHouse[]>
  readonly log: Logger
}

/** Houses told in one answer: an answer stays small, and a run over many is renewed in time. */
const HOUSES_AT_ONCE = 200

export function createThermalActivities(dependencies: ThermalDependencies): ThermalActivities {
  const { thermalHouses, timeSeries, application, log, now } = dependencies
  return {
    housesToLearn: (onlyNew, after) =>
      beating(async () => {
        const houses = (await thermalHouses()).map(({ id }) => id)
        const wanted = onlyNew ? await newOf(application, houses) : houses
        const rest = wanted.filter((id) => after === null || id > after)
        const page = rest.slice(0, HOUSES_AT_ONCE)
        return { houses: page, next: rest.length > page.length ? (page.at(-1) ?? null) : null }
      }),

    learnHouse: (id) =>
      beating(async ({ signal }) => {
        const house = (await thermalHouses()).find((one) => one.id === id)
        if (house === undefined) throw new BadConfig(`house ${id} is not configured, or has a fault`)
        const at = Context.current().info.scheduledTimestampMs
        const learned = await learnHouse(dependencies, house, at, signal)
        const { outcome, version, reason } = learned
        log.info('thermal.learned', { kind: 'house', id, outcome, version, reason })
        return learned
      }),

    forecastIndoor: (ids) =>
      beating(async ({ signal }) => {
        let issued = 0
        let scored = 0
        let without = 0
        for (const house of await thermalHouses()) {
          if (ids !== null && !ids.includes(house.id)) continue
          signal.throwIfAborted()
          scored += await scoreDueForecasts(timeSeries, house.id, now())
          if (await issueIndoorForecast(dependencies, house)) issued += 1
          else without += 1
        }
        log.info('thermal.forecast_issued', { houses: issued, scored, without })
        return { issued, scored, without }
      }),
  }
}

async function newOf(
  application: Pick<ApplicationStore, 'listDocuments'>,
  houses: readonly string[],
): Promise<readonly string[]> {
  const [models, notes] = await Promise.all([
    application.listDocuments<HouseModels>(THERMAL_MODELS),
    application.listDocuments(THERMAL_NOTES),
  ])
  const newest = new Map(models.map(({ key, value }) => [key, value.versions[0]]))
  const noted = new Set(notes.map(({ key }) => key))
  return houses.filter((id) => {
    const version = newest.get(houseKey(id))
    return noted.has(houseKey(id)) || isNew(version === undefined ? null : fitOf(version))
  })
}

/** Notes that a house's past has changed, so that its model is fitted anew at the next look. */
export async function notePast(application: Pick<ApplicationStore, 'putDocument'>, id: string): Promise<void> {
  await application.putDocument(THERMAL_NOTES, houseKey(id), {})
}
