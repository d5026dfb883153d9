/** Names of building signals: `<controller>.<variable>`, such as `HEM_Kontor1.AI_VS1_GT_TILL_1_Output`. */

export interface SignalName {
  /** Empty when the name has no dot. */
  readonly controller: string
  /** After the first dot, more dots included; the whole name when there is none. */
  readonly variable: string
}

/** Splits a name at its first dot, after composing its letters: `å` may arrive as one character or as two. */
export function splitSignalName(name: string): SignalName {
  const composed = name.normalize('NFC')
  const dot = composed.indexOf('.')
  return dot < 0
    ? { controller: '', variable: composed }
    : { controller: composed.slice(0, dot), variable: composed.slice(dot + 1) }
}
