/**
 * The configuration polls go by while a file cannot be had: a folder that is not mounted or may not be read must not cost
 * readings. Whether a loop is to stop is decided by the reconciler, never by a poll that misses its file.
 */
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import type { ConfigStore, ConfiguredEntity } from './catalogue.ts'

/**
 * Like the given source, but an entity whose file is gone or unreadable is answered with what was read of it last in
 * this process. A file that can be read and has a fault is answered as it is: its author is to correct it.
 */
export function withLastKnown(source: Pick<ConfigStore, 'get'>, log: Logger): Pick<ConfigStore, 'get'> {
  const known = new Map<string, ConfiguredEntity>()
  const missing = new Set<string>()
  return {
    async get(ref: EntityRef) {
      const key = entityWorkflowId(ref)
      const found = await source.get(ref)
      if (found !== undefined && found.unreadable === undefined) {
        if (found.config !== null) known.set(key, found)
        missing.delete(key)
        return found
      }
      const last = known.get(key)
      if (last === undefined) return found
      if (!missing.has(key)) {
        missing.add(key)
        log.warn('config.last_known_used', {
          ...ref,
          file: last.file,
          reason: found === undefined ? 'gone' : 'unreadable',
        })
      }
      return last
    },
  }
}
