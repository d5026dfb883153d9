/** Puts the rows of many signals together to points on a grid of equal steps, and leaves out what cannot be true. */
import type { HistoryPoint, HistoryRow, TimeRange } from './row.ts'
import type { HistoryField } from './signals.ts'

/** What came for one field: steps with a value, and rows that were left out by reason. Zero counts are left out. */
export interface FieldCount {
  readonly values: number
  /** Rows outside the plausible range. */
  readonly outOfRange?: number
  /** Steps of a sensor that did not move for a day or longer. */
  readonly stuck?: number
}

export interface GriddedHistory {
  /** Ascending; a step without any value has no point. */
  readonly points: readonly HistoryPoint[]
  readonly counts: Readonly<Record<string, FieldCount>>
}

interface Column {
  readonly field: HistoryField
  readonly sums: Float64Array
  readonly rows: Uint32Array
  /** Time of the newest row of each step, for counters. */
  readonly newest: Float64Array
  outOfRange: number
}

/** A real sensor shows its noise; one that shows the same for a day and for this many steps is dead. */
const STUCK_AFTER_MS = 24 * 3_600_000
const STUCK_STEPS = 12

/** Memory follows the number of fields and steps, not the number of rows. */
export class HistoryGrid {
  readonly #range: TimeRange
  readonly #stepMs: number
  readonly #steps: number
  readonly #columns: ReadonlyMap<string, Column>

  /** @param range starts on the grid; what lies outside is ignored */
  constructor(fields: readonly HistoryField[], range: TimeRange, stepSeconds: number) {
    this.#range = range
    this.#stepMs = stepSeconds * 1000
    this.#steps = Math.max(0, Math.ceil((range.to - range.from) / this.#stepMs))
    this.#columns = new Map(
      fields.map((field) => [
        field.signalId,
        {
          field,
          sums: new Float64Array(this.#steps),
          rows: new Uint32Array(this.#steps),
          newest: new Float64Array(field.nature === 'counter' ? this.#steps : 0),
          outOfRange: 0,
        },
      ]),
    )
  }

  /** Rows in any order; those of unknown signals are ignored. */
  add(rows: readonly HistoryRow[]): void {
    for (const { signalId, time, value } of rows) {
      const column = this.#columns.get(signalId)
      if (column === undefined || time < this.#range.from || time >= this.#range.to) continue
      this.#addValue(column, time, value * column.field.factor)
    }
  }

  #addValue(column: Column, time: number, value: number): void {
    const [low, high] = column.field.plausible
    if (!(value >= low && value <= high)) {
      column.outOfRange += 1
      return
    }
    const step = Math.floor((time - this.#range.from) / this.#stepMs)
    const { sums, rows, newest } = column
    if (column.field.nature !== 'counter') {
      sums[step] = (sums[step] ?? 0) + value
      rows[step] = (rows[step] ?? 0) + 1
    } else if (rows[step] === 0 || time >= (newest[step] ?? 0)) {
      sums[step] = value
      rows[step] = 1
      newest[step] = time
    }
  }

  /** Ids of the signals that have brought no row at all, plausible or not. */
  silentSignals(): string[] {
    return [...this.#columns]
      .filter(([, { rows, outOfRange }]) => outOfRange === 0 && !rows.some((count) => count > 0))
      .map(([signalId]) => signalId)
  }

  /** The points: mean of each step, counters their last value, rounded. */
  result(): GriddedHistory {
    const fields = Array.from({ length: this.#steps }, (): Record<string, number> => ({}))
    const counts: Record<string, FieldCount> = {}
    for (const column of this.#columns.values()) {
      const { field, decimals } = column.field
      const values = this.#means(column, decimals)
      const stuck = column.field.nature === 'sensor' ? stuckSteps(values, this.#stepMs) : new Set<number>()
      let count = 0
      values.forEach((value, step) => {
        const target = fields[step]
        if (value === undefined || target === undefined || stuck.has(step)) return
        target[field] = value
        count += 1
      })
      counts[field] = {
        values: count,
        ...(column.outOfRange === 0 ? {} : { outOfRange: column.outOfRange }),
        ...(stuck.size === 0 ? {} : { stuck: stuck.size }),
      }
    }
    const points = fields.flatMap((values, step) =>
      Object.keys(values).length === 0 ? [] : [{ time: this.#range.from + step * this.#stepMs, fields: values }],
    )
    return { points, counts }
  }

  #means({ sums, rows }: Column, decimals: number): (number | undefined)[] {
    const factor = 10 ** decimals
    return Array.from(rows, (count, step) =>
      // `+ 0` turns −0 into 0, which reads back as itself.
      count === 0 ? undefined : Math.round(((sums[step] ?? 0) / count) * factor) / factor + 0,
    )
  }
}

/** Steps that belong to a run of one and the same value over a day or longer; steps without a value do not end a run. */
function stuckSteps(values: readonly (number | undefined)[], stepMs: number): Set<number> {
  const stuck = new Set<number>()
  let run: number[] = []
  const close = () => {
    const [first, last] = [run[0], run.at(-1)]
    if (first === undefined || last === undefined) return
    if (run.length >= STUCK_STEPS && (last - first + 1) * stepMs >= STUCK_AFTER_MS) {
      for (const step of run) stuck.add(step)
    }
  }
  values.forEach((value, step) => {
    if (value === undefined) return
    const first = run[0]
    if (first !== undefined && values[first] !== value) {
      close()
      run = []
    }
    run.push(step)
  })
  close()
  return stuck
}

/** Counts of two stretches of time together. */
export function addCounts(
  a: Readonly<Record<string, FieldCount>>,
  b: Readonly<Record<string, FieldCount>>,
): Record<string, FieldCount> {
  const sum: Record<string, FieldCount> = { ...a }
  for (const [field, { values, outOfRange = 0, stuck = 0 }] of Object.entries(b)) {
    const before = sum[field]
    const together = { outOfRange: outOfRange + (before?.outOfRange ?? 0), stuck: stuck + (before?.stuck ?? 0) }
    sum[field] = {
      values: values + (before?.values ?? 0),
      ...(together.outOfRange === 0 ? {} : { outOfRange: together.outOfRange }),
      ...(together.stuck === 0 ? {} : { stuck: together.stuck }),
    }
  }
  return sum
}
