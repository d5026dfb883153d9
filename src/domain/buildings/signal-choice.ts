/** Which signals of a building a person wants polled, by category or by name. */
import { SIGNAL_CATEGORIES, type SignalCategory } from './signal-category.ts'

export type SignalChoice =
  | { readonly all: true }
  | { readonly categories: readonly string[] }
  | { readonly names: readonly string[] }

export interface ChoosableSignal {
  readonly name: string
  readonly category: SignalCategory
  /** Null when the signal cannot be stored without confusion. */
  readonly proposedField: string | null
}

export interface ChosenSignals {
  /** Full names. */
  readonly names: ReadonlySet<string>
  /** Sentences about parts of the choice that mean nothing here. */
  readonly problems: readonly string[]
}

/** Short for every kind of meter. */
const METERS = 'meters'

/** Signals that can be stored and that the choice names; a name is the full one or that of the proposed field. */
export function chooseSignals(choice: SignalChoice, signals: readonly ChoosableSignal[]): ChosenSignals {
  const storable = signals.filter(({ proposedField }) => proposedField !== null)
  if ('all' in choice) return { names: namesOf(storable), problems: [] }
  if ('categories' in choice) return byCategory(choice.categories, storable)
  return byName(choice.names, signals)
}

function byCategory(categories: readonly string[], signals: readonly ChoosableSignal[]): ChosenSignals {
  const wanted = new Set(
    categories.flatMap((name): readonly string[] => (name === METERS ? meterCategories() : [name])),
  )
  const unknown = [...wanted].filter((name) => !SIGNAL_CATEGORIES.some((known) => known === name))
  return {
    names: namesOf(signals.filter(({ category }) => wanted.has(category))),
    problems: unknown.map(
      (name) => `there is no category ${JSON.stringify(name)}; there are ${SIGNAL_CATEGORIES.join(', ')}, ${METERS}`,
    ),
  }
}

function byName(names: readonly string[], signals: readonly ChoosableSignal[]): ChosenSignals {
  const chosen = new Set<string>()
  const problems: string[] = []
  for (const wanted of names) {
    const composed = wanted.normalize('NFC')
    const signal = signals.find(
      ({ name, proposedField }) => name.normalize('NFC') === composed || proposedField === wanted,
    )
    if (signal === undefined) problems.push(`there is no signal ${JSON.stringify(wanted)}`)
    else if (signal.proposedField === null) {
      problems.push(`${signal.name} cannot be stored: no field can be named after it without confusion`)
    } else chosen.add(signal.name)
  }
  return { names: chosen, problems }
}

function meterCategories(): readonly SignalCategory[] {
  return SIGNAL_CATEGORIES.filter((category) => category.endsWith('_metering'))
}

function namesOf(signals: readonly ChoosableSignal[]): ReadonlySet<string> {
  return new Set(signals.map(({ name }) => name))
}
