/** Puts single values together to rows: one row per tag set and time, ascending. */
import { type CheckedQuery, type Tags, tagKey } from './point.ts'
import type { FieldValue, Row } from './port.ts'

interface OpenRow {
  readonly time: number
  readonly tags: Tags
  readonly order: string
  readonly values: Map<string, FieldValue>
}

export class RowCollector {
  readonly #rows = new Map<string, OpenRow>()

  /** @param time epoch milliseconds. A later value for the same place replaces an earlier one. */
  add(tags: Tags, time: number, field: string, value: FieldValue): void {
    if (value === null) return
    // Tags in a fixed order make the key of a row and break ties between rows of the same time.
    const order = tagKey(tags)
    const key = `${time} ${order}`
    let row = this.#rows.get(key)
    if (row === undefined) {
      row = { time, tags, order, values: new Map() }
      this.#rows.set(key, row)
    }
    row.values.set(field, value)
  }

  /**
   * Rows ascending in time, then tags; of a limited query the newest ones. Fields without a value are `null`; where all
   * fields of an open measurement were asked for, those found in the rows returned make the columns.
   */
  rows({ fields, limit }: Pick<CheckedQuery, 'fields' | 'limit'>): Row[] {
    const sorted = [...this.#rows.values()].sort((a, b) => a.time - b.time || (a.order < b.order ? -1 : 1))
    const wanted = limit === undefined ? sorted : sorted.slice(Math.max(sorted.length - limit, 0))
    const names = fields ?? [...new Set(wanted.flatMap(({ values }) => [...values.keys()]))].sort()
    return wanted.map(({ time, tags, values }) => ({
      time,
      tags,
      fields: Object.fromEntries(names.map((name) => [name, values.get(name) ?? null])),
    }))
  }
}
