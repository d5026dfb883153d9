/** When somebody is in a room: habits of a household, a little different every day, the same for the same seed. */
import { between, uniform } from '../physics/noise.ts'

/** A usual stay; `to` may lie beyond 24 for one that ends on the next day. Hours of Swedish normal time. */
export interface Habit {
  readonly days: 'all' | 'workdays' | 'weekend'
  readonly from: number
  readonly to: number
  /** How often it takes place, 0 to 1. */
  readonly chance: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Swedish normal time all year: people here do not move their clocks. */
const ZONE_OFFSET_MS = HOUR_MS
/** How much earlier or later than usual a stay begins and ends, hours. */
const WHIM_HOURS = 0.4
const CHANNEL = { chance: 601, from: 602, to: 603 } as const

/** Whether the room is occupied. A pure function of its arguments. */
export function isOccupied(seed: number, habits: readonly Habit[], epochMs: number): boolean {
  const day = Math.floor((epochMs + ZONE_OFFSET_MS) / DAY_MS)
  const hour = ((epochMs + ZONE_OFFSET_MS) % DAY_MS) / HOUR_MS
  return habits.some(
    (habit, index) => stays(seed, habit, index, day, hour) || stays(seed, habit, index, day - 1, hour + 24),
  )
}

function stays(seed: number, habit: Habit, index: number, day: number, hour: number): boolean {
  if (!takesPlaceOn(habit, day) || uniform(seed, CHANNEL.chance, day, index) >= habit.chance) return false
  const whim = (channel: number) => between(-WHIM_HOURS, WHIM_HOURS, seed, channel, day * 16 + index)
  return hour >= habit.from + whim(CHANNEL.from) && hour < habit.to + whim(CHANNEL.to)
}

/** The first day of the epoch was a Thursday. */
function takesPlaceOn({ days }: Habit, day: number): boolean {
  if (days === 'all') return true
  const weekday = (day + 4) % 7
  const isWeekend = weekday === 0 || weekday === 6
  return (days === 'weekend') === isWeekend
}
