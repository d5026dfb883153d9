/** Importing the past of an entity from its vendor: what there is, and one chunk of it. */
import { Context } from '@temporalio/activity'
import type { HistoryCallOptions } from '../connectors/history-source.ts'
import type { PastObservations } from '../connectors/weather.ts'
import { addCounts } from '../domain/history/grid.ts'
import { importRange, slicesOf } from '../domain/history/plan.ts'
import type { HistoryPoint, TimeRange } from '../domain/history/row.ts'
import type { Logger } from '../runtime/log.ts'
import { collectHistory } from './collect-history.ts'
import type { EntityHistories, EntityHistory } from './entity-history.ts'
import { toApplicationFailure } from './failures.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import type { EntityWithHistory, ImportActivities, ImportChunkInput, ImportedChunk } from './history-contract.ts'
import { createPastWeather, type PastWeather, type PastWeatherCall, withObservedWeather } from './past-weather.ts'
import { type ImportStore, storeImport } from './store-import.ts'

export interface ImportDependencies {
  readonly histories: EntityHistories
  readonly timeSeries: ImportStore
  /** Stations of a place's past hours; undefined where no service has them. */
  readonly pastObservations: (place: string) => Promise<PastObservations | undefined>
  /** Told of every stretch that was imported, once it is stored. */
  readonly imported?: (entity: EntityWithHistory, range: TimeRange) => Promise<void>
  readonly log: Logger
  readonly now: () => number
}

/** How far an attempt has come: slices before this time are stored and counted. */
interface ChunkProgress extends ImportedChunk {
  readonly doneUntil: number
}

const PROBLEMS_TOLD = 5

export function createImportActivities(dependencies: ImportDependencies): ImportActivities {
  const { histories, log, now } = dependencies
  const pastWeather = createPastWeather(dependencies)
  return {
    async planImport({ entity, days, resolutionMinutes }) {
      const heartbeat = startHeartbeat<never>()
      try {
        const history = await histories.of(entity)
        const { fields, missing, problems } = await history.mapping(callOptions(heartbeat))
        return {
          range: importRange(now(), days, resolutionMinutes),
          fields: fields.map(({ field }) => field),
          missing,
          problems,
        }
      } catch (error) {
        throw failureOf(error)
      } finally {
        heartbeat.stop()
      }
    },

    async importChunk(input) {
      const heartbeat = startHeartbeat<ChunkProgress>()
      try {
        const chunk = await importSlices(
          { ...dependencies, pastWeather },
          input,
          await histories.of(input.entity),
          heartbeat,
        )
        if (!input.dryRun) await dependencies.imported?.(input.entity, input.range)
        const { kind, id } = input.entity
        const from = new Date(input.range.from).toISOString()
        log.info('import.chunk_done', {
          kind,
          id,
          from,
          rows: chunk.rows,
          keptOut: chunk.keptOut,
          dryRun: input.dryRun,
        })
        return chunk
      } catch (error) {
        throw failureOf(error)
      } finally {
        heartbeat.stop()
      }
    },
  }
}

interface SliceDependencies extends ImportDependencies {
  readonly pastWeather: PastWeather
}

async function importSlices(
  dependencies: SliceDependencies,
  { entity, range, resolutionMinutes, dryRun }: ImportChunkInput,
  history: EntityHistory,
  heartbeat: Heartbeat<ChunkProgress>,
): Promise<ImportedChunk> {
  const { timeSeries, log } = dependencies
  const stepSeconds = 60 * resolutionMinutes
  const call = callOptions(heartbeat)
  const { fields } = await history.mapping(call)
  const { doneUntil, ...before } = heartbeat.resumed ?? nothingDone(range.from)
  if (heartbeat.resumed !== undefined) {
    log.info('import.resumed', { kind: entity.kind, id: entity.id, from: new Date(doneUntil).toISOString() })
  }
  let total: ImportedChunk = before
  for (const slice of slicesOf(range, fields.length, stepSeconds)) {
    if (slice.from < doneUntil) continue
    const collected = await collectHistory(history.source, fields, slice, stepSeconds, call)
    const [own, ...derived] = history.series
    const { points: ownPoints, problems } = await withWeather(
      dependencies,
      history,
      collected.points,
      { range: slice, stepSeconds },
      { keep: !dryRun, call },
    )
    const stored = await storeImport(timeSeries, own, ownPoints, slice, stepSeconds, dryRun)
    for (const series of derived) {
      call.signal?.throwIfAborted()
      const points = collected.points.flatMap((point) => series.derive(point) ?? [])
      await storeImport(timeSeries, series, points, slice, stepSeconds, dryRun)
    }
    total = {
      rows: total.rows + stored.standing,
      keptOut: total.keptOut + stored.keptOut,
      fields: addCounts(total.fields, collected.counts),
      problems: [...new Set([...total.problems, ...collected.problems, ...problems])].slice(0, PROBLEMS_TOLD),
    }
    heartbeat.done({ ...total, doneUntil: slice.to })
    call.signal?.throwIfAborted()
  }
  return total
}

/** What stations observed in the range is kept for the place; a house's points get their effective temperature of it. */
async function withWeather(
  { pastWeather }: SliceDependencies,
  { place, hasEffectiveTemperature }: EntityHistory,
  points: readonly HistoryPoint[],
  { range, stepSeconds }: { readonly range: TimeRange; readonly stepSeconds: number },
  options: PastWeatherCall,
): Promise<{ readonly points: readonly HistoryPoint[]; readonly problems: readonly string[] }> {
  if (place === null || !(hasEffectiveTemperature || options.keep)) return { points, problems: [] }
  const { hours, problem } = await pastWeather.hours(place, range, options)
  return {
    points: hasEffectiveTemperature ? withObservedWeather(points, place, hours, stepSeconds * 1000) : points,
    problems: problem === null ? [] : [`the weather of the time is not known: ${problem}`],
  }
}

function nothingDone(from: number): ChunkProgress {
  return { doneUntil: from, rows: 0, keptOut: 0, fields: {}, problems: [] }
}

function callOptions<T>(heartbeat: Heartbeat<T>): HistoryCallOptions {
  return { heartbeat: () => heartbeat.beat(), signal: Context.current().cancellationSignal }
}

/** A cancellation stays one; everything else becomes a typed failure. */
function failureOf(error: unknown): unknown {
  return Context.current().cancellationSignal.aborted ? error : toApplicationFailure(error)
}
