/** A merge patch (RFC 7396) that makes one document out of another. */

/**
 * The patch that leaves nothing of `present` but what `wanted` holds. Keys that are not in `present` survive it, which is
 * how a replaced configuration keeps the keys of other programs.
 */
export function replacingPatch(
  present: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const removed = Object.keys(present)
    .filter((key) => !Object.hasOwn(wanted, key))
    .map((key) => [key, null] as const)
  const kept = Object.entries(wanted).map(([key, value]) => {
    const before = Object.hasOwn(present, key) ? present[key] : undefined
    return [key, isObject(before) && isObject(value) ? replacingPatch(before, value) : value] as const
  })
  return Object.fromEntries([...removed, ...kept])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
