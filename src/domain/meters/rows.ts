/**
 * Reads the lines of a supplier's meter file (`;` between cells, one row per meter and hour, time = start of the hour,
 * UTC). Every line ends as a row or as a refusal with its reason; nothing is dropped in silence.
 */
import { isMissing, readNumber, readTime } from './cells.ts'
import { type MeterColumns, type MeterQuantity, readHeader } from './columns.ts'

const HOUR_MS = 3_600_000

export type RefusalCode =
  | 'no-header'
  | 'time-missing'
  | 'time-unreadable'
  | 'off-the-hour'
  | 'in-the-future'
  | 'meter-missing'
  | 'value-unreadable'
  | 'negative'
  | 'absurd'
  | 'conflict'
  | 'cut-off'
  | 'unknown-meter'
  | 'meter-claimed-twice'

/** A line that is not stored, for the report and the quarantine. */
export interface Refusal {
  /** 1 is the header. */
  readonly line: number
  readonly text: string
  readonly code: RefusalCode
  /** One sentence for a person. */
  readonly message: string
  /** Where they could be read: the hour stays a hole and is asked for again. */
  readonly meterId: string | null
  readonly time: number | null
}

/** One hour of one meter as the file tells it. */
export interface MeterRow {
  readonly line: number
  readonly text: string
  readonly meterId: string
  /** Start of the hour, epoch milliseconds. */
  readonly time: number
  /** kWh, m³, °C or kW; absent when the file does not say. */
  readonly values: Readonly<Partial<Record<MeterQuantity, number>>>
}

export interface MeterLines {
  readonly rows: readonly MeterRow[]
  readonly refusals: readonly Refusal[]
  /** Hours the file names without a value: still holes. */
  readonly missing: readonly { readonly line: number; readonly meterId: string; readonly time: number }[]
  /** Oddities that were accepted, one sentence each, told once. */
  readonly warnings: readonly string[]
}

export interface MeterFileOptions {
  /** Without its folder; a file without a meter column is about the meter it is named after. */
  readonly fileName: string
  /** Epoch milliseconds. Hours that begin later than an hour from now are refused. */
  readonly now: number
}

/** Takes lines one by one, so that a file of any size can be read in pieces; `take` empties what was gathered. */
export class MeterFileReader {
  readonly #options: MeterFileOptions
  #columns: MeterColumns | undefined
  #line = 0
  #rows: MeterRow[] = []
  #refusals: Refusal[] = []
  #missing: { line: number; meterId: string; time: number }[] = []
  readonly #warnings = new Set<string>()

  constructor(options: MeterFileOptions) {
    this.#options = options
  }

  /** Rows gathered since the last `take`. */
  get gathered(): number {
    return this.#rows.length
  }

  /** Data rows, good or bad, seen in the whole file. */
  get lines(): number {
    return this.#line
  }

  /** @param terminated false for a last line without its line end, which may have been cut off */
  push(text: string, terminated = true): void {
    this.#line += 1
    if (this.#columns === undefined) {
      if (text.trim() !== '') this.#readHeader(text)
      return
    }
    if (text.trim() === '') return
    this.#readRow(text, this.#columns, terminated)
  }

  take(): MeterLines {
    const taken = { rows: this.#rows, refusals: this.#refusals, missing: this.#missing, warnings: [...this.#warnings] }
    this.#rows = []
    this.#refusals = []
    this.#missing = []
    return taken
  }

  #readHeader(text: string): void {
    const columns = readHeader(text.replace(/^\uFEFF/, '').split(';'))
    if (columns === undefined) {
      // Without a header every number is a guess: the whole file goes to a person.
      this.#columns = { count: 1, time: -1, meter: undefined, quantities: [] }
      this.#refuse(text, 'no-header', 'The first line names no column of times, such as "timestamp".')
      return
    }
    this.#columns = columns
  }

  #readRow(text: string, columns: MeterColumns, terminated: boolean): void {
    // A file without a header was refused as a whole.
    if (columns.time < 0) return
    const cells = text.split(';')
    if (!terminated && cells.length < columns.count) {
      this.#refuse(text, 'cut-off', 'The file ends in the middle of this line.')
      return
    }
    const meterId = meterOf(cells, columns, this.#options.fileName)
    const timeCell = cells[columns.time]
    const time = timeCell === undefined ? undefined : readTime(timeCell)
    const values = this.#readValues(cells, columns)
    const fault = faultOf({ meterId, timeCell, time, latest: this.#options.now + HOUR_MS, values })
    if (fault !== undefined) this.#refuse(text, fault.code, fault.message, meterId, time ?? null)
    else if (meterId === null || time === undefined || 'unreadable' in values) return
    else if (Object.keys(values).length === 0) this.#missing.push({ line: this.#line, meterId, time })
    else this.#rows.push({ line: this.#line, text, meterId, time, values })
    if (cells.length > columns.count)
      this.#warnings.add('Rows with more columns than the header; the rest was ignored.')
    if (cells.length < columns.count)
      this.#warnings.add('Rows with fewer columns than the header; what they have was taken.')
  }

  #readValues(cells: readonly string[], columns: MeterColumns): ReadValues {
    const values: Partial<Record<MeterQuantity, number>> = {}
    for (const { quantity, index, factor } of columns.quantities) {
      const cell = cells[index]
      if (cell === undefined || isMissing(cell)) continue
      const read = readNumber(cell)
      if (read?.decimalComma) this.#warnings.add('Decimal commas among decimal points.')
      if (read !== undefined) values[quantity] = read.value * factor
      // The energy is what the hour is about; without another quantity the rest still counts.
      else if (quantity === 'consumption') return { unreadable: cell.trim() }
      else this.#warnings.add(`Values of "${quantity}" that are no numbers were left out.`)
    }
    return values
  }

  #refuse(
    text: string,
    code: RefusalCode,
    message: string,
    meterId: string | null = null,
    time: number | null = null,
  ): void {
    this.#refusals.push({ line: this.#line, text, code, message, meterId, time })
  }
}

type ReadValues = Partial<Record<MeterQuantity, number>> | { readonly unreadable: string }

function meterOf(cells: readonly string[], columns: MeterColumns, fileName: string): string | null {
  const cell = columns.meter === undefined ? fileName.replace(/\.[^.]*$/, '') : cells[columns.meter]
  return cell === undefined || isMissing(cell) ? null : cell.trim()
}

interface JudgedRow {
  readonly meterId: string | null
  readonly timeCell: string | undefined
  readonly time: number | undefined
  /** Start of the last hour that can have been measured. */
  readonly latest: number
  readonly values: ReadValues
}

/** The first fault of a row; undefined when it has none. */
function faultOf({
  meterId,
  timeCell,
  time,
  latest,
  values,
}: JudgedRow): Pick<Refusal, 'code' | 'message'> | undefined {
  if (isMissing(timeCell)) return { code: 'time-missing', message: 'The row has no time.' }
  if (time === undefined) return { code: 'time-unreadable', message: `"${timeCell?.trim()}" is no time that exists.` }
  if (meterId === null) return { code: 'meter-missing', message: 'The row names no meter.' }
  if (time % HOUR_MS !== 0) return { code: 'off-the-hour', message: 'The time is not the start of an hour.' }
  if (time > latest) return { code: 'in-the-future', message: 'The hour has not begun yet.' }
  if ('unreadable' in values) {
    return { code: 'value-unreadable', message: `The energy "${values.unreadable}" is no number.` }
  }
  if (values.consumption !== undefined && values.consumption < 0) {
    return { code: 'negative', message: `The energy is negative: ${values.consumption} kWh.` }
  }
  return undefined
}
