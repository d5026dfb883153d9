/**
 * The decision of a zone: which setpoint its device should hold now, whether to write it, and why. Order: override, schedule
 * with exceptions or occupancy, pre-heating, warm weather, open window; then the control law, limits, and the dead band.
 */
import { MISSED_CYCLES_ALARM } from '../health.ts'
import { swedishDay } from './clock.ts'
import { afterCommand, nextAttemptAt, sameSetpoint } from './keeping.ts'
import { modelOf } from './model.ts'
import { cautiousOutdoorAt, isWarmWeather, meanOutdoor, type OutdoorOutlook } from './outdoor.ts'
import { LARGEST_TRIM, piTrim } from './pi.ts'
import { predictiveSetpoint } from './predictive.ts'
import { beginPreheat, coastingPeak, type PreheatPlan, planPreheat } from './preheat.ts'
import { problemsOf, type ZoneProblem } from './problems.ts'
import type { ZoneReading } from './reading.ts'
import {
  fullStop,
  limitedText,
  overrideReason,
  preheatReason,
  scheduleReason,
  trimmedText,
  warmWeatherReason,
  windowReason,
  type ZoneReason,
  type ZoneReasonCode,
} from './reason.ts'
import {
  changesBetween,
  nextChange,
  type ScheduleChange,
  type ScheduledSetpoint,
  scheduledSetpoint,
} from './schedule.ts'
import { sensorVerdict } from './sensor.ts'
import type { ControlLaw, ZoneSettings } from './settings.ts'
import type { ZoneState } from './state.ts'
import type { Sentence } from './text.ts'
import { windowEndsBy } from './window.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

export interface ZoneInput {
  /** Epoch milliseconds. */
  readonly now: number
  readonly settings: ZoneSettings
  /** After `observeZone` has taken in the newest reading. */
  readonly state: ZoneState
  /** The newest reading; null when there has been none. */
  readonly reading: ZoneReading | null
  readonly outdoor: OutdoorOutlook
}

/** Why the setpoint is written or not. */
export type ZoneActionCode =
  | 'setpoint_changed'
  | 'trimmed'
  | 'lost_setpoint'
  | 'already_commanded'
  | 'within_dead_band'
  | 'trimmed_recently'
  | 'daily_write_limit'
  | 'backing_off'
  | 'no_reading'
  | 'control_disabled'

export interface ZoneDecision {
  readonly time: number
  /** Temperature wanted in the room, °C, within the limits. */
  readonly target: number
  /** Setpoint the device should hold, °C, within the limits and on its raster. */
  readonly setpoint: number
  readonly write: boolean
  readonly action: ZoneActionCode
  /** What the device holds now as far as is known, °C. */
  readonly previous: number | null
  readonly reasonCode: ZoneReasonCode
  readonly reason: Sentence
  /** The law that was used; `on_off` also where another one could not be. */
  readonly law: ControlLaw
  readonly nextChange: ScheduleChange | null
  /** The next heat-up, or the one under way; null when none is in sight. */
  readonly preheat: PreheatPlan | null
  readonly problems: readonly ZoneProblem[]
  /** To be carried to the next cycle, also when nothing is written. */
  readonly state: ZoneState
}

export function decideZone(input: ZoneInput): ZoneDecision {
  const known = knownOf(input)
  const wanted = wantedTemperature(known)
  const target = within(input.settings, wanted.temperature)
  const law = lawFor(known, wanted)
  const { setpoint, state } = setpointBy(law, known, wanted, target)
  const { write, action, previous } = writing(known, target, setpoint)
  const limited = target === wanted.temperature ? [] : [limitedText(target)]
  const trimmed = Math.abs(setpoint - target) < input.settings.control.setpointStep ? [] : [trimmedText(setpoint)]
  return {
    time: input.now,
    target,
    setpoint,
    write,
    action,
    previous,
    reasonCode: wanted.reason.code,
    reason: fullStop(wanted.reason.text, ...limited, ...trimmed),
    law,
    nextChange: known.change,
    preheat: wanted.preheat,
    problems: problemsOf(state, input.now, known.fresh),
    state,
  }
}

