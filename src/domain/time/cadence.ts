/**
 * When the next cycle of a loop is due: aligned to the clock, each entity at its own phase so that the fleet is spread.
 */

/** FNV-1a, 32 bit: stable across processes and versions, which keeps an entity's phase for ever. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index)
    hash = Math.imul(hash, 0x01000193)
  }
  return hash >>> 0
}

/** Offset of an entity inside its poll interval, whole seconds in `[0, intervalSeconds)`. */
export function phaseSeconds(entityId: string, intervalSeconds: number): number {
  // The upper bits are mixed in because ids of one fleet differ in their last digits only.
  const hash = hash32(entityId)
  return ((hash ^ (hash >>> 15)) >>> 0) % intervalSeconds
}

/**
 * The first due time strictly after `now`.
 * @param now epoch milliseconds
 * @returns epoch milliseconds, a whole second
 */
export function nextDue(now: number, intervalSeconds: number, phase: number): number {
  const interval = intervalSeconds * 1000
  const offset = phase * 1000
  return Math.floor((now - offset) / interval + 1) * interval + offset
}

/** Refused credentials are tried again at one, two, four ... intervals and never less than once an hour. */
export function refusedCredentialsDelay(consecutiveRefusals: number, intervalSeconds: number): number {
  const doublings = Math.min(Math.max(consecutiveRefusals - 1, 0), 12)
  return Math.min(intervalSeconds * 2 ** doublings, 3600) * 1000
}
