/** Finding and filling holes, series by series: the vendor's history first, weather stations for the outdoor temperature. */
import { Context } from '@temporalio/activity'
import type { ConfigStore } from '../config/catalogue.ts'
import { BvproError, StoreUnavailable } from '../connectors/errors.ts'
import type { PastObservations } from '../connectors/weather.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import type { Coordinates } from '../domain/weather/place.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import type { EntityHistories } from './entity-history.ts'
import { describeError, toApplicationFailure } from './failures.ts'
import { fillEntity } from './fill-entity.ts'
import { fillPlace } from './fill-place.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import type {
  EntityWithHistory,
  FillActivities,
  FillBatchInput,
  FilledBatch,
  FilledSeries,
} from './history-contract.ts'
import { createPastWeather, type PastWeather } from './past-weather.ts'
import { configuredPlaces } from './weather.ts'

export interface FillDependencies {
  readonly config: Pick<ConfigStore, 'list'>
  readonly application: Pick<ApplicationStore, 'listStatus'>
  readonly histories: EntityHistories
  /** Stations of a place's past hours; undefined where no service has them. */
  readonly pastObservations: (place: string) => Promise<PastObservations | undefined>
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write' | 'replaceRange'>
  readonly defaultPosition: Coordinates | undefined
  readonly log: Logger
  readonly now: () => number
}

/** One activity's share: without an outage most series have no hole and cost one count. */
const BATCH = 25

interface BatchProgress {
  readonly after: string
  readonly looked: number
  readonly series: readonly FilledSeries[]
}

type Target = { readonly key: string } & ({ readonly entity: EntityWithHistory } | { readonly place: string })

interface TargetDependencies extends FillDependencies {
  readonly pastWeather: PastWeather
}

export function createFillActivities(dependencies: FillDependencies): FillActivities {
  const filling = { ...dependencies, pastWeather: createPastWeather(dependencies) }
  return {
    async fillBatch(input) {
      const heartbeat = startHeartbeat<BatchProgress>()
      try {
        return await fillTargets(filling, input, heartbeat)
      } catch (error) {
        throw Context.current().cancellationSignal.aborted ? error : toApplicationFailure(error)
      } finally {
        heartbeat.stop()
      }
    },
  }
}

async function fillTargets(
  dependencies: TargetDependencies,
  input: FillBatchInput,
  heartbeat: Heartbeat<BatchProgress>,
): Promise<FilledBatch> {
  const all = await targets(dependencies, input.entities)
  const remaining = input.after === null ? all : all.filter(({ key }) => key > (input.after ?? ''))
  const batch = remaining.slice(0, BATCH)
  const signal = Context.current().cancellationSignal
  let { looked, series } = heartbeat.resumed ?? { looked: 0, series: [] }
  for (const target of batch) {
    if (heartbeat.resumed !== undefined && target.key <= heartbeat.resumed.after) continue
    signal.throwIfAborted()
    const filled = await fillTarget(dependencies, target, input, { heartbeat: () => heartbeat.beat(), signal })
    looked += 1
    if (filled.before.holes > 0) series = [...series, filled]
    heartbeat.done({ after: target.key, looked, series })
  }
  const last = batch.at(-1)
  return { next: remaining.length > batch.length && last !== undefined ? last.key : null, looked, series }
}

/** Everything that can have holes, by key: valid entities that nobody has paused, and the places of their weather. */
async function targets(
  { config, application, defaultPosition }: FillDependencies,
  wanted: readonly EntityRef[] | undefined,
): Promise<Target[]> {
  const [{ entities }, rows] = await Promise.all([config.list(), application.listStatus()])
  const resting = new Set(rows.filter(({ paused, offboarding }) => paused || offboarding).map(entityWorkflowId))
  const keys = wanted === undefined ? undefined : new Set(wanted.map(entityWorkflowId))
  const chosen = entities.filter(
    ({ ref, config: document }) => document !== null && (keys === undefined || keys.has(entityWorkflowId(ref))),
  )
  const found: Target[] = [
    ...chosen.flatMap(({ ref }) =>
      hasHistory(ref) && !resting.has(entityWorkflowId(ref)) ? [{ key: entityWorkflowId(ref), entity: ref }] : [],
    ),
    ...configuredPlaces(chosen, defaultPosition).map((place) => ({ key: `place:${place}`, place })),
  ]
  return found.sort((a, b) => (a.key < b.key ? -1 : 1))
}

function hasHistory(ref: EntityRef): ref is EntityWithHistory {
  return ref.kind !== 'zone'
}

/** One series in trouble does not keep the others from being filled; only a store that refuses ends the batch. */
async function fillTarget(
  dependencies: TargetDependencies,
  target: Target,
  { days, dryRun }: FillBatchInput,
  call: { readonly heartbeat: () => void; readonly signal: AbortSignal },
): Promise<FilledSeries> {
  const { log, now } = dependencies
  const options = { key: target.key, now: now(), days, dryRun, call }
  try {
    const filled =
      'entity' in target
        ? await fillEntity(dependencies, target.entity, options)
        : await fillPlace(dependencies, target.place, options)
    if (filled.before.holes > 0) {
      log.info('gaps.filled', {
        series: target.key,
        holesBefore: filled.before.holes,
        holesAfter: filled.after.holes,
        minutesAfter: filled.after.minutes,
        fromHistory: filled.fromHistory,
        fromObservations: filled.fromObservations,
        reason: filled.reason,
        dryRun,
      })
    }
    return filled
  } catch (error) {
    if (!(error instanceof BvproError) || error instanceof StoreUnavailable) throw error
    const { reason, reasonCode } = describeError(error)
    log.warn('gaps.not_looked_at', { series: target.key, reason, reasonCode })
    const nothing = { holes: 0, minutes: 0 }
    return { key: target.key, before: nothing, after: nothing, fromHistory: 0, fromObservations: 0, reason }
  }
}