/** The state after the setpoint of a decision was written and acknowledged by the device. */
export function afterWrite({ state, setpoint, target, previous }: ZoneDecision, time: number): ZoneState {
  const day = swedishDay(time)
  return {
    ...state,
    keeping: afterCommand(state.keeping, { time, setpoint, before: previous }),
    commandedTarget: target,
    writes: { day, count: state.writes.day === day ? state.writes.count + 1 : 1 },
  }
}

/** The input with what follows from it directly. */
interface Known extends ZoneInput {
  readonly scheduled: ScheduledSetpoint
  readonly change: ScheduleChange | null
  /** °C, if it can be relied on. */
  readonly temperature: number | null
  readonly fresh: 'none' | 'blind' | 'complete'
  readonly outdoorThen: (time: number) => number
}

function knownOf(input: ZoneInput): Known {
  const { now, settings, reading, outdoor } = input
  const override = input.state.override !== null && input.state.override.until > now ? input.state.override : null
  const state = { ...input.state, override }
  const counts = state.occupancy.counts
  const isFresh = reading !== null && now - reading.time <= oldestReadingMs(settings)
  const temperature = isFresh && sensorVerdict(state.sensor) !== 'stuck' ? reading.temperature : null
  return {
    ...input,
    state,
    temperature,
    fresh: !isFresh ? 'none' : reading.temperature === null ? 'blind' : 'complete',
    scheduled: scheduledSetpoint(settings.schedule, now, counts),
    change: nextChange(settings.schedule, now, counts),
    outdoorThen: (time) => cautiousOutdoorAt(outdoor, time, state.model.outdoorMean),
  }
}

/** As long as a loop that has missed its polls is not in alarm yet. */
function oldestReadingMs({ pollSeconds }: ZoneSettings): number {
  return (MISSED_CYCLES_ALARM * pollSeconds + 20) * 1000
}

interface Wanted {
  /** °C, not limited yet. */
  readonly temperature: number
  readonly reason: ZoneReason
  /** Whether somebody feels it, so that trims are worth their while. */
  readonly felt: boolean
  readonly preheat: PreheatPlan | null
  readonly state: ZoneState
}

function wantedTemperature(known: Known): Wanted {
  const wanted = known.state.override === null ? scheduledWish(known) : overriddenWish(known, known.state.override)
  const { spell } = known.state.window
  if (spell === null || !known.settings.window.enabled) return wanted
  const temperature = Math.min(wanted.temperature, known.settings.minTemperature)
  const endsBy = windowEndsBy(spell, known.settings.window.maxMinutes)
  return {
    ...wanted,
    temperature,
    felt: false,
    reason: windowReason(spell.since, endsBy, temperature, known.now),
  }
}

function overriddenWish({ state, now }: Known, override: NonNullable<ZoneState['override']>): Wanted {
  const { temperature } = override
  return { temperature, felt: true, preheat: null, state, reason: overrideReason(override, temperature, now) }
}

function scheduledWish(known: Known): Wanted {
  const { now, scheduled, change, settings, outdoor } = known
  const { state, plan, active } = preheating(known)
  const warm = isWarmWeather(outdoor, active?.dueAt ?? now, settings.warmWeather, state.warm)
  const next = { ...state, warm }
  if (active !== null && active.target > scheduled.temperature) {
    const reason = preheatReason(active, now)
    // No trims on the way: a heat-up is a heat-up. A law that looks ahead may brake when what the floor holds is enough.
    const felt = settings.control.law === 'predictive' && coastsTo(known, active.target)
    return { temperature: active.target, reason, felt, preheat: active, state: next }
  }
  const { reduction, hours } = settings.warmWeather
  if (scheduled.occupied && warm && reduction > 0) {
    const temperature = scheduled.temperature - reduction
    const mean = meanOutdoor(outdoor, now, hours) ?? Number.NaN
    const reason = warmWeatherReason(mean, hours, reduction, temperature)
    return { temperature, reason, felt: true, preheat: plan, state: next }
  }
  const { temperature } = scheduled
  const reason = scheduleReason(scheduled, change, temperature, now)
  return { temperature, reason, felt: scheduled.occupied, preheat: plan, state: next }
}

