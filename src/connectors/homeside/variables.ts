/** The portal's list of variables: tolerant parsing, and lookup by exact short name. */

export interface Variable {
  /** Full name, `<house id>.<name>`; the name may itself hold dots. */
  readonly name: string
  /** Register such as `Cwl.Advise.A[70]`, as sent; null when absent. */
  readonly path: string | null
  readonly value: number | boolean | string | null
  /** `Response`, `Pending`, `ErrorUnreachable`; others may exist. */
  readonly type: string
  /** When the portal got the value, epoch milliseconds; null when not stated. */
  readonly at: number | null
}

/** Entries of the list that have a name; whatever else is in there is not ours to understand. */
export function parseVariables(list: readonly unknown[]): Variable[] {
  return list.flatMap((entry) => {
    if (entry === null || typeof entry !== 'object' || !('variable' in entry) || typeof entry.variable !== 'string') {
      return []
    }
    const path = 'path' in entry && typeof entry.path === 'string' ? entry.path : null
    const type = 'type' in entry && typeof entry.type === 'string' ? entry.type : ''
    const at = 'timestamp' in entry && typeof entry.timestamp === 'string' ? Date.parse(entry.timestamp) : Number.NaN
    return [
      {
        name: entry.variable,
        path,
        // What a silent sub-device said half an hour ago is not what it says now.
        value: 'value' in entry && type !== 'ErrorUnreachable' ? scalar(entry.value) : null,
        type,
        at: Number.isNaN(at) ? null : at,
      },
    ]
  })
}

function scalar(value: unknown): Variable['value'] {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : null
}

export interface VariableIndex {
  /** The one variable of that short name; undefined when there is none, or several that cannot be told apart. */
  get(shortName: string): Variable | undefined
  isAmbiguous(shortName: string): boolean
}

/**
 * Short names repeat (`TimeDp.Records(8).T1`, `….Records(9).T1`), so a variable directly under the house goes before
 * nested ones, and several registers under one short name count as none: a guess could end in a write.
 */
export function indexByShortName(variables: readonly Variable[]): VariableIndex {
  const groups = new Map<string, Variable[]>()
  for (const variable of variables) {
    const shortName = variable.name.slice(variable.name.lastIndexOf('.') + 1)
    const group = groups.get(shortName)
    if (group === undefined) groups.set(shortName, [variable])
    else group.push(variable)
  }
  const single = new Map<string, Variable>()
  const ambiguous = new Set<string>()
  for (const [shortName, group] of groups) {
    const direct = group.filter(({ name }) => name.indexOf('.') === name.lastIndexOf('.'))
    const candidates = direct.length > 0 ? direct : group
    const chosen = candidates.find(({ value }) => value !== null) ?? candidates[0]
    if (chosen === undefined || new Set(candidates.map(({ path }) => path)).size > 1) ambiguous.add(shortName)
    else single.set(shortName, chosen)
  }
  return { get: (shortName) => single.get(shortName), isAmbiguous: (shortName) => ambiguous.has(shortName) }
}

/** A finite number, also when sent as text with a decimal dot; null for anything else. */
export function numberOf(value: Variable['value'] | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)) return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** A flag, also when sent as 1/0 or as text in any case; null for anything else. */
export function flagOf(value: Variable['value'] | undefined): boolean | null {
  if (typeof value === 'boolean') return value
  const text = String(value ?? '')
    .trim()
    .toLowerCase()
  if (text === 'true' || text === '1') return true
  if (text === 'false' || text === '0') return false
  return null
}
