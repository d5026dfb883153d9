/** A history source made of functions, for tests and the benchmark: values are computed when a page is asked for. */
import type { HistoryQuery, HistorySource } from '../../connectors/history-source.ts'
import type { HistoryRow, HistorySignal } from '../../domain/history/row.ts'

export interface FakeSignal extends HistorySignal {
  /** The value at a time; null: the server has none. */
  readonly value: (time: number) => number | null
  /** Which series the server keeps; default 300 and 3600. */
  readonly series?: readonly number[]
}

export interface FakeHistory extends HistorySource {
  readonly queries: HistoryQuery[]
  /** Thrown by the next questions, until cleared. */
  fault: Error | undefined
  /** Called with every query, before it is answered. */
  onQuery: (query: HistoryQuery) => void | Promise<void>
}

const ROWS_PER_PAGE = 20_000

export function fakeHistory(signals: readonly FakeSignal[]): FakeHistory {
  const history: FakeHistory = {
    queries: [],
    fault: undefined,
    onQuery: () => undefined,
    async signals(call = {}) {
      call.heartbeat?.()
      if (history.fault !== undefined) throw history.fault
      return signals.map(({ id, name, unit }) => ({ id, name, unit }))
    },
    async *history(query, call = {}) {
      call.heartbeat?.()
      history.queries.push(query)
      await history.onQuery(query)
      call.signal?.throwIfAborted()
      if (history.fault !== undefined) throw history.fault
      let rows: HistoryRow[] = []
      const stepMs = query.resolutionSeconds * 1000
      for (let time = Math.ceil(query.from / stepMs) * stepMs; time < query.to; time += stepMs) {
        for (const { id, value, series = [300, 3600] } of signals) {
          if (!query.signalIds.includes(id) || !series.includes(query.resolutionSeconds)) continue
          const known = value(time)
          if (known !== null) rows.push({ signalId: id, time, value: known })
        }
        if (rows.length >= ROWS_PER_PAGE) {
          yield { rows, problems: [] }
          rows = []
        }
      }
      yield { rows, problems: [] }
    },
  }
  return history
}

/** The usual signals of a house: temperatures that move, a setpoint that does not, and a heat meter. */
export function houseSignals(
  houseId: string,
  change: Readonly<Record<string, Partial<FakeSignal>>> = {},
): FakeSignal[] {
  const swing = (mean: number, width: number) => (time: number) =>
    mean + width * Math.sin(time / 7_000_000) + 0.01 * ((time / 300_000) % 7)
  const signals: [short: string, unit: string, value: FakeSignal['value']][] = [
    ['GT_UTE', '°C', swing(-2, 5)],
    ['MEAN_GT_RUM_1_Output', '°C', swing(21, 0.4)],
    ['AI_VS1_GT_TILL_1_Output', '°C', swing(38, 4)],
    ['AI_VS1_GT_RETUR_1_Output', '°C', swing(31, 3)],
    ['KU_VS1_GT_TILL_1_SetPoint', '°C', () => 21.5],
    ['VMM1_Power', 'kW', swing(4, 2)],
    ['VMM1_Energy', 'MWh', (time) => (time - Date.UTC(2024, 0, 1)) / 1e9],
  ]
  return signals.map(([short, unit, value]) => ({
    id: `id-of-${short}`,
    name: `${houseId}.${short}`,
    unit,
    value,
    ...change[short],
  }))
}
