/** The configured entities, kept as files in `profiles/`, `buildings/` and `zones/` under one or two roots. */
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import pLimit from 'p-limit'
import { EntityNotFound } from '../connectors/errors.ts'
import { ENTITY_KINDS, type EntityKind, type EntityRef, formatProblems } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import {
  type Catalogue,
  ConfigConflict,
  ConfigExists,
  type ConfigFolder,
  ConfigInvalid,
  type ConfigStore,
  type ConfiguredEntity,
} from './catalogue.ts'
import {
  type EntityFile,
  EntityFileCache,
  entityFile,
  entityIdOf,
  etagOf,
  FOLDER_OF,
  isAbsent,
  parseEntity,
} from './entity-file.ts'
import {
  createFileWhole,
  errorCode,
  formatJson,
  JsonInvalid,
  parseJsonBytes,
  removeIfPresent,
  renameFile,
  renameFileIfFree,
  writeFileWhole,
} from './files.ts'
import { applyMergePatch } from './merge-patch.ts'

export interface ConfigRoot {
  readonly origin: 'real' | 'demo'
  /** Holds the folders `profiles/`, `buildings/` and `zones/`, any of which may be missing. */
  readonly directory: string
}

export interface ConfigStoreOptions {
  readonly roots: readonly ConfigRoot[]
  readonly log: Logger
}

/** File operations at a time; enough to keep a disk busy, few enough to leave the thread pool to others. */
const PARALLEL_READS = 16

/** How often a patch starts again because another process changed the file meanwhile. */
const PATCH_ATTEMPTS = 5

/** Of two files for one entity the real one counts: simulated houses must never stand in for real ones. */
export function createConfigStore({ roots, log }: ConfigStoreOptions): ConfigStore {
  return new FileConfigStore(
    [...roots].sort((a, b) => Number(a.origin === 'demo') - Number(b.origin === 'demo')),
    log,
  )
}

interface ListedFolder {
  readonly folder: ConfigFolder
  readonly files: readonly EntityFile[]
}

class FileConfigStore implements ConfigStore {
  readonly #roots: readonly ConfigRoot[]
  readonly #log: Logger
  readonly #cache: EntityFileCache
  readonly #queues = new Map<string, Promise<unknown>>()
  readonly #reportedDuplicates = new Map<string, string>()

  constructor(roots: readonly ConfigRoot[], log: Logger) {
    this.#roots = roots
    this.#log = log
    this.#cache = new EntityFileCache(log)
  }

