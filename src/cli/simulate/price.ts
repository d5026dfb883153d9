/** What a kWh costs in a simulation: flat, or read from a file of prices or of a tariff. */
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { parseTariff, tariffOf } from '../../config/tariff.ts'
import { formatProblems } from '../../domain/entity.ts'
import { priceAt } from '../../domain/tariff/tariff.ts'
import { CommandFault } from '../fault.ts'

const HOUR_MS = 3_600_000
const WEEK_HOURS = 168

export type PriceAt = (time: number) => number

const document = z.union([
  z.array(z.number()).min(1),
  z.object({ price: z.array(z.number()).min(1), time: z.array(z.string()).optional() }),
])

/**
 * `flat` is 1 per kWh. A file is CSV with the columns `time` and `price`, or JSON: a list of prices (24 of a day, 168 of a
 * week from Monday, in UTC), `{"time": […], "price": […]}`, or a tariff as in `settings.json`, of which the prices of a
 * kWh count. Where the times of a file are not those simulated, its mean
 * price of the same hour of the week, or of the day, counts.
 * @throws CommandFault for what cannot be read
 */
export async function readPrice(given: string): Promise<PriceAt> {
  if (given === 'flat') return () => 1
  const text = await readFile(given, 'utf8')
  if (!/^\s*[[{]/.test(text)) return byTime(fromCsv(text, given))
  const parsed = jsonOf(text, given)
  const isTariff = typeof parsed === 'object' && parsed !== null && 'energy' in parsed
  return isTariff ? fromTariff(parsed, given) : byTime(fromJson(parsed, given))
}

interface Priced {
  readonly time: number
  readonly price: number
}

function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CommandFault(`${name} is not JSON.`)
  }
}

function fromTariff(parsed: object, name: string): PriceAt {
  const { config, problems } = parseTariff(parsed)
  if (config === null) throw new CommandFault(`${name}: ${formatProblems(problems).join('; ')}`)
  const tariff = tariffOf(config)
  return (time) => priceAt(tariff, time)
}

function fromJson(parsed: unknown, name: string): Priced[] {
  const read = document.safeParse(parsed)
  if (!read.success)
    throw new CommandFault(`${name}: expected a list of prices, {"time": [...], "price": [...]}, or a tariff.`)
  const { price, time } = Array.isArray(read.data) ? { price: read.data, time: undefined } : read.data
  // 5 January 1970 was a Monday.
  const monday = 4 * 24 * HOUR_MS
  return price.map((value, index) => ({
    time: time === undefined ? monday + index * HOUR_MS : timeOf(time[index] ?? '', name, index + 1),
    price: value,
  }))
}

function fromCsv(text: string, name: string): Priced[] {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const separator = header.includes(';') ? ';' : ','
  const columns = header.split(separator).map((column) => column.trim().toLowerCase())
  const time = columns.indexOf('time')
  const price = columns.findIndex((column) => column.startsWith('price'))
  if (time === -1 || price === -1) throw new CommandFault(`${name} needs the columns "time" and "price".`)
  const points = lines.flatMap((line, index) => {
    if (line.trim() === '') return []
    const fields = line.split(separator)
    const value = Number(fields[price])
    if (fields[price]?.trim() === '' || !Number.isFinite(value)) {
      throw new CommandFault(`${name}, line ${index + 2}: "${fields[price] ?? ''}" is not a price.`)
    }
    return [{ time: timeOf(fields[time] ?? '', name, index + 2), price: value }]
  })
  if (points.length === 0) throw new CommandFault(`${name} has no prices.`)
  return points
}

function timeOf(text: string, name: string, line: number): number {
  const time = Date.parse(text.trim())
  if (Number.isFinite(time)) return time
  throw new CommandFault(`${name}, line ${line}: "${text}" is not a time such as 2026-01-10T07:00:00Z.`)
}

function byTime(given: readonly Priced[]): PriceAt {
  const points = [...given].sort((one, other) => one.time - other.time)
  const first = points[0] as Priced
  const last = points.at(-1) as Priced
  const spacing = points.length > 1 ? (last.time - first.time) / (points.length - 1) : HOUR_MS
  const weekly = means(points, WEEK_HOURS)
  const daily = means(points, 24)
  const overall = points.reduce((sum, { price }) => sum + price, 0) / points.length
  return (time) => {
    if (time >= first.time && time < last.time + spacing) return held(points, time)
    return weekly[slot(time, WEEK_HOURS)] ?? daily[slot(time, 24)] ?? overall
  }
}

/** The price of the last point that is not later. */
function held(points: readonly Priced[], time: number): number {
  let low = 0
  let high = points.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((points[middle] as Priced).time <= time) low = middle
    else high = middle - 1
  }
  return (points[low] as Priced).price
}

function slot(time: number, length: number): number {
  return Math.floor(time / HOUR_MS) % length
}

function means(points: readonly Priced[], length: number): (number | undefined)[] {
  const sums = new Map<number, { sum: number; count: number }>()
  for (const { time, price } of points) {
    const at = slot(time, length)
    const { sum, count } = sums.get(at) ?? { sum: 0, count: 0 }
    sums.set(at, { sum: sum + price, count: count + 1 })
  }
  return Array.from({ length }, (_, at) => {
    const entry = sums.get(at)
    return entry === undefined ? undefined : entry.sum / entry.count
  })
}
