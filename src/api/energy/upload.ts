/** Energy that a person uploads as a CSV: read, compared with what is stored, and stored where it differs. */
import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { parse } from 'csv-parse/sync'
import { noteDays } from '../../activities/energy/due-days.ts'
import { BadData } from '../../connectors/errors.ts'
import { ENTITY_TAG, type EntityRef } from '../../domain/entity.ts'
import { readUpload, type UploadedHour, type UploadProblem } from '../../domain/meters/upload.ts'
import { dayLabel } from '../../domain/time/day.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'

const HOUR_MS = 3_600_000
/** Two amounts this close are the same, kWh. */
const SAME_KWH = 0.0005
/** A few milliseconds of a process that has other requests to answer. */
const POINTS_PER_WRITE = 500

export interface UploadOutcome {
  /** Usable hours of the file. */
  readonly hours: number
  /** Start of the first and end of the last of them, epoch milliseconds; null when there are none. */
  readonly from: number | null
  readonly to: number | null
  readonly kwh: number
  /** Swedish days at the end of the file that held zeros only, and were left out. */
  readonly trimmedDays: number
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly problems: readonly UploadProblem[]
}

export interface UploadDependencies {
  readonly timeSeries: Pick<TimeSeriesStore, 'read' | 'write'>
  readonly application: Pick<ApplicationStore, 'putDocument'>
  readonly now: () => number
}

/** @throws BadData when the file is no table at all */
export async function storeUpload(
  { timeSeries, application, now }: UploadDependencies,
  entity: EntityRef,
  file: Uint8Array,
  { dryRun }: { readonly dryRun: boolean },
): Promise<UploadOutcome> {
  const { hours, problems, trimmedDays } = readUpload(cellsOf(file), now())
  const tags = { [ENTITY_TAG[entity.kind]]: entity.id, energy_type: 'fjv_total' }
  const [first, last] = [hours[0], hours.at(-1)]
  const nothing = { hours: 0, from: null, to: null, kwh: 0, added: 0, changed: 0, unchanged: 0 }
  if (first === undefined || last === undefined) return { ...nothing, trimmedDays, problems }

  const range = { from: first.time, to: last.time + HOUR_MS }
  const stored = await timeSeries.read({ measurement: 'energy_consumption', tags, fields: ['value'], ...range })
  const known = new Map(stored.map(({ time, fields }) => [time, fields.value]))
  const added = hours.filter(({ time }) => typeof known.get(time) !== 'number')
  const changed = hours.filter(({ time, kwh }) => {
    const before = known.get(time)
    return typeof before === 'number' && Math.abs(before - kwh) > SAME_KWH
  })
  const different = [...added, ...changed]
  if (!dryRun && different.length > 0) {
    // First, so that the days are split again whatever happens after.
    await noteDays(application, entity, [...new Set(different.map(({ time }) => dayLabel(time)))].sort())
    await writeHours(timeSeries, tags, different)
  }
  return {
    hours: hours.length,
    ...range,
    kwh: hours.reduce((sum, { kwh }) => sum + kwh, 0),
    trimmedDays,
    added: added.length,
    changed: changed.length,
    unchanged: hours.length - different.length,
    problems,
  }
}

async function writeHours(
  timeSeries: Pick<TimeSeriesStore, 'write'>,
  tags: Readonly<Record<string, string>>,
  hours: readonly UploadedHour[],
): Promise<void> {
  for (let at = 0; at < hours.length; at += POINTS_PER_WRITE) {
    await timeSeries.write(
      hours.slice(at, at + POINTS_PER_WRITE).map(({ time, kwh }) => ({
        measurement: 'energy_consumption',
        tags,
        time,
        fields: { value: kwh, source: 'upload' },
      })),
    )
    await setImmediate()
  }
}

function cellsOf(file: Uint8Array): string[][] {
  try {
    return parse(textOf(file), { delimiter: ';', bom: true, relaxColumnCount: true })
  } catch (error) {
    throw new BadData(`this is no CSV with ";" between its cells: ${error instanceof Error ? error.message : error}`)
  }
}

/** Portals write UTF-8 or, older ones, Latin-1; spreadsheets UTF-16 with its mark. */
function textOf(file: Uint8Array): string {
  const [first, second] = file
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(file)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(file)
  return new TextDecoder(isUtf8(file) ? 'utf-8' : 'windows-1252').decode(file)
}