  async list(): Promise<Catalogue> {
    const limit = pLimit(PARALLEL_READS)
    const listed = await Promise.all(this.#roots.flatMap((root) => ENTITY_KINDS.map((kind) => listFolder(root, kind))))
    for (const { folder, files } of listed) {
      if (folder.state !== 'unreadable') this.#cache.retain(folder.path, new Set(files.map((file) => file.path)))
    }
    const files = listed.flatMap((one) => one.files)
    const found = await Promise.all(files.map((file) => limit(() => this.#cache.read(file))))
    const entities = new Map<string, ConfiguredEntity>()
    for (const entity of found) {
      if (entity === undefined) continue
      const key = `${entity.ref.kind}:${entity.ref.id}`
      const first = entities.get(key)
      if (first === undefined) entities.set(key, entity)
      else this.#reportDuplicate(entity, first)
    }
    return { entities: [...entities.values()], folders: listed.map((one) => one.folder) }
  }

  async get(ref: EntityRef): Promise<ConfiguredEntity | undefined> {
    return (await this.#find(ref))?.entity
  }

  async patch(
    ref: EntityRef,
    mergePatch: unknown,
    options: { readonly ifMatch?: string } = {},
  ): Promise<ConfiguredEntity> {
    const { file } = await this.#findOrThrow(ref)
    return this.#exclusive(file.path, async () => {
      for (let attempt = 1; attempt <= PATCH_ATTEMPTS; attempt += 1) {
        const before = await readOrThrow(file)
        if (options.ifMatch !== undefined && options.ifMatch !== etagOf(before)) {
          throw new ConfigConflict(`the configuration of ${ref.kind} ${ref.id} has changed since it was read`)
        }
        const document = documentOf(file, before)
        const merged = applyMergePatch(document, mergePatch)
        assertValid(ref, merged)
        if (isDeepStrictEqual(merged, document)) return this.#present(file)
        // Other processes keep no queue with us: look once more, as close to the write as can be.
        if (!before.equals(await readOrThrow(file))) continue
        await writeFileWhole(file.path, formatJson(merged))
        return this.#present(file)
      }
      throw new ConfigConflict(`the configuration of ${ref.kind} ${ref.id} is being changed all the time; try again`)
    })
  }

  async create(ref: EntityRef, document: unknown, origin: 'real' | 'demo' = 'real'): Promise<ConfiguredEntity> {
    const root = this.#roots.find((candidate) => candidate.origin === origin)
    if (root === undefined) throw new Error(`there is no folder for ${origin} entities`)
    const file = entityFile(ref, origin, root.directory)
    if (file === undefined) {
      const problems = [{ path: '', message: `${JSON.stringify(ref.id)} cannot be the id of a ${ref.kind}` }]
      throw new ConfigInvalid(formatProblems(problems).join('; '), problems)
    }
    assertValid(ref, document)
    return this.#exclusive(file.path, async () => {
      const existing = await this.#find(ref)
      if (existing !== undefined) throw alreadyExists(existing.entity)
      try {
        await createFileWhole(file.path, formatJson(document))
      } catch (error) {
        if (errorCode(error) !== 'EEXIST') throw error
        throw alreadyExists({ ref, file: file.path })
      }
      return this.#present(file)
    })
  }

  async remove(ref: EntityRef): Promise<void> {
    const { file } = await this.#findOrThrow(ref)
    await this.#exclusive(file.path, async () => {
      if (!(await removeIfPresent(file.path))) throw notFound(ref)
    })
  }

  async setAside(ref: EntityRef): Promise<void> {
    const { file } = await this.#findOrThrow(ref)
    await this.#exclusive(file.path, async () => {
      try {
        await renameFile(file.path, asidePath(file))
      } catch (error) {
        if (errorCode(error) !== 'ENOENT') throw error
        throw notFound(ref)
      }
    })
  }

  async findAside(ref: EntityRef): Promise<string | undefined> {
    const file = await this.#findFileAside(ref)
    return file === undefined ? undefined : asidePath(file)
  }

  async bringBack(ref: EntityRef): Promise<ConfiguredEntity> {
    const file = await this.#findFileAside(ref)
    if (file === undefined) throw notFound(ref)
    return this.#exclusive(file.path, async () => {
      const existing = await this.#find(ref)
      if (existing !== undefined) throw alreadyExists(existing.entity)
      try {
        await renameFileIfFree(asidePath(file), file.path)
      } catch (error) {
        if (errorCode(error) === 'ENOENT') throw notFound(ref)
        throw errorCode(error) === 'EEXIST' ? alreadyExists({ ref, file: file.path }) : error
      }
      return this.#present(file)
    })
  }

  async discardAside(ref: EntityRef): Promise<void> {
    const file = await this.#findFileAside(ref)
    if (file !== undefined) await this.#exclusive(file.path, () => removeIfPresent(asidePath(file)))
  }

  /** The file that was set aside, by the name it had. */
  async #findFileAside(ref: EntityRef): Promise<EntityFile | undefined> {
    for (const { origin, directory } of this.#roots) {
      const file = entityFile(ref, origin, directory)
      if (file !== undefined && !(await isAbsent(asidePath(file)))) return file
    }
    return undefined
  }

  async #find(ref: EntityRef): Promise<{ file: EntityFile; entity: ConfiguredEntity } | undefined> {
    let unknown: { file: EntityFile; entity: ConfiguredEntity } | undefined
    for (const { origin, directory } of this.#roots) {
      const file = entityFile(ref, origin, directory)
      const entity = file === undefined ? undefined : await this.#cache.read(file)
      if (file === undefined || entity === undefined) continue
      // As in a listing: a folder that shows nothing hides no file of another one.
      if (entity.unreadable !== 'folder') return { file, entity }
      unknown ??= { file, entity }
    }
    return unknown
  }

  async #findOrThrow(ref: EntityRef): Promise<{ file: EntityFile; entity: ConfiguredEntity }> {
    const found = await this.#find(ref)
    if (found === undefined) throw notFound(ref)
    return found
  }

  async #present(file: EntityFile): Promise<ConfiguredEntity> {
    const entity = await this.#cache.readAgain(file)
    if (entity === undefined) throw notFound(file.ref)
    return entity
  }

  /** One writer per file at a time; the others wait their turn, whatever became of those before them. */
  async #exclusive<T>(path: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#queues.get(path) ?? Promise.resolve()).then(work, work)
    this.#queues.set(path, turn)
    try {
      return await turn
    } finally {
      if (this.#queues.get(path) === turn) this.#queues.delete(path)
    }
  }

  #reportDuplicate(ignored: ConfiguredEntity, first: ConfiguredEntity): void {
    if (this.#reportedDuplicates.get(ignored.file) === ignored.etag) return
    this.#reportedDuplicates.set(ignored.file, ignored.etag)
    this.#log.error('config.invalid', {
      kind: ignored.ref.kind,
      id: ignored.ref.id,
      origin: ignored.origin,
      file: ignored.file,
      problems: [`not used: ${first.file} has the same id; remove one of the two files`],
    })
  }
}

