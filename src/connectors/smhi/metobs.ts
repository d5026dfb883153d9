/**
 * The three shapes of SMHI's observation service (metobs): all stations of an hour, the list of stations, one station's
 * values.
 */
import { z } from 'zod'
import { BadData } from '../errors.ts'
import { numberOrNull } from '../weather-http.ts'
import type { Station } from './stations.ts'

export type Quality = 'G' | 'Y'

export interface Reading {
  /** Epoch milliseconds; the end of the interval for a mean or sum. */
  readonly time: number
  readonly value: number
  /** `G` checked and approved, `Y` suspect or not yet checked; both are published and both are used. */
  readonly quality: Quality | null
}

export interface ListedStation extends Station {
  readonly active: boolean
  /** When the station last delivered, epoch milliseconds; null when the list does not say. */
  readonly updatedAt: number | null
}

/** A station of the hourly collection; its position may be missing and is then looked up in the station list. */
export interface CollectedStation {
  readonly id: string
  readonly station: Station | null
  readonly reading: Reading | null
}

/** Value is text (`"-4.4"`), the date a number of milliseconds. */
const valueSchema = z.object({
  date: z.number(),
  value: z.union([z.string(), z.number()]).nullish(),
  quality: z.unknown().optional(),
})
/** `value` is an empty list or null when nothing was measured. */
const valuesSchema = z.object({ value: z.array(z.unknown()).nullish() })
const stationSchema = z.object({
  key: z.union([z.string(), z.number()]).optional(),
  id: z.union([z.string(), z.number()]).optional(),
  name: z.string().optional(),
  height: z.unknown().optional(),
  latitude: z.unknown().optional(),
  longitude: z.unknown().optional(),
  measuringStations: z.unknown().optional(),
  active: z.unknown().optional(),
  updated: z.unknown().optional(),
  value: z.unknown().optional(),
})
const stationsSchema = z.object({ station: z.array(z.unknown()) })

type StationEntry = z.infer<typeof stationSchema>

/** @throws BadData when the answer is no list of stations. */
export function readCollection(body: unknown): CollectedStation[] {
  return readStationEntries(body).map(({ id, entry }) => ({
    id,
    station: toStation(id, entry),
    reading: newestReading({ value: entry.value }),
  }))
}

/** Stations without a position cannot be near anything and are left out. @throws BadData as above. */
export function readStationList(body: unknown): ListedStation[] {
  return readStationEntries(body).flatMap(({ id, entry }) => {
    const station = toStation(id, entry)
    return station === null
      ? []
      : [{ ...station, active: entry.active !== false, updatedAt: numberOrNull(entry.updated) }]
  })
}

/** The newest value of a `latest-hour` or `latest-day` answer; null when nothing was measured. */
export function newestReading(body: unknown): Reading | null {
  return readSeries(body).reduce<Reading | null>(
    (newest, next) => (newest === null || next.time > newest.time ? next : newest),
    null,
  )
}

/** All values of one station's answer, in its order; empty when nothing was measured. */
export function readSeries(body: unknown): Reading[] {
  const values = valuesSchema.safeParse(body)
  return (values.data?.value ?? []).flatMap((entry) => readValue(entry) ?? [])
}

function readValue(entry: unknown): Reading | undefined {
  const parsed = valueSchema.safeParse(entry)
  if (!parsed.success) return undefined
  const { date, value, quality } = parsed.data
  // Number('') is 0: an empty text would turn into a calm or a freezing point that nobody measured.
  if (value === null || value === undefined || (typeof value === 'string' && value.trim() === '')) return undefined
  const number = Number(value)
  if (!Number.isFinite(number)) return undefined
  return { time: date, value: number, quality: quality === 'G' || quality === 'Y' ? quality : null }
}

function readStationEntries(body: unknown): { id: string; entry: StationEntry }[] {
  const list = stationsSchema.safeParse(body)
  if (!list.success) throw new BadData("SMHI's observations have no list of stations")
  return list.data.station.flatMap((candidate) => {
    const entry = stationSchema.safeParse(candidate)
    const id = entry.data?.key ?? entry.data?.id
    return entry.success && id !== undefined ? [{ id: String(id), entry: entry.data }] : []
  })
}

function toStation(id: string, entry: StationEntry): Station | null {
  const latitude = numberOrNull(entry.latitude)
  const longitude = numberOrNull(entry.longitude)
  if (latitude === null || longitude === null) return null
  return {
    id,
    name: entry.name ?? id,
    latitude,
    longitude,
    height: numberOrNull(entry.height),
    core: entry.measuringStations === 'CORE',
  }
}
