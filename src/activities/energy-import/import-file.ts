/**
 * One meter file: its lines are settled, compared with what is stored, stored, and the file archived. The file is put
 * away last, so that whatever happens before only leads to doing it again, and doing it again changes nothing.
 */
import { setImmediate } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { EnergyExchange } from '../../connectors/energy-exchange/exchange.ts'
import { ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { METER_QUANTITIES, type MeterQuantity } from '../../domain/meters/columns.ts'
import { MeterFileReader, type MeterRow, type Refusal } from '../../domain/meters/rows.ts'
import { type SettledFile, type SettledMeter, settleLines } from '../../domain/meters/settle.ts'
import { changesOf, type MeterChanges, type StoredHour } from '../../domain/meters/stored.ts'
import { dayEnd, dayLabel } from '../../domain/time/day.ts'
import type { Point, Row, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { EnergyFile, FileCounts, ImportedFile, TouchedEntity } from '../energy-import-contract.ts'
import { fileLines } from './file-lines.ts'
import type { MeterOwner, MeterOwners } from './meter-owners.ts'

const HOUR_MS = 3_600_000

/** Rows settled together: some 100 MB of memory. Rows of one hour that lie further apart in a file are compared through the store. */
const ROWS_AT_ONCE = 200_000
/** A few milliseconds of a process that polls hundreds of houses beside this. */
const POINTS_PER_WRITE = 500
const METERS_AT_ONCE = 8

export const ENERGY_METER_FIELDS: Readonly<Record<MeterQuantity, string>> = {
  consumption: 'consumption',
  reading: 'meter_reading',
  volume: 'volume',
  primaryTempIn: 'primary_temp_in',
  primaryTempOut: 'primary_temp_out',
  power: 'power',
}

export interface ImportFileDependencies {
  readonly exchange: EnergyExchange
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly owners: MeterOwners
  /** Told before hours of these Swedish days change, so that the days are separated whatever happens after. */
  readonly noteDays: (entity: EntityRef, days: readonly string[]) => Promise<void>
  readonly now: number
  readonly heartbeat: () => void
  readonly signal?: AbortSignal
  /** Rows settled together. */
  readonly rowsAtOnce?: number
}

export interface FileOutcome extends ImportedFile {
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly string[]
  /** Numbers of meters nobody has, or more than one has. */
  readonly strangeMeters: readonly string[]
}

/** Rejects when the exchange or the store refuses; everything stored by then stays and is found unchanged next time. */
export async function importFile(file: EnergyFile, dependencies: ImportFileDependencies): Promise<FileOutcome> {
  const { exchange, now, heartbeat, signal, rowsAtOnce = ROWS_AT_ONCE } = dependencies
  const reader = new MeterFileReader({ fileName: file.name, now })
  const total = new Totals()
  let header = ''
  for await (const { text, terminated } of fileLines(exchange.open(file))) {
    if (header === '') header = text
    reader.push(text, terminated)
    if (reader.gathered >= rowsAtOnce) await storeRows(settleLines(reader.take()), file.name, total, dependencies)
    if (reader.lines % 10_000 === 0) {
      signal?.throwIfAborted()
      heartbeat()
      await setImmediate()
    }
  }
  await storeRows(settleLines(reader.take()), file.name, total, dependencies)
  const outcome = total.outcome(file)
  if (outcome.refusals.length > 0 || reader.lines <= 1) {
    await exchange.quarantine(file, {
      report: reportOf(outcome, reader.lines),
      rows: outcome.refusals.length === 0 ? null : rowsOf(header, outcome.refusals),
    })
  }
  await exchange.archive(file)
  return outcome
}

async function storeRows(
  settled: SettledFile,
  fileName: string,
  total: Totals,
  dependencies: ImportFileDependencies,
): Promise<void> {
  total.addSettled(settled)
  const limit = pLimit(METERS_AT_ONCE)
  const pending = new PointQueue(dependencies)
  await Promise.all(
    settled.meters.map((meter) =>
      limit(async () => {
        dependencies.signal?.throwIfAborted()
        dependencies.heartbeat()
        const owner = dependencies.owners.ownerOf(meter.meterId)
        if (owner === undefined) {
          total.addStrange(meter, dependencies.owners.claimantsOf(meter.meterId))
          return
        }
        const changes = changesOf(meter, await storedHours(dependencies.timeSeries, owner.ref, meter), fileName)
        const days = changedDays(changes)
        total.addChanges(owner.ref, changes, days)
        if (days.length === 0) return
        await dependencies.noteDays(owner.ref, days)
        await pending.push(pointsOf(owner.ref, meter, changes, fileName))
      }),
    ),
  )
  await pending.flush()
}

function changedDays({ added, corrected }: MeterChanges): string[] {
  return [...new Set([...daysOf(added), ...daysOf(corrected)])].sort()
}

/** Of rows that ascend in time, so that the calendar is asked once a day. */
function* daysOf(rows: readonly MeterRow[]): Iterable<string> {
  let end = Number.NEGATIVE_INFINITY
  for (const { time } of rows) {
    if (time < end) continue
    const label = dayLabel(time)
    end = dayEnd(label)
    yield label
  }
}

/** Gathers the points of many meters, so that a file of a thousand meters is not a thousand writes. */
class PointQueue {
  readonly #dependencies: Pick<ImportFileDependencies, 'timeSeries' | 'heartbeat'>
  #points: Point[] = []

  constructor(dependencies: Pick<ImportFileDependencies, 'timeSeries' | 'heartbeat'>) {
    this.#dependencies = dependencies
  }

  async push(points: readonly Point[]): Promise<void> {
    this.#points.push(...points)
    while (this.#points.length >= POINTS_PER_WRITE) await this.#write(this.#points.splice(0, POINTS_PER_WRITE))
  }

  async flush(): Promise<void> {
    if (this.#points.length > 0) await this.#write(this.#points.splice(0))
  }

  async #write(points: readonly Point[]): Promise<void> {
    await this.#dependencies.timeSeries.write(points)
    this.#dependencies.heartbeat()
    await setImmediate()
  }
}

function seriesTags({ kind, id }: EntityRef, meterId: string): Record<string, string> {
  return { [ENTITY_TAG[kind]]: id, meter_id: meterId }
}

async function storedHours(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  entity: EntityRef,
  { meterId, hours }: SettledMeter,
): Promise<StoredHour[]> {
  const [first, last] = [hours[0], hours.at(-1)]
  if (first === undefined || last === undefined) return []
  const rows = await timeSeries.read({
    measurement: 'energy_meter',
    tags: seriesTags(entity, meterId),
    fields: [...Object.values(ENERGY_METER_FIELDS), 'source'],
    from: first.time,
    to: last.time + HOUR_MS,
  })
  return rows.map(toStoredHour)
}

function toStoredHour({ time, fields }: Row): StoredHour {
  const values = METER_QUANTITIES.flatMap((quantity) => {
    const value = fields[ENERGY_METER_FIELDS[quantity]]
    return typeof value === 'number' ? [[quantity, value] as const] : []
  })
  return { time, values: Object.fromEntries(values), source: typeof fields.source === 'string' ? fields.source : null }
}

function pointsOf(entity: EntityRef, meter: SettledMeter, changes: MeterChanges, fileName: string): Point[] {
  const backwards = new Set(meter.registerBackwards)
  const tags = seriesTags(entity, meter.meterId)
  const toPoint = (row: MeterRow, state: 'measured' | 'corrected'): Point => ({
    measurement: 'energy_meter',
    tags,
    time: row.time,
    fields: {
      ...Object.fromEntries(
        METER_QUANTITIES.map((quantity) => [ENERGY_METER_FIELDS[quantity], row.values[quantity] ?? null]),
      ),
      state,
      reason: backwards.has(row.time) ? 'the register is lower than before: replaced or reset' : null,
      source: fileName,
    },
  })
  return [
    ...changes.added.map((row) => toPoint(row, 'measured')),
    ...changes.corrected.map((row) => toPoint(row, 'corrected')),
  ]
}

/** What became of a file, summed over its parts. */
class Totals {
  #counts: FileCounts = { added: 0, corrected: 0, unchanged: 0, superseded: 0, missing: 0, refused: 0 }
  readonly #refusals: Refusal[] = []
  readonly #warnings = new Set<string>()
  readonly #strange = new Set<string>()
  readonly #touched = new Map<string, { entity: EntityRef; days: Set<string> }>()

  addSettled({ refusals, missingHours, warnings }: SettledFile): void {
    for (const refusal of refusals) this.#refusals.push(refusal)
    for (const warning of warnings) this.#warnings.add(warning)
    this.#counts = { ...this.#counts, missing: this.#counts.missing + missingHours }
  }

  addStrange({ meterId, hours }: SettledMeter, claimants: readonly MeterOwner[]): void {
    this.#strange.add(meterId)
    const names = claimants.map(({ ref, name }) => `${ref.kind} ${name} (${ref.id})`).join(' and ')
    const [code, message] =
      claimants.length === 0
        ? (['unknown-meter', `No house or building has the meter ${meterId}.`] as const)
        : (['meter-claimed-twice', `The meter ${meterId} is claimed by ${names}.`] as const)
    for (const { line, text, time } of hours) this.#refusals.push({ line, text, code, message, meterId, time })
  }

  addChanges(
    entity: EntityRef,
    { added, corrected, unchanged, superseded }: MeterChanges,
    days: readonly string[],
  ): void {
    const counts = this.#counts
    this.#counts = {
      ...counts,
      added: counts.added + added.length,
      corrected: counts.corrected + corrected.length,
      unchanged: counts.unchanged + unchanged,
      superseded: counts.superseded + superseded,
    }
    if (days.length === 0) return
    const key = entityWorkflowId(entity)
    const touched = this.#touched.get(key) ?? { entity, days: new Set<string>() }
    for (const day of days) touched.days.add(day)
    this.#touched.set(key, touched)
  }

  outcome({ inbox, name, revision }: EnergyFile): FileOutcome {
    const touched: TouchedEntity[] = [...this.#touched.values()].map(({ entity, days }) => ({
      entity,
      days: [...days].sort(),
    }))
    return {
      inbox,
      name,
      revision,
      ...this.#counts,
      refused: this.#refusals.length,
      touched: touched.sort((a, b) => (entityWorkflowId(a.entity) < entityWorkflowId(b.entity) ? -1 : 1)),
      refusals: this.#refusals.sort((a, b) => a.line - b.line),
      warnings: [...this.#warnings],
      strangeMeters: [...this.#strange].sort(),
    }
  }
}

/** For the person who looks into `failed/`. */
function reportOf(outcome: FileOutcome, lines: number): string {
  const { name, added, corrected, unchanged, refused, refusals, warnings } = outcome
  const summary =
    lines <= 1 && refused === 0
      ? [`${name}: the file holds no rows.`]
      : [
          `${name}: ${refused} of ${Math.max(0, lines - 1)} lines were not stored.`,
          `${added + corrected} hours were stored, ${unchanged} were stored already.`,
          'The refused lines stand beside this report; mend them and put that file into the inbox.',
        ]
  const reasons = refusals.map(({ line, code, message }) => `line ${line} (${code}): ${message}`)
  return `${[...summary, ...warnings.map((warning) => `note: ${warning}`), '', ...reasons].join('\n')}\n`
}

function rowsOf(header: string, refusals: readonly Refusal[]): string {
  return `${[header, ...refusals.map(({ text }) => text)].join('\n')}\n`
}
