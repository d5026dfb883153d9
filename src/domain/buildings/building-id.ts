/** Ids of buildings as they are made from the names their servers report. */

const LONGEST_ID = 64

/** `TE901 Kvarnen` → `TE901_KVARNEN`; å and ä become A, ö becomes O. Empty when nothing is left of the name. */
export function buildingIdFrom(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replace(/[^A-Z0-9-]+/g, '_')
    .replace(/^[_-]+/, '')
    .slice(0, LONGEST_ID)
    .replace(/[_-]+$/, '')
}
