/** Memories that are asked for by anyone's keys must not grow for ever. */

/** Puts an entry into the map; beyond `maxEntries` the one that was put longest ago is forgotten. */
export function putBounded<K, V>(map: Map<K, V>, key: K, value: V, maxEntries: number): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next()
  if (map.size > maxEntries && !oldest.done) map.delete(oldest.value)
}
