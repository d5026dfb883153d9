/**
 * Reads the time-series files of `bvpro analyze`: comma- or semicolon-separated, one header line, a column `time` (start
 * of the period, ISO 8601 with an offset) and any of the columns known here. Strict: what cannot be read is a fault that
 * names its line and column.
 */
import { readFile } from 'node:fs/promises'
import { isDayLabel } from '../../domain/time/day.ts'
import { CommandFault } from '../fault.ts'

/** The columns known, and how finer periods become an hour. */
export const SERIES_COLUMNS = {
  energy_kwh: 'sum',
  dhw_kwh_true: 'sum',
  heating_kwh_true: 'sum',
  heat_power_kw: 'mean',
  outdoor_temperature: 'mean',
  indoor_temperature: 'mean',
  supply_temperature: 'mean',
  return_temperature: 'mean',
  setpoint: 'mean',
  hot_water_temperature: 'mean',
  global_irradiance: 'mean',
  wind_speed: 'mean',
} as const satisfies Record<string, 'sum' | 'mean'>

export type SeriesColumn = keyof typeof SERIES_COLUMNS
export type SeriesValues = Partial<Record<SeriesColumn, (number | null)[]>>

export interface Series {
  /** Start of each period, epoch milliseconds, ascending, each once. */
  readonly times: readonly number[]
  /** Length of a period: the commonest distance between two rows, milliseconds. */
  readonly stepMs: number
  /** One array per column the file has, as long as `times`; null where the field is empty. */
  readonly values: SeriesValues
  /** Columns of the file nobody here knows. */
  readonly ignoredColumns: readonly string[]
}

const HOUR_MS = 3_600_000
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/i
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Reads a file; a file that cannot be opened or understood is a {@link CommandFault} or the system's own refusal. */
export async function readSeries(path: string): Promise<Series> {
  const bytes = await readFile(path)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CommandFault(`${path} is not UTF-8 text.`)
  }
  return parseSeries(text, path)
}

/** {@link readSeries} of a text. @param name of the file, for faults */
export function parseSeries(text: string, name: string): Series {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  const headerLine = lines[0] ?? ''
  if (headerLine.trim() === '') throw new CommandFault(`${name} has no header line.`)
  const separator = headerLine.includes(';') ? ';' : ','
  const header = splitLine(headerLine, separator, name, 1).map((column) => column.trim().toLowerCase())
  const columns = columnsOf(header, name)

  const rows: { time: number; line: number; numbers: (number | null)[] }[] = []
  for (let index = 1; index < lines.length; index++) {
    const lineText = lines[index] ?? ''
    if (lineText.trim() === '') continue
    const line = index + 1
    const fields = splitLine(lineText, separator, name, line)
    if (fields.length !== header.length) {
      throw new CommandFault(`${name}, line ${line}: ${fields.length} fields, the header has ${header.length}.`)
    }
    rows.push({
      time: readTime(fields[columns.time] ?? '', name, line),
      line,
      numbers: columns.known.map(({ index: at, column }) =>
        readNumber(fields[at] ?? '', name, line, column, separator === ';'),
      ),
    })
  }
  if (rows.length === 0) throw new CommandFault(`${name} has a header but no rows.`)

  rows.sort((one, other) => one.time - other.time)
  rows.forEach((row, index) => {
    const before = rows[index - 1]
    if (before?.time === row.time) {
      const [first, second] = [before.line, row.line].sort((a, b) => a - b)
      throw new CommandFault(
        `${name}, line ${second}, column time: ${new Date(row.time).toISOString()} was there in line ${first}.`,
      )
    }
  })
  const values: SeriesValues = {}
  columns.known.forEach(({ column }, at) => {
    values[column] = rows.map((row) => row.numbers[at] ?? null)
  })
  const times = rows.map((row) => row.time)
  return { times, stepMs: commonestStep(times), values, ignoredColumns: columns.ignored }
}

/**
 * The same series by the hour (UTC): sums of `…_kwh` columns, means of the others. An hour is unknown in a column when
 * a period in it is missing (sums), or more than half of them (means). Hours nobody wrote are left out.
 * @throws CommandFault when the rows are farther apart than an hour, or the periods do not fit into one
 */
