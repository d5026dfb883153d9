/**
 * Optimum start: when a zone has to begin heating so that the scheduled temperature is there when its period begins, and
 * what is learned from having done so. BS EN 15500 / EN 12098 call this optimum start control.
 */
import { type HeatUpQuestion, heatUp, heatUpHours } from './heat-up.ts'
import { type RoomOnModel, roomAfter, type ZoneModel } from './model.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

/** What earlier heat-ups have taught: the ratio of true to predicted duration. Small and serialisable. */
export interface PreheatState {
  readonly ratio: number
  /** Variance of one heat-up's ratio around the mean. */
  readonly ratioVariance: number
  readonly count: number
  readonly episode: PreheatEpisode | null
  /** The due time heating was begun for, and when; it goes on until then, however the estimate moves. */
  readonly begun: { readonly dueAt: number; readonly at: number } | null
}

/** A heat-up that is under way. */
export interface PreheatEpisode {
  /** When the temperature is wanted, epoch milliseconds, and which, °C. */
  readonly dueAt: number
  readonly target: number
  readonly startedAt: number
  readonly startTemperature: number
  /** h until the temperature of the lesson, by the model alone. */
  readonly predictedHours: number
  /** False once anything else had a hand in it (open window, unknown temperature, heater off): nothing is learned. */
  readonly clean: boolean
}

export function initialPreheat(): PreheatState {
  return { ratio: 1, ratioVariance: 0.2 ** 2, count: 0, episode: null, begun: null }
}

export interface PreheatQuestion {
  readonly model: ZoneModel
  readonly learned: PreheatState
  /** °C now, and the setpoint held until heating begins. */
  readonly temperature: number
  readonly heldSetpoint: number
  readonly now: number
  readonly target: number
  readonly dueAt: number
  readonly outdoor: (time: number) => number
  readonly maxHours: number
}

export interface PreheatPlan {
  readonly dueAt: number
  readonly target: number
  /** When to begin, epoch milliseconds; not after `dueAt`. */
  readonly startAt: number
  /** Expected duration and the margin added to it, h. */
  readonly hours: number
  readonly marginHours: number
  /** Until the temperature of the lesson, by the model alone, h; null when there is nothing to be learned. */
  readonly lessonHours: number | null
  /** False when the target is not reached at its time, whatever is done. */
  readonly inTime: boolean
}

/** Nothing that is colder than this below its target needs a heat-up worth the name, K. */
const TOLERANCE = 0.1
/** In 84 of 100 heat-ups (one standard deviation) no more than this is missing when the time comes, K. */
const MARGIN_SIGMAS = 1
const SHORTFALL = 0.15
const SHORTEST_MARGIN_HOURS = 2 / 60
/** However little is known, no more than this is added. */
const LONGEST_MARGIN_HOURS = 0.75

/**
 * When to begin. The zone drifts under the setpoint held until then, so the answer is found by repeating: the later the
 * start, the colder the zone, the longer the heat-up.
 */
export function planPreheat(question: PreheatQuestion): PreheatPlan {
  const { now, dueAt, target, maxHours } = question
  let start = now
  for (let round = 0; round < 4; round++) {
    const hours = expectedHours(question, start)
    const next = Math.max(now, dueAt - hours * HOUR_MS)
    if (Math.abs(next - start) < MINUTE_MS) break
    start = next
  }
  const plan = planFrom(question, start)
  const startAt = Math.max(dueAt - maxHours * HOUR_MS, dueAt - (plan.hours + plan.marginHours) * HOUR_MS)
  const inTime = plan.inTime && start + (plan.hours - LATE_HOURS) * HOUR_MS <= dueAt
  return { ...plan, dueAt, target, inTime, startAt: Math.min(dueAt, startAt) }
}

/** So much later is still called in time, h. */
const LATE_HOURS = 0.25

type Duration = Pick<PreheatPlan, 'hours' | 'marginHours' | 'lessonHours' | 'inTime'>

/** The heat-up that begins at an instant, in the terms of the model. */
function way(question: PreheatQuestion, start: number): HeatUpQuestion {
  const { model, learned, target, outdoor, maxHours } = question
  const from = drift(question, start)
  const to = from.temperature >= target - TOLERANCE ? from.temperature : target
  return { model, from, to, start, outdoor, longest: maxHours / learned.ratio }
}

/** Expected duration of a heat-up that begins at an instant, h; the longest one allowed when it does not get there. */
function expectedHours(question: PreheatQuestion, start: number): number {
  const hours = heatUpHours(way(question, start))
  return hours === null ? question.maxHours : hours * question.learned.ratio
}

