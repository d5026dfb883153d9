/** What is known of a removal that has begun: a document of the application store, and `offboarded.json` for people. */
import { dirname, join } from 'node:path'
import type { ConfigStore } from '../../config/catalogue.ts'
import { isAbsent } from '../../config/entity-file.ts'
import { type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { RemovalMode } from '../offboarding-contract.ts'
import type { OffboardedFile, PendingPurge } from './offboarded-file.ts'

const COLLECTION = 'offboarding'

export type Origin = 'real' | 'demo'

export interface RemovalRecord {
  readonly entity: EntityRef
  readonly name: string
  readonly origin: Origin
  readonly mode: RemovalMode
  readonly by: string
  /** Epoch milliseconds, as all times here. */
  readonly begunAt: number
  /** When configuration and credentials were taken out; null before that. */
  readonly offboardedAt: number | null
  /** When the data are due; null before that, and for a hard removal. */
  readonly purgeAfter: number | null
}

type Records = Pick<ApplicationStore, 'getDocument' | 'putDocument' | 'listDocuments' | 'deleteDocument'>

/** One file per home that can hold entities. */
export type OffboardedFiles = Partial<Readonly<Record<Origin, OffboardedFile>>>

/**
 * The removal of an entity; undefined when none has begun. One that only `offboarded.json` knows, such as one begun by
 * the system BVPro replaces, counts too.
 */
export async function findRemoval(
  application: Pick<Records, 'getDocument'>,
  files: OffboardedFiles,
  entity: EntityRef,
): Promise<RemovalRecord | undefined> {
  const found = await application.getDocument<RemovalRecord>(COLLECTION, entityWorkflowId(entity))
  if (found !== undefined) return found.value
  for (const origin of ['real', 'demo'] as const) {
    const pending = (await files[origin]?.pending())?.find((one) => isSame(one.entity, entity))
    if (pending !== undefined) return recordOf(pending, origin)
  }
  return undefined
}

/** Every removal that has begun and not ended. */
export async function listRemovals(
  application: Pick<Records, 'listDocuments'>,
  files: OffboardedFiles,
): Promise<RemovalRecord[]> {
  const records = (await application.listDocuments<RemovalRecord>(COLLECTION)).map(({ value }) => value)
  for (const origin of ['real', 'demo'] as const) {
    for (const pending of (await files[origin]?.pending()) ?? []) {
      if (!records.some(({ entity }) => isSame(entity, pending.entity))) records.push(recordOf(pending, origin))
    }
  }
  return records
}

export async function putRemoval(application: Pick<Records, 'putDocument'>, record: RemovalRecord): Promise<void> {
  await application.putDocument(COLLECTION, entityWorkflowId(record.entity), record)
}

export async function deleteRemoval(application: Pick<Records, 'deleteDocument'>, entity: EntityRef): Promise<void> {
  await application.deleteDocument(COLLECTION, entityWorkflowId(entity))
}

function recordOf({ entity, name, offboardedAt, purgeAfter }: PendingPurge, origin: Origin): RemovalRecord {
  return { entity, name, origin, mode: 'soft', by: 'offboarded.json', begunAt: offboardedAt, offboardedAt, purgeAfter }
}

function isSame(a: EntityRef, b: EntityRef): boolean {
  return a.kind === b.kind && a.id === b.id
}

/** The configuration files of an entity: in service, set aside, and the report that may stand beside a house's profile. */
export async function configurationFiles(
  config: Pick<ConfigStore, 'get' | 'findAside'>,
  entity: EntityRef,
): Promise<{
  readonly inService: string | undefined
  readonly aside: string | undefined
  readonly report: string | undefined
}> {
  const [configured, aside] = await Promise.all([config.get(entity), config.findAside(entity)])
  const beside = configured?.file ?? aside
  const report =
    entity.kind === 'house' && beside !== undefined ? join(dirname(beside), `${entity.id}_signals.json`) : undefined
  const isThere = report !== undefined && !(await isAbsent(report))
  return { inService: configured?.file, aside, report: isThere ? report : undefined }
}
