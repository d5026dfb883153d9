/** What a meter file changes in what is stored already, hour by hour and meter by meter. */

import type { MeterRow } from './rows.ts'
import { isSame, type SettledMeter } from './settle.ts'

/** An hour as it stands in the store. */
export interface StoredHour {
  readonly time: number
  readonly values: MeterRow['values']
  /** Name of the file it came from; null when it came otherwise. */
  readonly source: string | null
}

export interface MeterChanges {
  readonly meterId: string
  /** Hours nothing was stored for. */
  readonly added: readonly MeterRow[]
  /** Hours that had other values. */
  readonly corrected: readonly MeterRow[]
  readonly unchanged: number
  /** Hours where a newer file has spoken already. */
  readonly superseded: number
}

/**
 * Compares with the stored hours of the same meter. A file that is older by its name than the one an hour came from
 * changes nothing there, so that files give the same result in whatever order they are read.
 */
export function changesOf(meter: SettledMeter, stored: readonly StoredHour[], fileName: string): MeterChanges {
  const known = new Map(stored.map((hour) => [hour.time, hour]))
  const added: MeterRow[] = []
  const corrected: MeterRow[] = []
  let unchanged = 0
  let superseded = 0
  for (const row of meter.hours) {
    const before = known.get(row.time)
    if (before === undefined) added.push(row)
    else if (isSame(before, row)) unchanged += 1
    else if (before.source !== null && isNewer(before.source, fileName)) superseded += 1
    else corrected.push(row)
  }
  return { meterId: meter.meterId, added, corrected, unchanged, superseded }
}

/** Suppliers put the date of delivery into the name: `energy_20260110.txt`. Names without one are compared as text. */
export function isNewer(fileName: string, than: string): boolean {
  const [a, b] = [deliveryKey(fileName), deliveryKey(than)]
  return a > b
}

function deliveryKey(fileName: string): string {
  return `${/\d{8}/.exec(fileName)?.[0] ?? '00000000'} ${fileName}`
}
