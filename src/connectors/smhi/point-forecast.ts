/** The answer of SMHI's snow1g point forecast, read into the one internal record. */
import { z } from 'zod'
import type { WeatherForecast, WeatherRecord } from '../../domain/weather/record.ts'
import { BadData } from '../errors.ts'
import { numberOrNull, parseUtc, within } from '../weather-http.ts'

const HOUR_MS = 3_600_000

/**
 * Stands for "missing" in every field. (`precipitation_frozen_part` has a second code, -9 for "no precipitation"; it is
 * not read.)
 */
const MISSING = 9999

/** Fields come and go between versions of the category, so a step needs only its time and a temperature. */
const stepSchema = z.object({
  time: z.string(),
  intervalParametersStartTime: z.unknown().optional(),
  data: z.looseObject({ air_temperature: z.number().nullable() }),
})
const answerSchema = z.object({
  referenceTime: z.unknown().optional(),
  createdTime: z.unknown().optional(),
  geometry: z.unknown().optional(),
  timeSeries: z.array(z.unknown()),
})
const geometrySchema = z.object({ coordinates: z.tuple([z.number(), z.number()]).rest(z.number()) })

type Step = z.infer<typeof stepSchema>

/**
 * @param fetchedAt epoch milliseconds
 * @throws BadData when there is no reference time or no usable step.
 */
export function readPointForecast(body: unknown, fetchedAt: number): WeatherForecast {
  const answer = answerSchema.safeParse(body)
  if (!answer.success) throw new BadData("SMHI's point forecast has no time series")
  const issuedAt = parseUtc(answer.data.referenceTime) ?? parseUtc(answer.data.createdTime)
  if (issuedAt === undefined) throw new BadData("SMHI's point forecast does not say which run it is from")
  const steps = readSteps(answer.data.timeSeries)
  if (steps.length === 0) throw new BadData("SMHI's point forecast has no step with a time and a temperature")
  return { source: 'smhi', issuedAt, fetchedAt, gridPoint: readGridPoint(answer.data.geometry), steps }
}

/** A step that cannot be read is left out: readers go by time, so it becomes a longer way to the next one. */
function readSteps(timeSeries: readonly unknown[]): WeatherRecord[] {
  const byTime = new Map<number, Step>()
  for (const entry of timeSeries) {
    const step = stepSchema.safeParse(entry)
    const validAt = step.success ? parseUtc(step.data.time) : undefined
    if (step.success && validAt !== undefined) byTime.set(validAt, step.data)
  }
  const ascending = [...byTime].sort(([a], [b]) => a - b)
  return ascending.map(([validAt, step], i) =>
    toRecord(validAt, stepStart(validAt, step, ascending[i - 1]?.[0], ascending[i + 1]?.[0]), step),
  )
}

/**
 * Start of the interval that ends at `validAt`. Some answers have given the interval's start as equal to its end; then
 * the step before, or for the first step the length of the next one, tells.
 */
function stepStart(validAt: number, step: Step, before: number | undefined, after: number | undefined): number {
  const stated = parseUtc(step.intervalParametersStartTime)
  if (stated !== undefined && stated < validAt) return stated
  if (before !== undefined) return before
  return after === undefined ? validAt - HOUR_MS : validAt - (after - validAt)
}

function toRecord(validAt: number, start: number, { data }: Step): WeatherRecord {
  const value = (name: string): number | null => {
    const number = numberOrNull(data[name])
    return number === MISSING ? null : number
  }
  return {
    validAt,
    stepHours: (validAt - start) / HOUR_MS,
    temperature: value('air_temperature'),
    windSpeed: value('wind_speed'),
    windGust: value('wind_speed_of_gust'),
    windDirection: value('wind_from_direction'),
    relativeHumidity: value('relative_humidity'),
    // Octas in spite of the name.
    cloudOctas: within(value('cloud_area_fraction'), 0, 8),
    globalIrradiance: null,
    precipitationMm: value('precipitation_amount_mean') ?? value('precipitation_amount_mean_deterministic'),
  }
}

function readGridPoint(geometry: unknown): WeatherForecast['gridPoint'] {
  const point = geometrySchema.safeParse(geometry)
  if (!point.success) return null
  const [longitude, latitude] = point.data.coordinates
  return { latitude, longitude }
}
