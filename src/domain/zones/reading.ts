/** What a zone's device says, and whether it can be true: registers of zeros, words read with the wrong sign, values out of range. */
import { celsius, type Sentence } from './text.ts'

/** Values as decoded from the registers; null or NaN where there is none. Temperatures in °C, flags as 0 and 1. */
export interface DeliveredZone {
  /** When they were read, epoch milliseconds. */
  readonly time: number
  readonly temperature: number | null
  readonly setpoint: number | null
  readonly occupancy: number | null
  readonly heater: number | null
}

/** Only what can be true; null is unknown. */
export interface ZoneReading {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C. */
  readonly temperature: number | null
  readonly setpoint: number | null
  readonly occupied: boolean | null
  readonly heating: boolean | null
}

export interface ReadingFault {
  readonly code: 'zero_filled' | 'temperature_implausible' | 'setpoint_implausible' | 'read_as_unsigned'
  readonly reason: Sentence
}

/** Inclusive, °C: a room may freeze or stand in the sun. */
const ROOM_RANGE = [-30, 60] as const
/** A device has no setpoint outside. */
const SETPOINT_RANGE = [4, 40] as const
/** Two to the sixteenth: what a negative word is too high by when it is read as unsigned. */
const WORD = 65_536

/**
 * @param scale of the temperature register (value = raw × scale), to recognise a negative value read as unsigned
 */
export function judgeReading(
  delivered: DeliveredZone,
  scale = 0.1,
): { readonly reading: ZoneReading; readonly faults: readonly ReadingFault[] } {
  const { time, occupancy, heater } = delivered
  const temperature = numberOrNull(delivered.temperature)
  const setpoint = numberOrNull(delivered.setpoint)
  const flags = { occupied: flagOf(occupancy), heating: flagOf(heater) }
  if (temperature === 0 && setpoint === 0) {
    const reading = { time, temperature: null, setpoint: null, occupied: null, heating: null }
    return { reading, faults: [{ code: 'zero_filled', reason: ZERO_FILLED }] }
  }
  const faults: ReadingFault[] = []
  const trueTemperature = judged(temperature, ROOM_RANGE, scale, 'temperature_implausible', faults)
  const trueSetpoint = judged(setpoint, SETPOINT_RANGE, scale, 'setpoint_implausible', faults)
  return { reading: { time, temperature: trueTemperature, setpoint: trueSetpoint, ...flags }, faults }
}

const ZERO_FILLED: Sentence = {
  sv: 'Temperatur och börvärde är båda noll: enheten har just startat, eller fel registertabell läses.',
  en: 'Temperature and setpoint are both zero: the device has just started, or the wrong table is read.',
}

function judged(
  value: number | null,
  [low, high]: readonly [number, number],
  scale: number,
  code: 'temperature_implausible' | 'setpoint_implausible',
  faults: ReadingFault[],
): number | null {
  if (value === null || (value >= low && value <= high)) return value
  const shown = celsius(value)
  const signed = value - WORD * scale
  if (signed < 0 && signed >= -50) {
    const meant = celsius(signed)
    faults.push({
      code: 'read_as_unsigned',
      reason: {
        sv: `${shown.sv} är troligen ${meant.sv} läst utan tecken: registrets typ bör vara int16.`,
        en: `${shown.en} is probably ${meant.en} read without its sign: the register's type should be int16.`,
      },
    })
    return null
  }
  const subject =
    code === 'temperature_implausible'
      ? { sv: 'Rumstemperaturen', en: 'The room temperature' }
      : { sv: 'Enhetens börvärde', en: "The device's setpoint" }
  faults.push({
    code,
    reason: { sv: `${subject.sv} ${shown.sv} är inte rimlig.`, en: `${subject.en} ${shown.en} cannot be true.` },
  })
  return null
}

/** 1 is yes, anything else is no, as the known devices have it; no value is neither. */
function flagOf(value: number | null): boolean | null {
  return numberOrNull(value) === null ? null : value === 1
}

function numberOrNull(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : value
}
