/**
 * Holding an entity while it is added: one on-boarding at a time, told by its workflow id. The record outlives crashes,
 * so that an activity which is repeated knows what is its own work, and what may be taken back.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseEntity } from '../../config/entity-file.ts'
import { JsonInvalid, parseJsonBytes } from '../../config/files.ts'
import { applyMergePatch } from '../../config/merge-patch.ts'
import { BadConfig, BadData, Unavailable } from '../../connectors/errors.ts'
import { type EntityRef, entityWorkflowId, formatProblems } from '../../domain/entity.ts'
import { awaitLease } from '../../store/application/await-lease.ts'
import type { Lease } from '../../store/application/port.ts'
import type { Document } from './documents.ts'
import type { OnboardingDependencies, Origin } from './ports.ts'
import { OnboardingRefused } from './refusal.ts'

export interface OnboardingRecord {
  /** Workflow id. */
  readonly onboarding: string
  readonly origin: Origin
  /** It was here before: `document` is a merge patch of its earlier configuration, otherwise the whole file. */
  readonly returning: boolean
  readonly document: Document
  /** Who asked for it, for the audit; absent where nobody said so. */
  readonly by?: string | undefined
  /** What the entity's credentials were before, under a reference of their own; absent until that was looked at. */
  readonly credentialsBefore?: string | null
}

export type Holding = Pick<OnboardingDependencies, 'config' | 'application' | 'loops'>

const COLLECTION = 'onboarding'
/** A read, a few looks at files, and a write. */
const LEASE_MS = 20_000

/**
 * Whether the entity was here before and can come back.
 * @throws OnboardingRefused `exists` when it is in service, Unavailable while its folder cannot be read
 */
export async function isReturning(
  { config, application }: Pick<Holding, 'config' | 'application'>,
  entity: EntityRef,
): Promise<boolean> {
  const [present, row] = await Promise.all([config.get(entity), application.getStatus(entity)])
  if (present?.unreadable !== undefined) {
    throw new Unavailable(`whether ${entity.kind} ${entity.id} exists cannot be seen: ${present.file} is not readable`)
  }
  if (row?.offboarding === true) return true
  if (present !== undefined) {
    throw new OnboardingRefused('exists', `${entity.kind} ${entity.id} is configured already: ${present.file}`)
  }
  return (await config.findAside(entity)) !== undefined
}

/**
 * Holds the entity for an on-boarding, which may do so again.
 * @param compose the document to be written, or the patch when the entity returns
 * @throws OnboardingRefused `exists` when it is in service or another on-boarding holds it, BadConfig when the document
 *   would not be valid
 */
export async function hold(
  parts: Holding,
  held: Pick<OnboardingRecord, 'onboarding' | 'origin' | 'by'> & { readonly entity: EntityRef },
  compose: (returning: boolean) => Document,
): Promise<OnboardingRecord> {
  const { onboarding, entity, origin, by } = held
  const { application, loops } = parts
  return underLease(parts, onboarding, entity, async (lease) => {
    const present = await recordOf(parts, entity)
    if (present?.onboarding === onboarding) return present
    if (present !== undefined && (await loops.isRunning(present.onboarding))) {
      throw new OnboardingRefused('exists', `${entity.kind} ${entity.id} is being added by ${present.onboarding}`)
    }
    const returning = await isReturning(parts, entity)
    const document = compose(returning)
    await assertValid(parts, entity, document, returning)
    const record: OnboardingRecord = { onboarding, origin, returning, document, by }
    if (!(await application.putDocumentUnder(lease, COLLECTION, entityWorkflowId(entity), record))) {
      throw new Unavailable(`${entity.kind} ${entity.id} was taken by another on-boarding at the same moment`)
    }
    return record
  })
}

/** What this on-boarding holds; undefined when it holds the entity no more. */
export async function heldBy(
  parts: Pick<Holding, 'application'>,
  onboarding: string,
  entity: EntityRef,
): Promise<OnboardingRecord | undefined> {
  const record = await recordOf(parts, entity)
  return record?.onboarding === onboarding ? record : undefined
}

/** @throws BadData when this on-boarding does not hold the entity */
export async function holdOrThrow(
  parts: Pick<Holding, 'application'>,
  onboarding: string,
  entity: EntityRef,
): Promise<OnboardingRecord> {
  const record = await heldBy(parts, onboarding, entity)
  if (record !== undefined) return record
  throw new BadData(`${onboarding} does not hold ${entity.kind} ${entity.id}`)
}

export async function changeRecord(
  { application }: Pick<Holding, 'application'>,
  entity: EntityRef,
  record: OnboardingRecord,
): Promise<void> {
  await application.putDocument(COLLECTION, entityWorkflowId(entity), record)
}

export async function letGo({ application }: Pick<Holding, 'application'>, entity: EntityRef): Promise<void> {
  await application.deleteDocument(COLLECTION, entityWorkflowId(entity))
}

async function recordOf({ application }: Pick<Holding, 'application'>, entity: EntityRef) {
  return (await application.getDocument<OnboardingRecord>(COLLECTION, entityWorkflowId(entity)))?.value
}

/** Name of the lease under which an entity is taken hold of. */
export function onboardingLease(entity: EntityRef): string {
  return `onboarding ${entityWorkflowId(entity)}`
}

async function underLease<T>(
  { application }: Holding,
  holder: string,
  entity: EntityRef,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = await awaitLease(application, {
    name: onboardingLease(entity),
    holder,
    lastsMs: LEASE_MS,
    patienceMs: LEASE_MS + 5_000,
    subject: `adding ${entity.kind} ${entity.id}`,
  })
  try {
    return await work(lease)
  } finally {
    await application.releaseLease(lease)
  }
}

/** Before anything has been touched, everything is known that could be wrong with the file. */
async function assertValid(parts: Holding, entity: EntityRef, document: Document, returning: boolean): Promise<void> {
  const whole = returning ? applyMergePatch(await earlierDocument(parts, entity), document) : document
  const { problems } = parseEntity(entity, whole)
  if (problems.length === 0) return
  const whose = returning ? `the earlier configuration of ${entity.id}, as changed` : `the configuration`
  throw new BadConfig(`${whose} would not be valid: ${formatProblems(problems).join('; ')}`)
}

/** The file that was set aside, or that is still in place while the entity is being off-boarded. */
async function earlierDocument({ config }: Holding, entity: EntityRef): Promise<unknown> {
  const path = (await config.findAside(entity)) ?? (await config.get(entity))?.file
  if (path === undefined) throw new Unavailable(`${entity.kind} ${entity.id} is on its way out; try again in a moment`)
  try {
    return parseJsonBytes(await readFile(path), basename(path))
  } catch (error) {
    if (!(error instanceof JsonInvalid)) throw error
    throw new BadConfig(`the earlier configuration ${path} has a fault; mend or delete it: ${error.message}`)
  }
}