/** The next heat-up in sight, and the one that has to be under way now. */
function preheating(known: Known): { state: ZoneState; plan: PreheatPlan | null; active: PreheatPlan | null } {
  const { now, settings, scheduled, state } = known
  let plan: PreheatPlan | null = null
  let active: PreheatPlan | null = null
  let { preheat } = state
  if (!settings.preheat.enabled) return { state, plan, active }
  const horizon = now + settings.preheat.maxHours * HOUR_MS
  for (const { time, setpoint } of changesBetween(settings.schedule, now, horizon, state.occupancy.counts)) {
    const target = within(settings, setpoint.temperature - reductionAt(known, time))
    if (!setpoint.occupied || target <= scheduled.temperature) continue
    const next = planFor(known, time, target)
    plan ??= next
    // Of two decisions the one nearer to the start begins it.
    if (now < next.startAt - settings.controlSeconds * 500 && preheat.begun?.dueAt !== time) continue
    if (active !== null && active.target >= target) continue
    preheat = beginPreheat(preheat, next, now, isLesson(known) ? known.temperature : null)
    active = { ...next, startAt: preheat.begun?.at ?? now }
  }
  return { state: { ...state, preheat }, plan: active ?? plan, active }
}

/** Whether the room would get there with the heater off from now on; never before the lesson of the heat-up is learned. */
function coastsTo({ temperature, state, now, outdoorThen }: Known, target: number): boolean {
  if (temperature === null || state.preheat.episode !== null) return false
  const model = modelOf(state.model)
  return coastingPeak(model, { temperature, emission: model.emission }, outdoorThen(now)) >= target
}

/** A device that is not asked, or does not listen, teaches nothing about its room. */
function isLesson({ settings, fresh, state }: Known): boolean {
  return settings.control.enabled && fresh === 'complete' && state.keeping.notKeepingSince === null
}

function reductionAt({ outdoor, settings, state }: Known, time: number): number {
  return isWarmWeather(outdoor, time, settings.warmWeather, state.warm) ? settings.warmWeather.reduction : 0
}

function planFor({ now, settings, state, temperature, scheduled, outdoorThen }: Known, dueAt: number, target: number) {
  return planPreheat({
    model: modelOf(state.model),
    learned: state.preheat,
    // A zone nobody can measure is taken to be as cold as it may become.
    temperature: temperature ?? scheduled.temperature,
    heldSetpoint: within(settings, scheduled.temperature),
    now,
    target,
    dueAt,
    outdoor: outdoorThen,
    maxHours: settings.preheat.maxHours,
  })
}

/** Trims need a temperature, somebody who feels them, and the predictive law a model that is learned. */
function lawFor({ settings, temperature, state }: Known, { felt }: Wanted): ControlLaw {
  const { law } = settings.control
  if (law === 'on_off' || !felt || temperature === null || state.keeping.notKeepingSince !== null) return 'on_off'
  return law === 'predictive' && modelOf(state.model).maturity !== 'learned' ? 'on_off' : law
}

function setpointBy(
  law: ControlLaw,
  known: Known,
  wanted: Wanted,
  target: number,
): { readonly setpoint: number; readonly state: ZoneState } {
  const { settings, temperature, now } = known
  const { state } = wanted
  if (temperature === null || law === 'on_off') return { setpoint: onRaster(settings, target), state }
  const limits = { lowest: settings.minTemperature - target, highest: settings.maxTemperature - target }
  if (law === 'pi') {
    const { trim, state: pi } = piTrim(state.pi, now, target - temperature, limits)
    return { setpoint: onRaster(settings, target + trim), state: { ...state, pi } }
  }
  const setpoint = predictiveSetpoint({
    model: modelOf(state.model),
    temperature,
    heating: state.heating ?? false,
    now,
    wish: (time) => (time <= now ? { temperature: target, occupied: true } : wishAt(known, wanted, target, time)),
    outdoor: known.outdoorThen,
    thermostat: settings.thermostat,
    setpointStep: settings.control.setpointStep,
    minTemperature: Math.max(settings.minTemperature, target - LARGEST_TRIM),
    maxTemperature: Math.min(settings.maxTemperature, target + LARGEST_TRIM),
    commanded: state.keeping.commanded,
  })
  return { setpoint: onRaster(settings, setpoint), state }
}

