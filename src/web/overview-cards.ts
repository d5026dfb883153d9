/** What the overview shows of each entity, put together from status rows, configuration and what was read beside them. */
import type { ApiDependencies } from '../api/dependencies.ts'
import { listSources } from '../api/entities/directory.ts'
import type { EntityAnswer } from '../api/entities/schemas.ts'
import { describeEntity } from '../api/entities/view.ts'
import type { ConfigFolder } from '../config/catalogue.ts'
import { createAlarmCounts } from './alarms.ts'
import { type HeadlineValue, headlineValues } from './headline.ts'
import { type Curve, createRecentHistory } from './history.ts'

export interface OverviewCard {
  readonly entity: EntityAnswer
  readonly values: readonly HeadlineValue[]
  readonly curves: readonly Curve[]
}

export interface Overview {
  readonly cards: readonly OverviewCard[]
  readonly folders: readonly ConfigFolder[]
}

/** Puts overviews together; curves and counts are kept between two of them. */
export function createOverview(dependencies: ApiDependencies): () => Promise<Overview> {
  const curvesOf = createRecentHistory(dependencies)
  const alarmsOf = createAlarmCounts(dependencies)
  return async () => {
    const { sources, folders } = await listSources(dependencies)
    const at = dependencies.now()
    const cards = sources.map((one) => {
      const entity = describeEntity(one, at)
      const { kind, lastReading } = entity
      return {
        entity,
        values: headlineValues(kind, lastReading, one.configured, alarmsOf(one.ref)),
        curves: curvesOf(one.ref),
      }
    })
    return { cards, folders }
  }
}
