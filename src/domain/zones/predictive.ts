/**
 * The law `predictive`: the setpoint that serves best over the next two hours, with the device's own thermostat playing on the
 * learned model of the room, possibly after a quarter of an hour of more or less. Only what is to be held now is used, and the
 * question is asked anew at the next decision (receding horizon).
 */
import { type RoomOnModel, roomAfter, type ZoneModel } from './model.ts'
import type { Thermostat } from './settings.ts'

const HOUR_MS = 3_600_000
const STEP_HOURS = 1 / 20
const FIRST_STEPS = 5
const HORIZON_STEPS = 40

export interface PredictiveQuestion {
  readonly model: ZoneModel
  /** °C. */
  readonly temperature: number
  readonly heating: boolean
  readonly now: number
  /** What will be wanted at an instant; when not occupied, too warm is no discomfort. */
  readonly wish: (time: number) => { readonly temperature: number; readonly occupied: boolean }
  readonly outdoor: (time: number) => number
  readonly thermostat: Thermostat
  readonly setpointStep: number
  readonly minTemperature: number
  readonly maxTemperature: number
  /** The setpoint in force, °C; moving it costs a little. */
  readonly commanded: number | null
}

/** Setpoints that are tried for the two hours, and for a first quarter of an hour unlike them; relative to the wish, K. */
const LASTING_MOVES = [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5] as const
const FIRST_MOVES = [-1.5, -0.5, 0.5, 1] as const

/** Costs, in K²·h of discomfort: an hour of heating, switching the heater on, writing a setpoint. */
const HEATED_HOUR_COST = 0.05
const SWITCH_COST = 0.01
const WRITE_COST = 0.03
/** How long the deviation at the end of the horizon is thought to last, h. */
const END_WEIGHT_HOURS = 0.5

/** The setpoint to hold now, °C, on the device's raster and within the limits. */
export function predictiveSetpoint(question: PredictiveQuestion): number {
  const { now, wish, commanded, setpointStep } = question
  const wanted = wish(now).temperature
  const horizon = horizonOf(question)
  let best = { cost: Number.POSITIVE_INFINITY, setpoint: wanted }
  for (const lasting of candidates(question, wanted, LASTING_MOVES)) {
    for (const first of [lasting, ...candidates(question, wanted, FIRST_MOVES)]) {
      const moved = commanded === null || Math.abs(first - commanded) >= setpointStep / 2
      const writes = Number(moved) + Number(first !== lasting)
      const cost = costOf(question, horizon, first, lasting - wanted, best.cost - writes * WRITE_COST)
      if (cost + writes * WRITE_COST < best.cost) best = { cost: cost + writes * WRITE_COST, setpoint: first }
    }
  }
  return best.setpoint
}

function candidates(question: PredictiveQuestion, wanted: number, moves: readonly number[]): number[] {
  const { setpointStep, minTemperature, maxTemperature } = question
  const values = moves.map((move) => {
    const onRaster = Number((Math.round((wanted + move) / setpointStep) * setpointStep).toFixed(4))
    return Math.min(maxTemperature, Math.max(minTemperature, onRaster))
  })
  return [...new Set(values)]
}

interface HorizonStep {
  readonly outdoor: number
  readonly wanted: number
  readonly occupied: boolean
}

function horizonOf({ now, wish, outdoor }: PredictiveQuestion): HorizonStep[] {
  return Array.from({ length: HORIZON_STEPS }, (_, index) => {
    const time = now + (index + 1) * STEP_HOURS * HOUR_MS
    const { temperature, occupied } = wish(time)
    return { outdoor: outdoor(time), wanted: temperature, occupied }
  })
}

/** Given up as soon as it cannot be the best any more. */
function costOf(
  { model, temperature, heating, thermostat }: PredictiveQuestion,
  horizon: readonly HorizonStep[],
  first: number,
  lastingMove: number,
  limit: number,
): number {
  let room: RoomOnModel = { temperature, emission: model.emission }
  let on = heating
  let cost = 0
  for (const [index, step] of horizon.entries()) {
    const setpoint = index < FIRST_STEPS ? first : step.wanted + lastingMove
    const { onBelow, offAbove } = thermostat
    const next = on ? room.temperature <= setpoint + offAbove : room.temperature < setpoint - onBelow
    if (next && !on) cost += SWITCH_COST
    on = next
    room = roomAfter(model, room, STEP_HOURS, on ? 1 : 0, step.outdoor)
    const error = room.temperature - step.wanted
    const weight = index === horizon.length - 1 ? STEP_HOURS + END_WEIGHT_HOURS : STEP_HOURS
    if (step.occupied || error < 0) cost += error ** 2 * weight
    if (on) cost += HEATED_HOUR_COST * STEP_HOURS
    if (cost >= limit) return cost
  }
  return cost
}
