/** One configuration file as an entity: read, judged, remembered until the file changes, faults reported once. */
import { createHash } from 'node:crypto'
import { lstat, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type EntityKind, type EntityRef, formatProblems } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import { parseBuilding } from './building.ts'
import type { ConfiguredEntity, EntityConfigs } from './catalogue.ts'
import { errorCode, type FileStamp, JsonInvalid, parseJsonBytes, stampOf } from './files.ts'
import { parseHouse } from './house.ts'
import type { ParsedDocument } from './parse.ts'
import { parseZone } from './zone.ts'

/** Folder of each kind under a root. */
export const FOLDER_OF: Readonly<Record<EntityKind, string>> = {
  house: 'profiles',
  building: 'buildings',
  zone: 'zones',
}

export interface EntityFile {
  readonly ref: EntityRef
  readonly origin: 'real' | 'demo'
  readonly path: string
}

/** Where an entity's file is or would be; undefined for ids that cannot be a configuration file's name. */
export function entityFile(ref: EntityRef, origin: 'real' | 'demo', directory: string): EntityFile | undefined {
  const name = `${ref.id}.json`
  if (entityIdOf(name) === undefined || basename(name) !== name || /[\\\0]/.test(name)) return undefined
  return { ref, origin, path: join(directory, FOLDER_OF[ref.kind], name) }
}

/**
 * Id for a file name, or undefined for files that are no configuration: hidden and temporary ones, the documented
 * example, and the `_signals.json` reports that stand beside house profiles.
 */
export function entityIdOf(fileName: string): string | undefined {
  if (!fileName.endsWith('.json') || fileName.startsWith('.') || fileName === 'EXAMPLE.json') return undefined
  return fileName.endsWith('_signals.json') ? undefined : fileName.slice(0, -'.json'.length)
}

/** SHA-256 of a file's bytes, hexadecimal: the same file, the same tag. */
export function etagOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Judges a parsed document as the configuration of an entity. */
export function parseEntity(ref: EntityRef, document: unknown): ParsedDocument<EntityConfigs[EntityKind]> {
  switch (ref.kind) {
    case 'house':
      return parseHouse(document, ref)
    case 'building':
      return parseBuilding(document, ref)
    case 'zone':
      return parseZone(document, ref)
  }
}

interface Remembered {
  readonly stamp: FileStamp
  readonly entity: ConfiguredEntity
}

export class EntityFileCache {
  readonly #log: Logger
  readonly #remembered = new Map<string, Remembered>()
  readonly #reading = new Map<string, Promise<ConfiguredEntity | undefined>>()

  constructor(log: Logger) {
    this.#log = log
  }

  /**
   * The file as an entity, costing one stat when it has not changed; undefined when there is no such file. Never
   * rejects.
   */
  async read(file: EntityFile): Promise<ConfiguredEntity | undefined> {
    const running = this.#reading.get(file.path)
    if (running !== undefined) return running
    const reading = this.#refresh(file).finally(() => this.#reading.delete(file.path))
    this.#reading.set(file.path, reading)
    return reading
  }

  /** Like {@link read}, but surely of the present content: a read that began before a write is not shared. */
  async readAgain(file: EntityFile): Promise<ConfiguredEntity | undefined> {
    await this.#reading.get(file.path)
    return this.read(file)
  }

  /** Drops what is remembered of files in a folder that are no longer there. */
  retain(folder: string, present: ReadonlySet<string>): void {
    for (const path of this.#remembered.keys()) {
      if (path.startsWith(`${folder}/`) && !present.has(path)) this.#remembered.delete(path)
    }
  }

  async #refresh(file: EntityFile): Promise<ConfiguredEntity | undefined> {
    try {
      const stamp = await stampOf(file.path)
      const known = this.#remembered.get(file.path)
      if (known?.stamp.settled && known.stamp.key === stamp.key) return known.entity
      const bytes = await readFile(file.path)
      if (known?.entity.etag === etagOf(bytes)) {
        this.#remembered.set(file.path, { stamp, entity: known.entity })
        return known.entity
      }
      return this.#remember(file, stamp, judge(file, bytes))
    } catch (error) {
      const code = errorCode(error)
      if (code === 'ENOENT' && (await isAbsent(file.path))) {
        this.#remembered.delete(file.path)
        return undefined
      }
      return this.#unreadable(file, code ?? String(error), (await isReachable(file.path)) ? 'file' : 'folder')
    }
  }

  /** Remembered under a stamp that no file has: it is tried again each time, but reported once per reason. */
  #unreadable(file: EntityFile, reason: string, unreadable: 'file' | 'folder'): ConfiguredEntity {
    const stamp: FileStamp = { key: `unreadable:${reason}`, settled: false }
    const known = this.#remembered.get(file.path)
    if (known?.stamp.key === stamp.key) return known.entity
    const message =
      reason === 'ENOENT'
        ? 'the file is a link to nothing'
        : `the file cannot be read (${reason}); check its permissions`
    return this.#remember(file, stamp, {
      ...identity(file),
      config: null,
      problems: [{ path: '', message }],
      unknownKeys: [],
      unreadable,
      etag: etagOf(Buffer.from(stamp.key)),
    })
  }

  #remember(file: EntityFile, stamp: FileStamp, entity: ConfiguredEntity): ConfiguredEntity {
    this.#remembered.set(file.path, { stamp, entity })
    const fields = { kind: file.ref.kind, id: file.ref.id, origin: file.origin, file: file.path }
    if (entity.problems.length > 0) {
      this.#log.error('config.invalid', { ...fields, problems: formatProblems(entity.problems) })
    }
    if (entity.unknownKeys.length > 0) this.#log.warn('config.unknown_keys', { ...fields, keys: entity.unknownKeys })
    return entity
  }
}

function identity(file: EntityFile) {
  return { ref: file.ref, origin: file.origin, file: file.path }
}

function judge(file: EntityFile, bytes: Buffer): ConfiguredEntity {
  const common = { ...identity(file), etag: etagOf(bytes) }
  try {
    return { ...common, ...parseEntity(file.ref, parseJsonBytes(bytes, basename(file.path))) }
  } catch (error) {
    if (!(error instanceof JsonInvalid)) throw error
    return { ...common, config: null, problems: [{ path: '', message: error.message }], unknownKeys: [] }
  }
}

/** False when the folder does not even let us see whether the file is there. */
async function isReachable(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // Whatever the reason, nothing is known about the file.
    return false
  }
}

/** A link to nothing is not absent: somebody has configured the entity, and its target may come back. */
export async function isAbsent(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return false
  } catch (error) {
    return errorCode(error) === 'ENOENT'
  }
}
