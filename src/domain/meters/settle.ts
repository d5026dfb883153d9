/**
 * From the rows of a file to at most one value per meter and hour: duplicates, contradictions, impossible amounts and
 * registers that run backwards. The result does not depend on the order of the rows.
 */
import { METER_QUANTITIES } from './columns.ts'
import type { MeterLines, MeterRow, Refusal } from './rows.ts'

/** Two values this close are the same, in the unit of the quantity. */
const SAME = 0.001

/** No meter BVPro reads is above this when nothing else is known of it, kWh in an hour. */
const LARGEST_UNKNOWN_KWH = 5_000
/** A meter has to be known by this many hours before its own size counts. */
const HOURS_TO_KNOW = 6
/** An hour may be this many times the median hour, or this many kWh where the median is small. */
const TIMES_MEDIAN = 30
const ALWAYS_POSSIBLE_KWH = 100

export interface SettledMeter {
  readonly meterId: string
  /** Ascending in time, one row per hour. */
  readonly hours: readonly MeterRow[]
  /** Start of hours whose register is lower than one before them: replaced or reset. */
  readonly registerBackwards: readonly number[]
}

export interface SettledFile {
  readonly meters: readonly SettledMeter[]
  /** Those of the lines and those found here, by line. */
  readonly refusals: readonly Refusal[]
  readonly identicalDuplicates: number
  readonly missingHours: number
  readonly warnings: readonly string[]
}

/** @param medianKwh what an hour of a meter usually is by what is stored already; undefined when nothing is */
export function settleLines(
  lines: MeterLines,
  medianKwh: (meterId: string) => number | undefined = () => undefined,
): SettledFile {
  const refusals = [...lines.refusals]
  let identicalDuplicates = 0
  const meters = [...groupBy(lines.rows, ({ meterId }) => meterId)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([meterId, rows]) => {
      const largest = largestPossible(rows, medianKwh(meterId))
      const hours: MeterRow[] = []
      for (const sameHour of groupBy(rows.filter(isPossible), ({ time }) => String(time)).values()) {
        const { winner, contradicting } = mostFrequent(sameHour)
        identicalDuplicates += sameHour.length - contradicting.length - (winner === undefined ? 0 : 1)
        for (const row of contradicting) refusals.push(refusal(row, 'conflict', contradiction(winner)))
        if (winner !== undefined) hours.push(winner)
      }
      hours.sort((a, b) => a.time - b.time)
      return { meterId, hours, registerBackwards: backwards(hours) }

      function isPossible(row: MeterRow): boolean {
        const { consumption } = row.values
        if (consumption === undefined || consumption <= largest) return true
        const message = `${consumption} kWh in an hour is more than this meter can measure (at most about ${Math.round(largest)} kWh).`
        refusals.push(refusal(row, 'absurd', message))
        return false
      }
    })
  return {
    meters: meters.filter(({ hours }) => hours.length > 0),
    refusals: refusals.sort((a, b) => a.line - b.line),
    identicalDuplicates,
    missingHours: lines.missing.length,
    warnings: lines.warnings,
  }
}

function largestPossible(rows: readonly MeterRow[], known: number | undefined): number {
  const amounts = rows.flatMap(({ values }) => (values.consumption === undefined ? [] : [values.consumption]))
  const median = known ?? (amounts.length >= HOURS_TO_KNOW ? medianOf(amounts) : undefined)
  return median === undefined ? LARGEST_UNKNOWN_KWH : Math.max(ALWAYS_POSSIBLE_KWH, TIMES_MEDIAN * median)
}

/** The value most rows of an hour agree on; on a tie there is none, and the hour stays a hole to be asked for again. */
function mostFrequent(rows: readonly MeterRow[]): { winner: MeterRow | undefined; contradicting: readonly MeterRow[] } {
  const camps: MeterRow[][] = []
  for (const row of [...rows].sort((a, b) => a.line - b.line)) {
    const camp = camps.find(([first]) => first !== undefined && isSame(first, row))
    if (camp === undefined) camps.push([row])
    else camp.push(row)
  }
  const most = Math.max(...camps.map((camp) => camp.length))
  const [best, ...rivals] = camps.filter((camp) => camp.length === most)
  if (rivals.length > 0) return { winner: undefined, contradicting: rows }
  return { winner: best?.[0], contradicting: camps.filter((camp) => camp !== best).flat() }
}

/** Whether two rows say the same of every quantity. */
export function isSame(a: Pick<MeterRow, 'values'>, b: Pick<MeterRow, 'values'>): boolean {
  return METER_QUANTITIES.every((quantity) => {
    const [one, other] = [a.values[quantity], b.values[quantity]]
    return one === undefined || other === undefined ? one === other : Math.abs(one - other) <= SAME
  })
}

function contradiction(winner: MeterRow | undefined): string {
  return winner === undefined
    ? 'The file tells different values for this hour of this meter, equally often; none of them was taken.'
    : `The file tells another value for this hour of this meter more often (line ${winner.line}).`
}

function refusal({ line, text, meterId, time }: MeterRow, code: Refusal['code'], message: string): Refusal {
  return { line, text, code, message, meterId, time }
}

function backwards(hours: readonly MeterRow[]): number[] {
  const found: number[] = []
  let highest = Number.NEGATIVE_INFINITY
  for (const { time, values } of hours) {
    if (values.reading === undefined) continue
    if (values.reading < highest - SAME) found.push(time)
    highest = values.reading
  }
  return found
}

export type RegisterConvention = 'start' | 'end' | 'unknown'

/**
 * Whether a register is read at the start or at the end of its hour: which neighbour's step the hour's energy equals.
 * @param hours ascending in time, one per hour
 */
export function registerConvention(hours: readonly MeterRow[]): RegisterConvention {
  let [start, end] = [0, 0]
  for (let index = 1; index < hours.length; index += 1) {
    const [before, hour] = [hours[index - 1], hours[index]]
    if (before === undefined || hour === undefined || hour.time - before.time !== 3_600_000) continue
    const [a, b] = [before.values.reading, hour.values.reading]
    const [used, usedBefore] = [hour.values.consumption, before.values.consumption]
    if (a === undefined || b === undefined || used === undefined || usedBefore === undefined) continue
    // Equal hours tell nothing of which of the two the step belongs to.
    if (Math.abs(used - usedBefore) <= SAME) continue
    // A register in whole kWh steps by up to one kWh beside the energy of the hour.
    const distance = Math.abs(b - a - used) - Math.abs(b - a - usedBefore)
    if (distance < -SAME) end += 1
    else if (distance > SAME) start += 1
  }
  if (start + end < 6) return 'unknown'
  if (end >= 3 * start) return 'end'
  return start >= 3 * end ? 'start' : 'unknown'
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
