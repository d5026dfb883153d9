/** Reading JSON nobody vouches for: every helper takes what is there and says null to the rest. */

export type JsonObject = Readonly<Record<string, unknown>>

/** The value itself when it is an object, otherwise an empty one. */
export function asObject(value: unknown): JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonObject) : {}
}

/** The text as it stands; numbers count as text. Null for anything else and for the empty text. */
export function asText(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

/** A finite number; older servers write it as text in their own locale, with a decimal comma. */
export function asNumber(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value.trim().replace(',', '.')) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}
