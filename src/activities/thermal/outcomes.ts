/** What became of issued indoor forecasts: compared with the readings once their time has come, and read back. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import type { FieldValue, Point, TimeSeriesStore } from '../../store/timeseries/port.ts'
import type { Outcome } from './house-models.ts'
import type { TimeRange } from './house-samples.ts'

const HOUR_MS = 3_600_000
const STEP_MS = HOUR_MS / 4
/** After a standstill, forecasts this old are still compared. */
const LOOK_BACK_MS = 72 * HOUR_MS
const LONGEST_LEAD_MS = 48 * HOUR_MS
/** A reading this old still stands for the room at the issue, as when forecasts are issued. */
const STALE_MS = 3 * HOUR_MS

type Store = Pick<TimeSeriesStore, 'read' | 'write'>

/** Compares what can be compared and has not been yet. @returns how many @param now epoch milliseconds */
export async function scoreDueForecasts(timeSeries: Store, house: string, now: number): Promise<number> {
  const tags = { [ENTITY_TAG.house]: house }
  const range = { from: now - LOOK_BACK_MS, to: now - STEP_MS }
  const [foreseen, scored] = await Promise.all([
    timeSeries.read({
      measurement: 'temperature_forecast',
      tags,
      fields: ['indoor_temp', 'indoor_temp_q10', 'indoor_temp_q90', 'issued_at', 'model_version'],
      ...range,
    }),
    timeSeries.read({ measurement: 'forecast_accuracy', tags, fields: ['actual'], ...range }),
  ])
  const done = new Set(scored.map(({ time, tags: { lead_time_hours } }) => `${lead_time_hours} ${time}`))
  const waiting = foreseen.filter(({ time, tags: { lead_time_hours } }) => !done.has(`${lead_time_hours} ${time}`))
  if (waiting.length === 0) return 0
  const rooms = await readRooms(timeSeries, tags, {
    from: range.from - LONGEST_LEAD_MS - STALE_MS,
    to: now,
  })
  const points = waiting.flatMap(({ time, tags: own, fields }): Point[] => {
    const { indoor_temp: predicted, indoor_temp_q10: low, indoor_temp_q90: high, issued_at: issuedAt } = fields
    const now = rooms.get(quarterOf(time))
    if (now?.room == null || typeof predicted !== 'number' || typeof issuedAt !== 'number') return []
    const actual = now.room
    const inside = typeof low === 'number' && typeof high === 'number' ? actual >= low && actual <= high : null
    return [
      {
        measurement: 'forecast_accuracy',
        tags: { ...tags, lead_time_hours: own.lead_time_hours ?? '' },
        time,
        fields: {
          predicted,
          actual,
          error: actual - predicted,
          persistence: roomAt(rooms, issuedAt * 1000),
          outdoor: now.outdoor,
          covered: inside === null ? null : inside ? 1 : 0,
          issued_at: issuedAt,
          model_version: fields.model_version ?? null,
        },
      },
    ]
  })
  if (points.length > 0) await timeSeries.write(points)
  return points.length
}

interface Quarter {
  readonly room: number | null
  readonly outdoor: number | null
}

async function readRooms(timeSeries: Store, tags: Record<string, string>, range: TimeRange) {
  const rows = await timeSeries.read({
    measurement: 'heating_system',
    tags,
    fields: ['room_temperature', 'outdoor_temperature'],
    ...range,
    every: '15m',
    aggregate: 'mean',
  })
  return new Map<number, Quarter>(
    rows.map(({ time, fields }) => [
      time,
      { room: numberOf(fields.room_temperature), outdoor: numberOf(fields.outdoor_temperature) },
    ]),
  )
}

function quarterOf(time: number): number {
  return Math.floor(time / STEP_MS) * STEP_MS
}

function roomAt(rooms: ReadonlyMap<number, Quarter>, time: number): number | null {
  for (let quarter = quarterOf(time); quarter >= time - STALE_MS; quarter -= STEP_MS) {
    const room = rooms.get(quarter)?.room
    if (room != null) return room
  }
  return null
}

/** Outcomes of a stretch, ascending in time. */
export async function readOutcomes(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  house: string,
  range: TimeRange,
): Promise<Outcome[]> {
  const rows = await timeSeries.read({
    measurement: 'forecast_accuracy',
    tags: { [ENTITY_TAG.house]: house },
    fields: ['predicted', 'actual', 'persistence', 'covered', 'model_version'],
    ...range,
  })
  return rows.flatMap(({ time, tags: { lead_time_hours }, fields }) => {
    const { predicted, actual, persistence, covered, model_version: version } = fields
    if (typeof predicted !== 'number' || typeof actual !== 'number' || typeof persistence !== 'number') return []
    const leadHours = Number(lead_time_hours)
    const known = typeof version === 'string' ? version : null
    return [{ leadHours, time, predicted, actual, persistence, covered: covered === 1, version: known }]
  })
}

function numberOf(value: FieldValue | undefined): number | null {
  return typeof value === 'number' ? value : null
}