/** The same with its margin. */
function planFrom(question: PreheatQuestion, start: number): Duration {
  const { model, learned, target, outdoor, maxHours } = question
  const asked = way(question, start)
  const { hours, sigmaHours } = heatUp(asked)
  if (hours === null || sigmaHours === null) {
    return { hours: maxHours, marginHours: 0, lessonHours: null, inTime: false }
  }
  if (hours === 0) return { hours: 0, marginHours: 0, lessonHours: null, inTime: true }
  const sigma = Math.hypot(sigmaHours * learned.ratio, hours * Math.sqrt(learned.ratioVariance))
  const { heatRate, gains, lossRate } = model
  const rateAtTarget = heatRate + gains - lossRate * (target - outdoor(start + hours * HOUR_MS))
  const forgiven = rateAtTarget > 0 ? SHORTFALL / rateAtTarget : 0
  const margin = MARGIN_SIGMAS * sigma - forgiven
  const marginHours = Math.min(LONGEST_MARGIN_HOURS, Math.max(SHORTEST_MARGIN_HOURS, margin))
  const lesson = lessonTarget(target)
  const lessonHours = lesson - asked.from.temperature < SMALLEST_LESSON_K ? null : heatUpHours({ ...asked, to: lesson })
  return { hours: hours * learned.ratio, marginHours, lessonHours, inTime: true }
}

/** The warmest a room becomes within an hour when its heater goes off now, °C. */
export function coastingPeak(model: ZoneModel, room: RoomOnModel, outdoor: number): number {
  let peak = room.temperature
  let current = room
  for (let minute = 0; minute < 60; minute += 5) {
    current = roomAfter(model, current, 1 / 12, 0, outdoor)
    peak = Math.max(peak, current.temperature)
  }
  return peak
}

/** The zone at a later instant, falling freely until the device holds the setpoint. */
function drift({ model, temperature, heldSetpoint, now, outdoor }: PreheatQuestion, until: number): RoomOnModel {
  let room: RoomOnModel = { temperature, emission: model.emission }
  const step = 0.25
  for (let time = now; time < until; time += step * HOUR_MS) {
    const hours = Math.min(step, (until - time) / HOUR_MS)
    const free = roomAfter(model, room, hours, 0, outdoor(time))
    const held = Math.min(room.temperature, heldSetpoint)
    room = { temperature: Math.max(free.temperature, held), emission: free.emission }
  }
  return room
}

/**
 * The state once heating for a plan has begun; the same state when it had begun already.
 * @param temperature °C from which a lesson begins; null when there is nothing to be learned from this one
 */
export function beginPreheat(
  state: PreheatState,
  plan: PreheatPlan,
  now: number,
  temperature: number | null,
): PreheatState {
  if (state.begun?.dueAt === plan.dueAt) return state
  const episode =
    temperature === null || plan.lessonHours === null
      ? null
      : {
          dueAt: plan.dueAt,
          target: plan.target,
          startedAt: now,
          startTemperature: temperature,
          predictedHours: plan.lessonHours,
          clean: true,
        }
  return { ...state, begun: { dueAt: plan.dueAt, at: now }, episode }
}

/** Weight of the newest heat-up once there have been several; the first ones count more. */
const NEWEST_WEIGHT = 0.2
const RATIO_BOUNDS = [0.6, 1.8] as const
/** Heat-ups shorter or smaller than this say little. */
const SHORTEST_LESSON_HOURS = 0.25
const SMALLEST_LESSON_K = 0.5
/** How long after its time a heat-up is given up, h. */
const LATEST_LESSON_HOURS = 3
const SMALLEST_RATIO_SIGMA = 0.02

/** Where the lesson of a heat-up ends: the last half kelvin belongs to the control law, which may brake. */
export function lessonTarget(target: number): number {
  return target - 0.5
}

/** The device may take this long to begin, h. */
const SLOWEST_START_HOURS = 1 / 6

/** What a heat-up under way has come to, at a reading: learned from when the temperature of the lesson is reached. */
export function followEpisode(
  state: PreheatState,
  {
    time,
    temperature,
    heating,
    disturbed,
  }: {
    readonly time: number
    readonly temperature: number | null
    readonly heating: boolean | null
    readonly disturbed: boolean
  },
): PreheatState {
  const { episode } = state
  if (episode === null) return state
  const idle = heating === false && time - episode.startedAt > SLOWEST_START_HOURS * HOUR_MS
  const reached = temperature !== null && temperature >= lessonTarget(episode.target)
  const clean = episode.clean && !disturbed && temperature !== null && (reached || !idle)
  const givenUp = time > episode.dueAt + LATEST_LESSON_HOURS * HOUR_MS
  if (!reached && !givenUp) return clean === episode.clean ? state : { ...state, episode: { ...episode, clean } }
  const useful = clean && reached && episode.predictedHours >= SHORTEST_LESSON_HOURS
  const hours = (time - episode.startedAt) / HOUR_MS
  return { ...(useful ? withLesson(state, hours / episode.predictedHours) : state), episode: null }
}

function withLesson(state: PreheatState, observed: number): PreheatState {
  const [low, high] = RATIO_BOUNDS
  const ratio = Math.min(high, Math.max(low, observed))
  const weight = Math.max(NEWEST_WEIGHT, 1 / (state.count + 2))
  const error = ratio - state.ratio
  const variance = (1 - weight) * (state.ratioVariance + weight * error ** 2)
  return {
    ...state,
    ratio: state.ratio + weight * error,
    ratioVariance: Math.max(SMALLEST_RATIO_SIGMA ** 2, variance),
    count: state.count + 1,
  }
}
