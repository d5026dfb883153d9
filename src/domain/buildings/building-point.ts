/** What a poll of a building leaves in the time series: its configured signals under their field names. */
import { fieldNameFrom } from './field-names.ts'

/** A configured signal as far as naming and plausibility go. */
export interface ConfiguredSignal {
  /** Null = made from the signal's name. */
  readonly fieldName: string | null
  /** Live values below this are a dead sensor's; null or undefined = no limit. */
  readonly minimum?: number | null | undefined
}

/** Field a signal is stored under; null when neither the configuration nor its name gives one. */
export function fieldOf(signalName: string, { fieldName }: ConfiguredSignal): string | null {
  return fieldName ?? fieldNameFrom(signalName)
}

/** Arrigo reports float32 values; four decimals are all that is in them. */
export function storedAnalog(value: number | null, { minimum }: ConfiguredSignal): number | null {
  if (value === null || !Number.isFinite(value)) return null
  if (minimum !== null && minimum !== undefined && value < minimum) return null
  return Math.round(value * 10_000) / 10_000
}

const ON_STATES = new Set(['on', 'true', '1', 'till', 'drift'])
const OFF_STATES = new Set(['off', 'false', '0', 'från', 'stopp'])

/** A digital state as 1 or 0; null for a text that is neither, which is not guessed at. */
export function storedDigital(state: string | null): number | null {
  const word = state?.trim().toLowerCase().normalize('NFC') ?? ''
  if (ON_STATES.has(word)) return 1
  return OFF_STATES.has(word) ? 0 : null
}
