/**
 * The stored series of the office, made when they are asked for: every row of an answer has a place that can be
 * computed, so that the last page of two hundred thousand rows costs no more than the first.
 */
import type { RowSource } from './connection.ts'
import { COMMISSIONED } from './meters.ts'
import type { Office } from './office.ts'
import { type AnalogSpec, type DigitalSpec, storedValue } from './signals.ts'

export interface HistoryFilter {
  readonly signalId?: readonly (string | null)[] | null
  readonly ranges?: readonly ({ readonly from?: string | null; readonly to?: string | null } | null)[] | null
  readonly timeLength?: number | null
}

/** Epoch milliseconds, both ends inclusive. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface EventRow {
  readonly signalId: string
  readonly time: number
  readonly value: number | null
  readonly reliability: number
  readonly timeLength: number | null
}

/** Series of this resolution are kept for so long; coarser ones for ever. */
const FINE_SERIES_SECONDS = 300
const FINE_SERIES_KEPT_MS = 400 * 86_400_000
/** How finely changes of state are looked for. */
const SCAN_MS = 300_000

/** The ranges of a filter, cut to what can exist; undefined when one of their ends is no time. */
export function rangesOf({ ranges }: HistoryFilter, now: number): Range[] | undefined {
  const wanted = ranges ?? [null]
  const found: Range[] = []
  for (const range of wanted) {
    const from = range?.from === null || range?.from === undefined ? COMMISSIONED : Date.parse(range.from)
    const to = range?.to === null || range?.to === undefined ? now : Date.parse(range.to)
    if (Number.isNaN(from) || Number.isNaN(to)) return undefined
    found.push({ from: Math.max(from, COMMISSIONED), to: Math.min(to, now) })
  }
  return found
}

interface Block {
  readonly seconds: number
  readonly firstTime: number
  readonly signals: readonly AnalogSpec[]
  readonly count: number
}

/** Rows of analog series: block by block, in time order within each, all signals of a time together. */
export function analogHistory(
  office: Office,
  signals: readonly AnalogSpec[],
  {
    ranges,
    timeLength,
    now,
    idOf,
  }: {
    readonly ranges: readonly Range[]
    readonly timeLength: number | null
    readonly now: number
    readonly idOf: (signal: AnalogSpec) => string
  },
): RowSource<EventRow> {
  const resolutions = [...new Set(signals.flatMap(({ series }) => series))].sort((a, b) => a - b)
  const blocks = ranges.flatMap((range) =>
    resolutions
      .filter((seconds) => timeLength === null || seconds === timeLength)
      .map((seconds) => blockOf(signals, range, seconds, now)),
  )
  return {
    count: blocks.reduce((sum, { count }) => sum + count, 0),
    at: (index) => {
      let place = index
      for (const { seconds, firstTime, signals: stored, count } of blocks) {
        if (place >= count) {
          place -= count
          continue
        }
        const signal = stored[place % stored.length]
        if (signal === undefined) break
        const time = firstTime + Math.floor(place / stored.length) * seconds * 1000
        const value = storedValue(office, signal, time, seconds)
        return { signalId: idOf(signal), time, value, reliability: value === null ? 0 : 100, timeLength: seconds }
      }
      throw new RangeError(`the history has no row ${index}`)
    },
  }
}

/** A value is stamped with the beginning of its interval and exists when that has ended. */
function blockOf(signals: readonly AnalogSpec[], { from, to }: Range, seconds: number, now: number): Block {
  const step = seconds * 1000
  const oldest = seconds <= FINE_SERIES_SECONDS ? now - FINE_SERIES_KEPT_MS : COMMISSIONED
  const stored = signals.filter(({ series }) => series.includes(seconds))
  const firstTime = Math.ceil(Math.max(from, oldest) / step) * step
  const lastTime = Math.floor(Math.min(to, now - step) / step) * step
  const times = lastTime < firstTime ? 0 : (lastTime - firstTime) / step + 1
  return { seconds, firstTime, signals: stored, count: times * stored.length }
}

/** Rows of digital signals: their state at the beginning of each range, and every change, found to five minutes. */
export function digitalHistory(
  office: Office,
  signals: readonly DigitalSpec[],
  ranges: readonly Range[],
  idOf: (signal: DigitalSpec) => string,
): RowSource<EventRow> {
  const rows: EventRow[] = []
  for (const { from, to } of ranges) {
    const known = new Map<DigitalSpec, boolean>()
    for (let time = Math.ceil(from / SCAN_MS) * SCAN_MS; time <= to; time += SCAN_MS) {
      const state = office.stateAt(time)
      for (const signal of signals) {
        const isOn = signal.isOn(state)
        if (known.get(signal) === isOn) continue
        known.set(signal, isOn)
        rows.push({ signalId: idOf(signal), time, value: Number(isOn), reliability: 100, timeLength: null })
      }
    }
  }
  return { count: rows.length, at: (index) => rows[index] ?? noRow(index) }
}

function noRow(index: number): never {
  throw new RangeError(`the history has no row ${index}`)
}