export function toHourly(series: Series, name: string): Series {
  const { stepMs, times } = series
  if (stepMs > HOUR_MS) {
    throw new CommandFault(
      `${name}: the rows are ${stepMs / 60_000} minutes apart; an hour is the longest that is used.`,
    )
  }
  if (HOUR_MS % stepMs !== 0) {
    throw new CommandFault(`${name}: periods of ${stepMs / 60_000} minutes do not fill an hour.`)
  }
  const perHour = HOUR_MS / stepMs
  const starts: number[] = []
  const firsts: number[] = []
  times.forEach((time, index) => {
    const start = Math.floor(time / HOUR_MS) * HOUR_MS
    if (starts.at(-1) === start) return
    starts.push(start)
    firsts.push(index)
  })
  firsts.push(times.length)
  const values: SeriesValues = {}
  for (const [column, all] of Object.entries(series.values) as [SeriesColumn, (number | null)[]][]) {
    const needed = SERIES_COLUMNS[column] === 'sum' ? perHour : perHour / 2
    values[column] = starts.map((_, hour) => {
      const known = all.slice(firsts[hour], firsts[hour + 1]).filter((value) => value !== null)
      if (known.length < needed) return null
      const sum = known.reduce((total, value) => total + value, 0)
      return SERIES_COLUMNS[column] === 'sum' ? sum : sum / known.length
    })
  }
  return { times: starts, stepMs: HOUR_MS, values, ignoredColumns: series.ignoredColumns }
}

interface Columns {
  readonly time: number
  readonly known: readonly { readonly column: SeriesColumn; readonly index: number }[]
  readonly ignored: readonly string[]
}

function columnsOf(header: readonly string[], name: string): Columns {
  const twice = header.find((column, index) => header.indexOf(column) !== index)
  if (twice !== undefined) throw new CommandFault(`${name}, line 1: the column "${twice}" is there twice.`)
  const time = header.indexOf('time')
  if (time === -1) throw new CommandFault(`${name}, line 1: there is no column "time".`)
  const known: { column: SeriesColumn; index: number }[] = []
  const ignored: string[] = []
  header.forEach((column, index) => {
    if (index === time) return
    if (Object.hasOwn(SERIES_COLUMNS, column)) known.push({ column: column as SeriesColumn, index })
    else ignored.push(column)
  })
  return { time, known, ignored }
}

/** RFC 4180 within one line: fields may stand in double quotes, a doubled quote being one. */
function splitLine(line: string, separator: string, name: string, number: number): string[] {
  if (!line.includes('"')) return line.split(separator)
  const fields: string[] = []
  let rest = line
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest)
    const end = rest.indexOf(separator)
    const field = quoted?.[0] ?? (end === -1 ? rest : rest.slice(0, end))
    fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : field)
    rest = rest.slice(field.length)
    const open = quoted === null && field.startsWith('"')
    if (rest === '' && !open) return fields
    if (open || !rest.startsWith(separator)) throw new CommandFault(`${name}, line ${number}: a quote is not closed.`)
    rest = rest.slice(1)
  }
}

function readTime(field: string, name: string, line: number): number {
  const text = field.trim()
  const time = TIME.test(text) && isDayLabel(text.slice(0, 10)) ? Date.parse(text.replace(' ', 'T')) : Number.NaN
  if (!Number.isNaN(time)) return time
  throw new CommandFault(
    `${name}, line ${line}, column time: "${text}" is not a time such as 2026-01-10T07:00:00Z or 2026-01-10T08:00+01:00.`,
  )
}

/** An empty field is missing; so is NaN, which some programs write for it. */
function readNumber(
  field: string,
  name: string,
  line: number,
  column: SeriesColumn,
  decimalComma: boolean,
): number | null {
  const text = field.trim()
  if (text === '' || text.toLowerCase() === 'nan') return null
  const pointed = decimalComma ? text.replace(',', '.') : text
  const value = NUMBER.test(pointed) ? Number(pointed) : Number.NaN
  if (Number.isFinite(value)) return value
  throw new CommandFault(`${name}, line ${line}, column ${column}: "${text}" is not a number.`)
}

function commonestStep(times: readonly number[]): number {
  const counts = new Map<number, number>()
  times.forEach((time, index) => {
    const before = times[index - 1]
    if (before !== undefined) counts.set(time - before, (counts.get(time - before) ?? 0) + 1)
  })
  let step = HOUR_MS
  let most = 0
  for (const [distance, count] of counts) {
    if (count > most || (count === most && distance < step)) [step, most] = [distance, count]
  }
  return step
}
