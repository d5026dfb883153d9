/** The configured entities: what the folders `profiles/`, `buildings/` and `zones/` hold, valid or not. */
import type { ConfigProblem, EntityKind, EntityRef } from '../domain/entity.ts'
import type { BuildingConfig } from './building.ts'
import type { HouseConfig } from './house.ts'
import type { ZoneConfig } from './zone.ts'

export interface EntityConfigs {
  house: HouseConfig
  building: BuildingConfig
  zone: ZoneConfig
}

/** One configuration file. `config` is null exactly when `problems` is not empty. */
export interface ConfiguredEntity<K extends EntityKind = EntityKind> {
  readonly ref: EntityRef & { readonly kind: K }
  readonly origin: 'real' | 'demo'
  readonly file: string
  readonly config: EntityConfigs[K] | null
  readonly problems: readonly ConfigProblem[]
  /** JSON paths of keys the schema does not know; kept on write. */
  readonly unknownKeys: readonly string[]
  /** Set while nothing is known of the content: the file, or even whether it exists, cannot be read. */
  readonly unreadable?: 'file' | 'folder'
  /** Hash of the file's bytes: the ETag of the configuration API. */
  readonly etag: string
}

export interface ConfigFolder {
  readonly kind: EntityKind
  readonly origin: 'real' | 'demo'
  readonly path: string
  /** `unreadable` covers missing permissions and I/O errors; nothing may be concluded from such a folder. */
  readonly state: 'read' | 'missing' | 'unreadable'
}

export interface Catalogue {
  readonly entities: readonly ConfiguredEntity[]
  readonly folders: readonly ConfigFolder[]
}

/**
 * Reads and writes the configuration files. One instance per process; files are the truth and are re-read when they
 * change.
 */
export interface ConfigStore {
  /** All entities of all folders. Never throws because of one file. */
  list(): Promise<Catalogue>
  get(entity: EntityRef): Promise<ConfiguredEntity | undefined>
  /**
   * Applies an RFC 7396 merge patch, validates the whole result, keeps unknown keys and writes atomically.
   * Throws `ConfigConflict` when `ifMatch` is given and is not the present ETag, `ConfigInvalid` with all problems
   * when the result is not valid (nothing is written), `EntityNotFound` when there is no such file.
   */
  patch(entity: EntityRef, mergePatch: unknown, options?: { readonly ifMatch?: string }): Promise<ConfiguredEntity>
  /** Writes a new file; throws `ConfigExists` when it exists. */
  create(entity: EntityRef, document: unknown, origin?: 'real' | 'demo'): Promise<ConfiguredEntity>
  remove(entity: EntityRef): Promise<void>
  /**
   * Takes the file out of service by renaming it to `<id>.json.removed`, in place of one that was set aside before.
   * Throws `EntityNotFound` when there is no file.
   */
  setAside(entity: EntityRef): Promise<void>
  /** Where a file was set aside; undefined when none was. */
  findAside(entity: EntityRef): Promise<string | undefined>
  /**
   * Undoes `setAside`. Throws `EntityNotFound` when nothing was set aside, `ConfigExists` when there is a file again.
   */
  bringBack(entity: EntityRef): Promise<ConfiguredEntity>
  /** Deletes what was set aside, if anything. */
  discardAside(entity: EntityRef): Promise<void>
}

/** The file is no longer what the caller has seen. */
export class ConfigConflict extends Error {
  override readonly name = 'ConfigConflict'
}

/** There is a file where a new one was to be written. */
export class ConfigExists extends Error {
  override readonly name = 'ConfigExists'
}

export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'
  readonly problems: readonly ConfigProblem[]
  constructor(message: string, problems: readonly ConfigProblem[]) {
    super(message)
    this.problems = problems
  }
}
