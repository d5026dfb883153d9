/** The past of a building as imports and the filling of holes see it. */
import type { HistorySignal } from '../../domain/history/row.ts'
import { Unavailable } from '../errors.ts'
import type { HistoryBatch, HistoryCallOptions, HistorySource } from '../history-source.ts'
import type { HistoryPage } from './history.ts'
import type { ArrigoClient, CallOptions } from './index.ts'

export function arrigoHistorySource(client: Pick<ArrigoClient, 'analogs' | 'history'>): HistorySource {
  return {
    async signals(call = {}) {
      const { rows, complete, problems } = await client.analogs(callOptions(call))
      // A signal that is not in half a list would look like one without a history.
      if (!complete) throw new Unavailable(`the list of signals is not complete: ${problems.join('; ')}`)
      return rows.map(({ id, name, unit }): HistorySignal => ({ id, name, unit }))
    },

    history: (query, call = {}) => batchesOf(client.history(query, callOptions(call))),
  }
}

function callOptions({ heartbeat, signal }: HistoryCallOptions): CallOptions {
  return { ...(heartbeat === undefined ? {} : { heartbeat }), ...(signal === undefined ? {} : { signal }) }
}

/** The pages of an Arrigo history as batches; rows that were left out for a fault of the server become a sentence. */
export async function* batchesOf(pages: AsyncIterable<HistoryPage>): AsyncGenerator<HistoryBatch> {
  for await (const { rows, problems, dropped } of pages) {
    const { unreadableTime } = dropped
    yield {
      rows,
      problems: unreadableTime === 0 ? problems : [...problems, `${unreadableTime} rows have no time that can be read`],
    }
  }
}
