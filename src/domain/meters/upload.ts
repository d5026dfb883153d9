/**
 * Energy that a person uploads: a CSV with Swedish local times and Swedish numbers, as customer portals export it
 * (`"2026-10-25 02:00";"1 234,5"`).
 */
import { dayLabel, hourStarts, isDayLabel } from '../time/day.ts'

export interface UploadedHour {
  readonly line: number
  /** Start of the hour, epoch milliseconds. */
  readonly time: number
  readonly kwh: number
}

export interface UploadProblem {
  readonly line: number
  readonly message: string
}

export interface Upload {
  /** Ascending, one per hour. */
  readonly hours: readonly UploadedHour[]
  readonly problems: readonly UploadProblem[]
  /** Swedish days at the end that held nothing but zeros and were left out: the portal had no values for them yet. */
  readonly trimmedDays: number
}

interface ReadRow {
  readonly line: number
  readonly day: string
  readonly hour: number
  readonly kwh: number
}

/** @param rows cells of each line, quotes removed, the header first */
export function readUpload(rows: readonly (readonly string[])[], now: number): Upload {
  const problems: UploadProblem[] = []
  const read: ReadRow[] = []
  rows.forEach((cells, index) => {
    if (index === 0 || cells.every((cell) => cell.trim() === '')) return
    const row = readRow(cells, index + 1)
    if ('message' in row) problems.push(row)
    else read.push(row)
  })
  const hours = inUtc(read, now, problems)
  const { kept, trimmedDays } = withoutTrailingZeroDays(hours)
  return { hours: kept, problems: problems.sort((a, b) => a.line - b.line), trimmedDays }
}

function readRow(cells: readonly string[], line: number): ReadRow | UploadProblem {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}):(\d{2})(?::00)?$/.exec((cells[0] ?? '').trim())
  if (match === null) return { line, message: `"${cells[0] ?? ''}" is no time such as 2026-01-10 07:00` }
  if (match[3] !== '00') return { line, message: `${match[0]} is not the start of an hour` }
  const kwh = readSwedishNumber(cells[1] ?? '')
  if (kwh === undefined) return { line, message: `"${cells[1] ?? ''}" is no number such as 1 234,5` }
  if (kwh < 0) return { line, message: `the energy is negative: ${cells[1]}` }
  return { line, day: match[1] ?? '', hour: Number(match[2]), kwh }
}

/** Blanks and points separate thousands, the comma decimals; a single point with other than three digits behind it does too. */
export function readSwedishNumber(cell: string): number | undefined {
  const text = cell.trim().replace(/[\s\u00A0\u202F]/g, '')
  if (/^-?\d+\.\d{1,2}$|^-?\d+\.\d{4,}$/.test(text)) return Number(text)
  if (!/^-?\d{1,3}(?:\.\d{3})+(?:,\d+)?$|^-?\d+(?:,\d+)?$/.test(text)) return undefined
  return Number(text.replaceAll('.', '').replace(',', '.'))
}

/** A local hour that exists twice is the first one at its first mention and the second one at its second. */
function inUtc(rows: readonly ReadRow[], now: number, problems: UploadProblem[]): UploadedHour[] {
  const days = new Map<string, readonly LocalHour[]>()
  const mentions = new Map<string, number>()
  const hours: UploadedHour[] = []
  for (const { line, day, hour, kwh } of rows) {
    const local = `${day} ${String(hour).padStart(2, '0')}:00`
    const mention = mentions.get(local) ?? 0
    mentions.set(local, mention + 1)
    const ofDay = days.get(day) ?? localHours(day)
    days.set(day, ofDay)
    const instants = ofDay.filter((candidate) => candidate.hour === hour)
    const time = instants[mention]?.start
    if (time === undefined) {
      const why = instants.length === 0 ? 'does not exist' : 'stands there once too often'
      problems.push({ line, message: `the hour ${local} ${why}` })
    } else if (time > now) problems.push({ line, message: `the hour ${local} has not begun yet` })
    else hours.push({ line, time, kwh })
  }
  return hours.sort((a, b) => a.time - b.time)
}

interface LocalHour {
  readonly start: number
  readonly hour: number
}

/** None for a date that does not exist. */
function localHours(day: string): LocalHour[] {
  return isDayLabel(day) ? hourStarts(day).map((start) => ({ start, hour: localHour(start) })) : []
}

const LOCAL_HOUR = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', hour: '2-digit', hourCycle: 'h23' })

function localHour(instant: number): number {
  return Number(LOCAL_HOUR.format(instant))
}

function withoutTrailingZeroDays(hours: readonly UploadedHour[]): { kept: UploadedHour[]; trimmedDays: number } {
  const lastWithEnergy = hours.findLast(({ kwh }) => kwh > 0)
  if (lastWithEnergy === undefined) return { kept: [...hours], trimmedDays: 0 }
  const lastDay = dayLabel(lastWithEnergy.time)
  const kept = hours.filter(({ time }) => dayLabel(time) <= lastDay)
  const trimmed = new Set(hours.slice(kept.length).map(({ time }) => dayLabel(time)))
  return { kept, trimmedDays: trimmed.size }
}
