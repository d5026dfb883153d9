/** What a building offers, ready for its configuration: every signal with category and proposed field. */
import { proposeFieldNames } from '../../domain/buildings/field-names.ts'
import { type SignalCategory, signalCategory } from '../../domain/buildings/signal-category.ts'
import type { AnalogSignal, DigitalSignal, Folder } from './rows.ts'

export interface DiscoveredAnalog extends AnalogSignal {
  readonly category: SignalCategory
  /** Time-series field to store it under; null when no name can be given without confusion. */
  readonly proposedField: string | null
}

export interface DiscoveredDigital extends DigitalSignal {
  readonly category: SignalCategory
}

export interface Discovery {
  /** The root folder, whose name is the building's. */
  readonly root: Folder
  /** The project the server opened at sign-in. */
  readonly account: string | null
  readonly subAreas: readonly Folder[]
  /** By name; of several signals with the same full name the first. */
  readonly analogs: readonly DiscoveredAnalog[]
  readonly digitals: readonly DiscoveredDigital[]
  /** Sentences about everything that could not be read, or not be taken. */
  readonly problems: readonly string[]
}

export interface DiscoveredLists {
  readonly root: Folder
  readonly account: string | null
  readonly subAreas: readonly Folder[]
  readonly analogs: readonly AnalogSignal[]
  readonly digitals: readonly DigitalSignal[]
  readonly problems: readonly string[]
}

/** Sorts and names what the lists of a building hold. */
export function describeBuilding(lists: DiscoveredLists): Discovery {
  const analogs = uniqueByName(lists.analogs)
  const digitals = uniqueByName(lists.digitals)
  const fields = proposeFieldNames(analogs.kept.map(({ name }) => name))
  const repeated = [...analogs.repeated, ...digitals.repeated]
  return {
    root: lists.root,
    account: lists.account,
    subAreas: lists.subAreas,
    analogs: analogs.kept.map((signal) => ({
      ...signal,
      category: signalCategory(signal.name),
      proposedField: fields.get(signal.name) ?? null,
    })),
    digitals: digitals.kept.map((signal) => ({ ...signal, category: signalCategory(signal.name) })),
    problems: [
      ...lists.problems,
      ...repeated.map((name) => `several signals are called ${name}; the first one listed is used`),
    ],
  }
}

function uniqueByName<T extends { readonly id: string; readonly name: string }>(signals: readonly T[]) {
  const byName = new Map<string, T>()
  const repeated: string[] = []
  for (const signal of signals) {
    const known = byName.get(signal.name)
    if (known === undefined) byName.set(signal.name, signal)
    // The same row on two pages, when the list has changed while it was paged.
    else if (known.id !== signal.id) repeated.push(signal.name)
  }
  const kept = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
  return { kept, repeated }
}
