/** When an inertia test can be run: hours that are cold enough, even, calm and without sun, as the forecast has them. */
import type { WeatherForecast } from '../control/decision.ts'

const HOUR_MS = 3_600_000
/** Windows are looked for at this distance. */
const LOOK_EVERY_MS = HOUR_MS / 2
/** How far ahead a test may be planned, h: the next night, whatever the time of the day. */
const FARTHEST_START_HOURS = 30

/** With less than this the house hardly cools down, K below the room target. */
const LEAST_COLD_K = 10
/** Largest difference between the coldest and the mildest hour, K. */
const LARGEST_SWING_K = 5
/** m/s. */
const STRONGEST_WIND = 7
/** What the night and thick cloud at dusk have, W/m². */
const MOST_SUN = 30

export interface TestWindow {
  /** Epoch milliseconds. */
  readonly startAt: number
  readonly endAt: number
  /** Outdoor temperature foreseen, °C. */
  readonly coldest: number
  readonly mildest: number
}

export interface WindowWish {
  /** Epoch milliseconds. */
  readonly now: number
  readonly hours: number
  readonly earliest: number | null
  /** Room target, °C. */
  readonly setpoint: number
  /** Take the earliest window whatever its weather. */
  readonly force: boolean
}

/** @returns the first window whose weather is right, or a sentence why there is none */
export function chooseWindow(forecast: WeatherForecast, wish: WindowWish): TestWindow | { readonly refused: string } {
  const { now, hours, earliest, force } = wish
  const first = Math.max(now, earliest ?? now)
  const starts = force ? [first] : startsFrom(first, now + FARTHEST_START_HOURS * HOUR_MS)
  let nearest: readonly string[] | null = null
  for (const startAt of starts) {
    const window = windowAt(forecast, startAt, startAt + hours * HOUR_MS)
    if (window === null) continue
    const faults = force ? [] : faultsIn(forecast, window, wish)
    if (faults.length === 0) return window
    if (nearest === null || faults.length < nearest.length) nearest = faults
  }
  if (nearest === null) return { refused: 'the weather forecast does not reach to the end of the test' }
  return { refused: `no ${hours} hours of the coming night are fit for a test: ${nearest.join(', ')}` }
}

function startsFrom(first: number, last: number): number[] {
  const count = Math.max(1, Math.floor((last - first) / LOOK_EVERY_MS) + 1)
  return Array.from({ length: count }, (_, index) => first + index * LOOK_EVERY_MS)
}

function windowAt({ points }: WeatherForecast, startAt: number, endAt: number): TestWindow | null {
  const [firstPoint] = points
  const last = points.at(-1)
  if (firstPoint === undefined || last === undefined || last.time < endAt || firstPoint.time > startAt) return null
  const outdoors = within(points, startAt, endAt).map(({ outdoor }) => outdoor)
  return { startAt, endAt, coldest: Math.min(...outdoors), mildest: Math.max(...outdoors) }
}

/** The points of a stretch and one to either side of it: a short stretch lies between two. */
function within<T extends { readonly time: number }>(points: readonly T[], from: number, to: number): T[] {
  return points.filter(
    ({ time }, index) =>
      (time >= from && time <= to) ||
      (time < from && (points[index + 1]?.time ?? 0) > from) ||
      (time > to && (points[index - 1]?.time ?? Number.POSITIVE_INFINITY) < to),
  )
}

function faultsIn(forecast: WeatherForecast, window: TestWindow, { setpoint }: WindowWish): string[] {
  const { startAt, endAt, coldest, mildest } = window
  const points = within(forecast.points, startAt, endAt)
  const wind = Math.max(...points.map((point) => point.wind ?? 0))
  const sun = Math.max(...points.map((point) => point.irradiance ?? 0))
  return [
    ...(mildest > setpoint - LEAST_COLD_K ? [`it becomes ${mildest.toFixed(1)} °C outdoors`] : []),
    ...(mildest - coldest > LARGEST_SWING_K
      ? [`the outdoor temperature moves by ${(mildest - coldest).toFixed(1)} K`]
      : []),
    ...(wind > STRONGEST_WIND ? [`the wind reaches ${wind.toFixed(0)} m/s`] : []),
    ...(sun > MOST_SUN ? ['the sun shines'] : []),
  ]
}
