/** Fetches a stretch of an entity's history and lays it on a grid. */
import type { HistoryCallOptions, HistorySource } from '../connectors/history-source.ts'
import { type GriddedHistory, HistoryGrid } from '../domain/history/grid.ts'
import type { TimeRange } from '../domain/history/row.ts'
import type { HistoryField } from '../domain/history/signals.ts'

export interface CollectedHistory extends GriddedHistory {
  /** What the vendor did not deliver, one sentence each. */
  readonly problems: readonly string[]
}

/** Series that vendors commonly keep, seconds; a finer one can be averaged, so it goes first. */
const COMMON_SERIES = [300, 3600]

/**
 * Which series a vendor keeps varies from signal to signal. The one of the grid's own step is asked for first; signals
 * that have nothing in it are asked for in the common ones.
 */
export async function collectHistory(
  source: HistorySource,
  fields: readonly HistoryField[],
  range: TimeRange,
  stepSeconds: number,
  call: HistoryCallOptions,
): Promise<CollectedHistory> {
  const grid = new HistoryGrid(fields, range, stepSeconds)
  const problems = new Set<string>()
  let signalIds: readonly string[] = fields.map(({ signalId }) => signalId)
  for (const resolutionSeconds of new Set([stepSeconds, ...COMMON_SERIES])) {
    if (signalIds.length === 0) break
    for await (const batch of source.history({ signalIds, ...range, resolutionSeconds }, call)) {
      call.signal?.throwIfAborted()
      grid.add(batch.rows)
      for (const problem of batch.problems) problems.add(problem)
    }
    signalIds = grid.silentSignals()
  }
  return { ...grid.result(), problems: [...problems] }
}