/** What will be wanted soon: the present target until the schedule changes, or for as long as it is heated up or overridden. */
function wishAt({ settings, change, state: { override } }: Known, wanted: Wanted, target: number, time: number) {
  if (override !== null && time < override.until) return { temperature: target, occupied: true }
  const heatingUp = wanted.reason.code === 'preheat' && wanted.preheat !== null && time < wanted.preheat.dueAt
  if (heatingUp) return { temperature: target, occupied: false }
  if (change === null || time < change.time) return { temperature: target, occupied: true }
  const { temperature, occupied } = change.setpoint
  return { temperature: within(settings, temperature), occupied }
}

/** 22.2 − 22 is a little less than 0.2. */
const ROUNDING = 1e-6
/** Trims closer together than this are not written. */
const TRIM_INTERVAL_MS = 5 * MINUTE_MS
/** A device whose setpoint cannot be read is told again now and then: it may have been restarted. */
const REPEAT_UNREADABLE_MS = 6 * HOUR_MS

function writing(known: Known, target: number, setpoint: number): Pick<ZoneDecision, 'write' | 'action' | 'previous'> {
  const { now, settings, state, reading } = known
  const { control } = settings
  const { keeping, commandedTarget, writes } = state
  const { commanded, commandedAt } = keeping
  const verifiable =
    reading !== null && (commandedAt === null || reading.time >= commandedAt + control.verifySeconds * 1000)
  const shown = known.fresh !== 'none' && verifiable ? reading.setpoint : null
  const previous = shown ?? commanded
  const hold = (action: ZoneActionCode) => ({ write: false, action, previous })
  if (!control.enabled) return hold('control_disabled')
  if (known.fresh === 'none') return hold('no_reading')
  const attempt = nextAttemptAt(keeping)
  if (attempt !== null && now < attempt) return hold('backing_off')

  const smallest = control.setpointStep / 2
  const moved = commandedTarget === null || Math.abs(target - commandedTarget) >= smallest
  if (commanded === null || commandedAt === null) {
    const right = shown !== null && Math.abs(shown - setpoint) < smallest
    return right ? hold('already_commanded') : { write: true, action: 'setpoint_changed', previous }
  }
  const lost = keeping.outcome === 'lost' && shown !== null && !sameSetpoint(shown, setpoint, control.setpointStep)
  if (lost) return { write: true, action: 'lost_setpoint', previous }
  const difference = Math.abs(setpoint - commanded)
  const forgotten = known.reading?.setpoint === null && now - commandedAt >= REPEAT_UNREADABLE_MS
  if (forgotten) return { write: true, action: 'lost_setpoint', previous }
  if (difference < smallest) return hold('already_commanded')
  if (moved) return { write: true, action: 'setpoint_changed', previous }
  if (difference < control.deadBand - ROUNDING) return hold('within_dead_band')
  if (now - commandedAt < TRIM_INTERVAL_MS) return hold('trimmed_recently')
  const today = writes.day === swedishDay(now) ? writes.count : 0
  if (today >= control.maxWritesPerDay) return hold('daily_write_limit')
  return { write: true, action: 'trimmed', previous }
}

function onRaster(settings: ZoneSettings, temperature: number): number {
  const { setpointStep } = settings.control
  return within(settings, Number((Math.round(temperature / setpointStep) * setpointStep).toFixed(4)))
}

function within({ minTemperature, maxTemperature }: ZoneSettings, temperature: number): number {
  return Math.min(maxTemperature, Math.max(minTemperature, temperature))
}
