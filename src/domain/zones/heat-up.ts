/** How long a zone needs to warm up, by its learned model, and how sure that is. */
import { type RoomOnModel, roomAfter, type ZoneModel } from './model.ts'

const HOUR_MS = 3_600_000
const STEP_HOURS = 1 / 12

export interface HeatUpQuestion {
  readonly model: ZoneModel
  /** The room when heating begins. */
  readonly from: RoomOnModel
  /** °C. */
  readonly to: number
  /** When heating begins, epoch milliseconds. */
  readonly start: number
  /** °C outdoors at an instant. */
  readonly outdoor: (time: number) => number
  /** h; nothing longer is looked for. */
  readonly longest: number
}

export interface HeatUp {
  /** h with the heater on throughout; null when the target is not reached within the longest time. */
  readonly hours: number | null
  /** Standard deviation of `hours` from the uncertainty of the model; null with `hours`. */
  readonly sigmaHours: number | null
}

/** The duration alone, h. */
export function heatUpHours(question: HeatUpQuestion): number | null {
  return duration(question, question.model)
}

/** The uncertainty is carried to first order: the derivatives of the duration by the parameters, with their covariance. */
export function heatUp(question: HeatUpQuestion): HeatUp {
  const hours = duration(question, question.model)
  if (hours === null) return { hours: null, sigmaHours: null }
  if (hours === 0) return { hours: 0, sigmaHours: 0 }
  const { model } = question
  const slopes = [
    slope(question, hours, (by) => ({ ...model, heatRate: model.heatRate + by }), step(model, 0)),
    slope(question, hours, (by) => ({ ...model, lossRate: model.lossRate + by }), step(model, 1)),
    slope(question, hours, (by) => ({ ...model, gains: model.gains + by }), step(model, 2)),
  ]
  let variance = 0
  for (const [row, line] of model.covariance.entries()) {
    for (const [column, entry] of line.entries()) variance += (slopes[row] ?? 0) * (slopes[column] ?? 0) * entry
  }
  return { hours, sigmaHours: Math.sqrt(Math.max(0, variance)) }
}

/** A tenth of the standard deviation: small enough to be a derivative, large enough to move the result. */
function step({ covariance }: ZoneModel, index: number): number {
  return Math.max(1e-6, 0.1 * Math.sqrt(covariance[index]?.[index] ?? 0))
}

function slope(question: HeatUpQuestion, hours: number, moved: (by: number) => ZoneModel, by: number): number {
  // The longest time is lifted, so that a target that is only just reached has a slope as well.
  const longer = duration({ ...question, longest: question.longest * 2 }, moved(by))
  const shorter = duration({ ...question, longest: question.longest * 2 }, moved(-by))
  if (longer !== null && shorter !== null) return (longer - shorter) / (2 * by)
  if (longer !== null) return (longer - hours) / by
  return shorter === null ? 0 : (hours - shorter) / by
}

function duration({ from, to, start, outdoor, longest }: HeatUpQuestion, model: ZoneModel): number | null {
  if (from.temperature >= to) return 0
  let room = from
  for (let hours = 0; hours < longest; hours += STEP_HOURS) {
    const next = roomAfter(model, room, STEP_HOURS, 1, outdoor(start + hours * HOUR_MS))
    if (next.temperature >= to) {
      const share = (to - room.temperature) / (next.temperature - room.temperature)
      return Math.min(longest, hours + STEP_HOURS * share)
    }
    room = next
  }
  return null
}
