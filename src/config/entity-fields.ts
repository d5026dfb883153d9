/** What houses, buildings and zones share: the poll interval and the bond between file name and id. */
import type { EntityKind } from '../domain/entity.ts'
import type { EntityConfigs } from './catalogue.ts'
import { ENTITY_ID, ENTITY_ID_EXPECTS, wholeNumber } from './field.ts'
import type { ParsedDocument } from './parse.ts'
import type { Settings } from './settings.ts'

export const pollIntervalMinutes = wholeNumber('Time between polls.', { min: 1, max: 1440, unit: 'min' })

/**
 * Parses a document whose `key` holds the entity's id. A missing id is taken from the file name; one that differs is
 * a fault, because credentials, workflow and time series would then speak of two entities.
 */
export function withId<T>(
  document: unknown,
  key: string,
  id: string | undefined,
  parse: (document: unknown) => ParsedDocument<T>,
): ParsedDocument<T> {
  if (id === undefined || document === null || typeof document !== 'object' || Array.isArray(document)) {
    return parse(document)
  }
  const given: unknown = Object.hasOwn(document, key) ? Reflect.get(document, key) : undefined
  const parsed = parse(given === undefined ? { ...document, [key]: id } : document)
  if (given === undefined && !ENTITY_ID.test(id)) {
    return {
      ...parsed,
      config: null,
      problems: parsed.problems.map((fault) => (fault.path === key ? fileFault(id) : fault)),
    }
  }
  if (typeof given !== 'string' || given === id) return parsed
  const message = `expected ${JSON.stringify(id)} as the file is named, found ${JSON.stringify(given)}`
  return { ...parsed, config: null, problems: [...parsed.problems, { path: key, message }] }
}

/** The fault of a file whose name is no id. */
export function fileFault(id: string): { path: string; message: string } {
  return { path: '', message: `expected a file named by ${ENTITY_ID_EXPECTS}, found ${JSON.stringify(`${id}.json`)}` }
}

/**
 * Seconds between two polls of an entity. `overrideSeconds` is `BVPRO_POLL_SECONDS`, which speeds everything up for
 * demos.
 */
export function pollSecondsOf<K extends EntityKind>(
  kind: K,
  config: EntityConfigs[K],
  settings: Settings,
  overrideSeconds?: number,
): number {
  if (overrideSeconds !== undefined) return overrideSeconds
  if (kind === 'zone') return (config as EntityConfigs['zone']).poll_seconds
  const minutes = (config as EntityConfigs['house' | 'building']).poll_interval_minutes
  return 60 * (minutes ?? settings.data_collection.heating_data_interval_minutes)
}
