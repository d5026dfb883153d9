/**
 * `offboarded.json`: the record people read of what was removed, what is still to be deleted and when. Entries that
 * others have written are kept as they are.
 */
import { readFile, rename } from 'node:fs/promises'
import { errorCode, formatJson, JsonInvalid, parseJsonBytes, writeFileWhole } from '../../config/files.ts'
import { ENTITY_KINDS, ENTITY_TAG, type EntityKind, type EntityRef } from '../../domain/entity.ts'
import type { Logger } from '../../runtime/log.ts'
import { withFileLock } from '../../runtime/servers/file-lock.ts'

export interface PendingPurge {
  readonly entity: EntityRef
  readonly name: string
  /** Epoch milliseconds, as all times here. */
  readonly offboardedAt: number
  readonly purgeAfter: number
}

export interface OffboardedFile {
  /** Entries that cannot be understood are left out; they stay in the file. */
  pending(): Promise<PendingPurge[]>
  /** Adds a pending purge, in place of the one the entity had. */
  add(purge: PendingPurge): Promise<void>
  /** Takes the pending purge of an entity away, if there is one. */
  cancel(entity: EntityRef): Promise<void>
  /** Moves an entity to those purged; one that was purged since `begunAt` stands there already. */
  purged(entity: EntityRef, name: string, purgedAt: number, begunAt: number): Promise<void>
}

type Entry = Readonly<Record<string, unknown>>

interface Document {
  readonly pending_purge: readonly Entry[]
  readonly purged: readonly Entry[]
  readonly [other: string]: unknown
}

export function createOffboardedFile(path: string, log: Logger): OffboardedFile {
  const read = () => readDocument(path, log)
  async function change(how: (document: Document) => Document): Promise<void> {
    await withFileLock(`${path}.lock`, async () => {
      const before = await read()
      const after = formatJson(how(before))
      if (after !== formatJson(before)) await writeFileWhole(path, after)
    })
  }
  return {
    async pending() {
      return (await read()).pending_purge.flatMap((entry) => understood(entry) ?? [])
    },
    add: (purge) =>
      change((document) => ({
        ...document,
        pending_purge: [...document.pending_purge.filter((entry) => !isOf(entry, purge.entity)), entryOf(purge)],
      })),
    cancel: (entity) =>
      change((document) => ({
        ...document,
        pending_purge: document.pending_purge.filter((entry) => !isOf(entry, entity)),
      })),
    purged: (entity, name, purgedAt, begunAt) =>
      change((document) => {
        const told = document.purged.some(
          ({ id, purged_at: at }) => id === entity.id && typeof at === 'string' && Date.parse(at) >= begunAt,
        )
        const entry = { id: entity.id, type: entity.kind, friendly_name: name, purged_at: isoOffset(purgedAt) }
        return {
          ...document,
          pending_purge: document.pending_purge.filter((one) => !isOf(one, entity)),
          purged: told ? document.purged : [...document.purged, entry],
        }
      }),
  }
}

async function readDocument(path: string, log: Logger): Promise<Document> {
  const nothing: Document = { pending_purge: [], purged: [] }
  let content: unknown
  try {
    content = parseJsonBytes(await readFile(path), path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return nothing
    if (!(error instanceof JsonInvalid)) throw error
    content = undefined
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    const { pending_purge: pending, purged, ...rest } = content as Entry
    return { pending_purge: entries(pending), purged: entries(purged), ...rest }
  }
  // A record that cannot be read must not keep anybody from being removed.
  const kept = `${path}.unreadable`
  await rename(path, kept)
  log.error('offboarded_file.unusable', { file: path, kept })
  return nothing
}

function entries(value: unknown): Entry[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : []
}

function isOf({ id, type }: Entry, entity: EntityRef): boolean {
  return id === entity.id && type === entity.kind
}

function entryOf({ entity, name, offboardedAt, purgeAfter }: PendingPurge): Entry {
  return {
    id: entity.id,
    type: entity.kind,
    friendly_name: name,
    offboarded_at: isoOffset(offboardedAt),
    purge_after: isoOffset(purgeAfter),
    influx_tag: ENTITY_TAG[entity.kind],
  }
}

function understood({ id, type, friendly_name: name, offboarded_at: at, purge_after: after }: Entry) {
  const offboardedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN
  const purgeAfter = typeof after === 'string' ? Date.parse(after) : Number.NaN
  if (typeof id !== 'string' || id === '' || !isKind(type) || Number.isNaN(purgeAfter)) return undefined
  return {
    entity: { kind: type, id },
    name: typeof name === 'string' ? name : id,
    offboardedAt: Number.isNaN(offboardedAt) ? purgeAfter : offboardedAt,
    purgeAfter,
  }
}

function isKind(value: unknown): value is EntityKind {
  return (ENTITY_KINDS as readonly unknown[]).includes(value)
}

/** The form the file has always had: `+00:00` instead of `Z`. */
function isoOffset(time: number): string {
  return new Date(time).toISOString().replace('Z', '+00:00')
}
