/** Importing the past of an entity from its vendor: what there is, and one chunk of it. */
import { Context } from '@temporalio/activity'
import type { HistoryCallOptions } from '../connectors/history-source.ts'
import { addCounts } from '../domain/history/grid.ts'
import { importRange, slicesOf } from '../domain/history/plan.ts'
import type { Logger } from '../runtime/log.ts'
import { collectHistory } from './collect-history.ts'
import type { EntityHistories, EntityHistory } from './entity-history.ts'
import { toApplicationFailure } from './failures.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat.ts'
import type { ImportActivities, ImportChunkInput, ImportedChunk } from './history-contract.ts'
import { type ImportStore, storeImport } from './store-import.ts'

export interface ImportDependencies {
  readonly histories: EntityHistories
  readonly timeSeries: ImportStore
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
        const chunk = await importSlices(dependencies, input, await histories.of(input.entity), heartbeat)
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

async function importSlices(
  { timeSeries, log }: ImportDependencies,
  { entity, range, resolutionMinutes, dryRun }: ImportChunkInput,
  history: EntityHistory,
  heartbeat: Heartbeat<ChunkProgress>,
): Promise<ImportedChunk> {
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
    const stored = await storeImport(timeSeries, own, collected.points, slice, stepSeconds, dryRun)
    for (const series of derived) {
      call.signal?.throwIfAborted()
      const points = collected.points.flatMap((point) => series.derive(point) ?? [])
      await storeImport(timeSeries, series, points, slice, stepSeconds, dryRun)
    }
    total = {
      rows: total.rows + stored.standing,
      keptOut: total.keptOut + stored.keptOut,
      fields: addCounts(total.fields, collected.counts),
      problems: [...new Set([...total.problems, ...collected.problems])].slice(0, PROBLEMS_TOLD),
    }
    heartbeat.done({ ...total, doneUntil: slice.to })
    call.signal?.throwIfAborted()
  }
  return total
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
