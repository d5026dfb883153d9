/**
 * Finds the configured signals of a building among what its server lists. Ids are register numbers: after a rebuild of
 * the site's database one may be gone, or mean another signal, so the name has the last word.
 */

export interface WantedSignal {
  readonly id: string
  /** Without a name the id alone decides. */
  readonly name?: string
}

export interface ListedSignal {
  readonly id: string
  readonly name: string
}

export interface FoundSignal<T extends ListedSignal> {
  readonly wanted: WantedSignal
  /** Undefined when the server lists no such signal. */
  readonly signal: T | undefined
  /** True when the signal has another id than the one configured. */
  readonly moved: boolean
}

/** One result per wanted signal, in their order. Names are compared with composed letters. */
export function findSignals<T extends ListedSignal>(
  wanted: readonly WantedSignal[],
  listed: readonly T[],
): FoundSignal<T>[] {
  const byId = new Map(listed.map((signal) => [signal.id, signal]))
  const byName = new Map(listed.map((signal) => [signal.name.normalize('NFC'), signal]))
  return wanted.map((want) => {
    const sameId = byId.get(want.id)
    const name = want.name?.normalize('NFC')
    if (name === undefined || sameId?.name.normalize('NFC') === name) {
      return { wanted: want, signal: sameId, moved: false }
    }
    const sameName = byName.get(name)
    return { wanted: want, signal: sameName, moved: sameName !== undefined }
  })
}
