/** Recognises a sensor that has stopped: the same temperature for hours although the room must have changed. */
import type { ZoneModel } from './model.ts'

const HOUR_MS = 3_600_000

/** Small and serialisable. */
export interface SensorState {
  /** The reading that has been repeated, °C, and since when; null before the first one. */
  readonly held: { readonly temperature: number; readonly since: number; readonly last: number } | null
  /** Since when it has been heated without a break within that time; null while it is not. */
  readonly heatedSince: number | null
  /** What the model says the room has changed by since then, K. */
  readonly expectedChange: number
}

export type SensorVerdict = 'ok' | 'suspect' | 'stuck'

export const FRESH_SENSOR: SensorState = { held: null, heatedSince: null, expectedChange: 0 }

export interface SensorSample {
  readonly time: number
  /** °C. */
  readonly temperature: number
  readonly heating: boolean | null
  readonly outdoor: number | null
  readonly model: ZoneModel
}

/** A reading that differs by less than this is the same, K. */
const SAME = 0.005
/** Changes the model may be wrong about, and those it cannot be, K. */
const SUSPECT_CHANGE = 0.5
const STUCK_CHANGE = 1.5
/** Heating without a break must show after three hours, and no room stands still for a day. */
const STUCK_HEATED_HOURS = 3
const STUCK_HOURS = 24
/** A longer silence proves nothing about the time between. */
const LONGEST_GAP_HOURS = 1

/** The state after one more reading. */
export function followSensor(state: SensorState, sample: SensorSample): SensorState {
  const { time, temperature, heating, outdoor, model } = sample
  const { held } = state
  if (held !== null && time <= held.last) return state
  const gap = held === null ? 0 : (time - held.last) / HOUR_MS
  if (held === null || Math.abs(temperature - held.temperature) > SAME || gap > LONGEST_GAP_HOURS) {
    const heatedSince = heating === true ? time : null
    return { held: { temperature, since: time, last: time }, heatedSince, expectedChange: 0 }
  }
  // Where the room would be by now, the loss counted from there: a room that would have settled is not expected to go on.
  const expected =
    model.maturity !== 'learned' || heating === null || outdoor === null
      ? 0
      : gap *
        (model.heatRate * Number(heating) +
          model.gains -
          model.lossRate * (temperature + state.expectedChange - outdoor))
  return {
    held: { ...held, last: time },
    heatedSince: heating === true ? (state.heatedSince ?? time) : null,
    expectedChange: state.expectedChange + expected,
  }
}

/** `suspect`: nothing should be learned from it; `stuck`: it must not steer anything, and is reported. */
export function sensorVerdict({ held, heatedSince, expectedChange }: SensorState): SensorVerdict {
  if (held === null) return 'ok'
  const hours = (held.last - held.since) / HOUR_MS
  const heatedHours = heatedSince === null ? 0 : (held.last - heatedSince) / HOUR_MS
  const change = Math.abs(expectedChange)
  if (hours >= STUCK_HOURS || heatedHours >= STUCK_HEATED_HOURS || (hours >= 1 && change >= STUCK_CHANGE)) {
    return 'stuck'
  }
  return change >= SUSPECT_CHANGE || heatedHours >= STUCK_HEATED_HOURS / 2 ? 'suspect' : 'ok'
}