async function listFolder(root: ConfigRoot, kind: EntityKind): Promise<ListedFolder> {
  const path = join(root.directory, FOLDER_OF[kind])
  const folder = (state: ConfigFolder['state']): ConfigFolder => ({ kind, origin: root.origin, path, state })
  try {
    const entries = await readdir(path, { withFileTypes: true })
    const files: EntityFile[] = []
    for (const entry of entries) {
      const id = entry.isDirectory() ? undefined : entityIdOf(entry.name)
      if (id !== undefined) files.push({ ref: { kind, id }, origin: root.origin, path: join(path, entry.name) })
    }
    files.sort((a, b) => (a.ref.id < b.ref.id ? -1 : 1))
    return { folder: folder('read'), files }
  } catch (error) {
    return { folder: folder(errorCode(error) === 'ENOENT' ? 'missing' : 'unreadable'), files: [] }
  }
}

/** Beside the file, so that a relative link stays true, under a name that is no configuration's. */
function asidePath({ path }: EntityFile): string {
  return `${path}.removed`
}

async function readOrThrow(file: EntityFile): Promise<Buffer> {
  try {
    return await readFile(file.path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw notFound(file.ref)
    throw error
  }
}

function documentOf(file: EntityFile, bytes: Buffer): unknown {
  try {
    return parseJsonBytes(bytes, basename(file.path))
  } catch (error) {
    if (!(error instanceof JsonInvalid)) throw error
    throw new ConfigInvalid(error.message, [{ path: '', message: error.message }])
  }
}

function assertValid(ref: EntityRef, document: unknown): void {
  const { problems } = parseEntity(ref, document)
  if (problems.length === 0) return
  throw new ConfigInvalid(`not a valid ${ref.kind}: ${formatProblems(problems).join('; ')}`, problems)
}

function notFound(ref: EntityRef): EntityNotFound {
  return new EntityNotFound(`there is no ${ref.kind} ${JSON.stringify(ref.id)}`)
}

function alreadyExists({ ref, file }: Pick<ConfiguredEntity, 'ref' | 'file'>): ConfigExists {
  return new ConfigExists(`${ref.kind} ${JSON.stringify(ref.id)} exists already: ${file}`)
}
