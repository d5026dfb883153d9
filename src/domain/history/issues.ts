/** What is to be said about an import, in sentences for an operator. */
import type { FieldCount } from './grid.ts'

export interface ImportFindings {
  readonly counts: Readonly<Record<string, FieldCount>>
  /** Fields the vendor's history has no signal for. */
  readonly missing: readonly string[]
  /** Sentences of the vendor's side. */
  readonly problems: readonly string[]
  /** Steps looked at so far. */
  readonly steps: number
  readonly resolutionMinutes: number
}

/** Without these a house cannot be understood; below this share of the time they are worth a word. */
const CORE_FIELDS = ['outdoor_temperature', 'room_temperature', 'supply_temp', 'return_temp', 'outdoor_temp_fvc']
const CORE_COVERAGE = 0.2

export function importIssues({ counts, missing, problems, steps, resolutionMinutes }: ImportFindings): string[] {
  const issues = missing.length === 0 ? [] : [`the history has no signal for ${missing.join(', ')}`]
  for (const [field, { values, outOfRange = 0, stuck = 0 }] of Object.entries(counts)) {
    if (outOfRange > 0) issues.push(`${field}: ${outOfRange} values outside what is plausible were left out`)
    if (stuck > 0) {
      const hours = Math.round((stuck * resolutionMinutes) / 60)
      issues.push(`${field}: the sensor did not move for ${hours} h, which were left out`)
    }
    if (CORE_FIELDS.includes(field) && steps > 0 && values < CORE_COVERAGE * steps) {
      issues.push(`${field}: covers only ${Math.round((100 * values) / steps)} % of the time`)
    }
  }
  return [...issues, ...problems]
}
