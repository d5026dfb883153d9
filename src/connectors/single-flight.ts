/**
 * A small memory in front of a shared source: concurrent askers of one key share one fetch, later ones its answer until
 * it expires.
 */
import { putBounded } from './bounded-map.ts'

export interface SharedFetchOptions {
  /** How long an answer is reused, milliseconds; 0 shares only fetches under way. */
  readonly ttlMs: number
  /** The oldest answers are forgotten beyond this number of keys. */
  readonly maxEntries: number
  readonly now: () => number
}

export interface SharedFetch<T> {
  get(key: string, load: () => Promise<T>): Promise<T>
}

/** Failures are shared by those who wait for them and then forgotten: the next caller tries again. */
export function createSharedFetch<T>({ ttlMs, maxEntries, now }: SharedFetchOptions): SharedFetch<T> {
  const answers = new Map<string, { readonly value: T; readonly expiresAt: number }>()
  const underWay = new Map<string, Promise<T>>()

  async function fetchOnce(key: string, load: () => Promise<T>): Promise<T> {
    try {
      const value = await load()
      if (ttlMs > 0) putBounded(answers, key, { value, expiresAt: now() + ttlMs }, maxEntries)
      return value
    } finally {
      underWay.delete(key)
    }
  }

  return {
    get(key, load) {
      const known = answers.get(key)
      if (known !== undefined && now() < known.expiresAt) return Promise.resolve(known.value)
      const waiting = underWay.get(key)
      if (waiting !== undefined) return waiting
      const fetching = fetchOnce(key, load)
      underWay.set(key, fetching)
      return fetching
    },
  }
}
