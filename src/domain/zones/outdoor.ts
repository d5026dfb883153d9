/** What is known of the weather outside a zone, and whether it is so warm that less heating is enough. */
import { isForecastStale, weatherAt } from '../weather/forecast.ts'
import type { WeatherForecast } from '../weather/record.ts'

const HOUR_MS = 3_600_000
const OUTLOOK_HOURS = 24
/** An older run than this does not even say how cold it is now. */
const OLDEST_FOR_PRESENT_HOURS = 24

export interface OutdoorOutlook {
  /** °C now, measured or from the forecast, be it stale; null when not known. */
  readonly current: number | null
  /** °C now, measured; null when nobody measures. */
  readonly measured: number | null
  /** Hourly forecast, ascending; empty when there is none or it is stale. */
  readonly steps: readonly OutdoorStep[]
}

export interface OutdoorStep {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C. */
  readonly temperature: number
}

export const UNKNOWN_OUTDOOR: OutdoorOutlook = { current: null, measured: null, steps: [] }

/**
 * The next 24 hours from a forecast. A stale run (over three hours old) steers nothing, but still tells the present
 * temperature for a day, where nobody measures it.
 * @param observed °C measured now, null when nobody measures
 */
export function outdoorOutlook(
  forecast: WeatherForecast | undefined,
  now: number,
  observed: number | null = null,
): OutdoorOutlook {
  if (forecast === undefined) return { current: observed, measured: observed, steps: [] }
  const present =
    now - forecast.issuedAt <= OLDEST_FOR_PRESENT_HOURS * HOUR_MS ? weatherAt(forecast, now)?.temperature : null
  const current = observed ?? present ?? null
  if (isForecastStale(forecast, now)) return { current, measured: observed, steps: [] }
  const steps: OutdoorStep[] = []
  for (let hour = 0; hour <= OUTLOOK_HOURS; hour++) {
    const time = now + hour * HOUR_MS
    const temperature = weatherAt(forecast, time)?.temperature ?? null
    if (temperature !== null) steps.push({ time, temperature })
  }
  return { current, measured: observed, steps }
}

/** Outdoor temperature at an instant: linear between the steps, the nearest one outside them; null when nothing is known. */
export function outdoorAt({ current, steps }: OutdoorOutlook, time: number): number | null {
  const index = steps.findIndex((step) => step.time >= time)
  const after = steps[index]
  const before = index < 0 ? steps.at(-1) : steps[index - 1]
  if (after === undefined || before === undefined) return (after ?? before)?.temperature ?? current
  const share = (time - before.time) / (after.time - before.time)
  return before.temperature + share * (after.temperature - before.temperature)
}

/** Mean of the forecast over `hours` from `time`, °C; without one the measured temperature; null when neither is known. */
export function meanOutdoor(outlook: OutdoorOutlook, time: number, hours: number): number | null {
  if (outlook.steps.length === 0) return outlook.measured
  const samples = Math.max(1, Math.round(hours * 2))
  let sum = 0
  for (let index = 0; index <= samples; index++) {
    sum += outdoorAt(outlook, time + (index / samples) * hours * HOUR_MS) ?? Number.NaN
  }
  return sum / (samples + 1)
}

/**
 * The outdoor temperature to count with when it must not be too cold indoors: the forecast, else what is measured, else the
 * colder of the last known present and `usual` (°C), so that nobody waits in a room that is still warming up.
 */
export function cautiousOutdoorAt(outlook: OutdoorOutlook, time: number, usual: number | null): number {
  const known = outlook.steps.length > 0 ? outdoorAt(outlook, time) : outlook.measured
  if (known !== null) return known
  const guesses = [outlook.current, usual].filter((guess) => guess !== null)
  return guesses.length === 0 ? 0 : Math.min(...guesses)
}

/** Once reduced, the mean has to fall this far below the threshold before the reduction ends, K. */
const WARM_HYSTERESIS = 0.5

/**
 * Whether it is warm enough outdoors for a reduction: the forecast mean of the coming hours is strictly above the
 * threshold, with a hysteresis so that the setpoint does not flutter. Unknown weather is not warm.
 */
export function isWarmWeather(
  outlook: OutdoorOutlook,
  time: number,
  { threshold, hours }: { readonly threshold: number; readonly hours: number },
  wasWarm: boolean,
): boolean {
  const mean = meanOutdoor(outlook, time, hours)
  if (mean === null) return false
  return wasWarm ? mean > threshold - WARM_HYSTERESIS : mean > threshold
}
