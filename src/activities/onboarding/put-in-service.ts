/** Credentials, configuration and loop of an entity that is added, each step with the one that takes it back. */

import { ConfigExists, type ConfiguredEntity } from '../../config/catalogue.ts'
import { etagOf } from '../../config/entity-file.ts'
import { formatJson } from '../../config/files.ts'
import { EntityNotFound } from '../../connectors/errors.ts'
import { recordAudit } from '../../store/application/audit.ts'
import type {
  HeldEntity,
  HeldEntityWithReference,
  OnboardingEnd,
  ReadingFound,
  ReadingSought,
} from '../onboarding-contract.ts'
import { changeRecord, heldBy, holdOrThrow, letGo, type OnboardingRecord } from './hold.ts'
import type { OnboardingDependencies } from './ports.ts'
import { OnboardingRefused } from './refusal.ts'

/** What the entity's credentials were before is remembered before they are replaced, so that it can be brought back. */
export async function keepCredentials(
  dependencies: OnboardingDependencies,
  { onboarding, entity, reference }: HeldEntity & { readonly reference: string },
): Promise<void> {
  const { credentials } = dependencies
  const record = await holdOrThrow(dependencies, onboarding, entity)
  if (record.credentialsBefore === undefined) {
    const before = await credentials.lookUp(entity)
    const credentialsBefore = before === undefined ? null : await credentials.keep(before)
    await changeRecord(dependencies, entity, { ...record, credentialsBefore })
  }
  await credentials.bind(reference, entity, record.origin)
}

export async function undoCredentials(
  dependencies: OnboardingDependencies,
  { onboarding, entity }: HeldEntity,
): Promise<void> {
  const { credentials } = dependencies
  const record = await heldBy(dependencies, onboarding, entity)
  if (record?.credentialsBefore === undefined) return
  // One that is back in service stays so, and needs them.
  if (record.returning && (await isInService(dependencies, entity))) return
  if (record.credentialsBefore === null) await credentials.remove(entity, record.origin)
  else await credentials.bind(record.credentialsBefore, entity, record.origin)
}

export async function writeConfiguration(
  dependencies: OnboardingDependencies,
  held: HeldEntityWithReference,
): Promise<string | null> {
  const { config, log } = dependencies
  const { onboarding, entity } = held
  const record = await holdOrThrow(dependencies, onboarding, entity)
  if (record.returning) return bringBack(dependencies, held, record)
  try {
    await config.create(entity, record.document, record.origin)
  } catch (error) {
    if (!(error instanceof ConfigExists)) throw error
    const present = await config.get(entity)
    if (present === undefined || !isOwn(present, record)) throw new OnboardingRefused('exists', error.message)
  }
  await audit(dependencies, 'onboarding.configured', held, record)
  log.info('onboarding.configured', { ...entity, origin: record.origin })
  return null
}

/** An earlier configuration returns with everything learned; what was given now is put into it. */
async function bringBack(
  dependencies: OnboardingDependencies,
  held: HeldEntityWithReference,
  record: OnboardingRecord,
): Promise<string> {
  const { onboarding, entity, reference } = held
  const { origin, document } = record
  const { config, credentials, loops, log } = dependencies
  if (!(await isInService(dependencies, entity))) await loops.restore(entity, onboarding)
  // A file that was set aside without a removal to call off.
  if ((await config.get(entity)) === undefined) await config.bringBack(entity)
  // A removal that was under way may have taken them away meanwhile.
  if (reference !== null) await credentials.bind(reference, entity, origin)
  await config.patch(entity, document)
  await audit(dependencies, 'onboarding.returned', held, record)
  log.info('onboarding.returned', { ...entity, origin })
  return 'its earlier configuration is back'
}

/** Only the very file this on-boarding wrote; one that somebody has edited since is theirs. @see OnboardingActivities */
export async function undoConfiguration(
  dependencies: OnboardingDependencies,
  { onboarding, entity }: HeldEntity,
): Promise<boolean> {
  const { config, application, loops, log } = dependencies
  const record = await heldBy(dependencies, onboarding, entity)
  if (record === undefined || record.returning) return true
  const present = await config.get(entity)
  if (present !== undefined) {
    if (!isOwn(present, record)) return true
    await config.remove(entity).catch(unlessGone)
    await audit(dependencies, 'onboarding.undone', { onboarding, entity }, record)
    log.info('onboarding.undone', { ...entity, origin: record.origin })
  }
  // The reconciler may have started its loop already.
  await loops.stop(entity)
  if (await loops.runs(entity)) return false
  await application.deleteStatus(entity)
  return true
}

/** Both may be done already, and both may be repeated. */
export async function endOnboarding(
  dependencies: OnboardingDependencies,
  { onboarding, entity, reference }: OnboardingEnd,
): Promise<void> {
  const { credentials } = dependencies
  if (reference !== null && reference !== '') await credentials.discard(reference)
  const record = entity === null ? undefined : await heldBy(dependencies, onboarding, entity)
  if (entity === null || record === undefined) return
  if (typeof record.credentialsBefore === 'string') await credentials.discard(record.credentialsBefore)
  await letGo(dependencies, entity)
}

export async function startLoop({ loops }: OnboardingDependencies, entity: HeldEntity['entity']): Promise<boolean> {
  if (!(await loops.runs(entity))) {
    await loops.reconcileNow()
    if (!(await loops.runs(entity))) return false
  }
  // Its place may be new. Left to the next round of the weather, it would be without a forecast for minutes.
  await loops.refreshWeather()
  return true
}

export async function lookForReading(
  { application }: OnboardingDependencies,
  { entity, since }: ReadingSought,
): Promise<ReadingFound> {
  const row = await application.getStatus(entity)
  // A requested poll is stamped with the second it began in.
  const read = row?.lastGoodAt != null && row.lastGoodAt >= Math.floor(since / 1000) * 1000
  return { read, reason: row?.reason ?? null }
}

/** What has happened to the entity, by whom, and where its steps are told. */
async function audit(
  { application, now }: OnboardingDependencies,
  action: 'onboarding.configured' | 'onboarding.returned' | 'onboarding.undone',
  { onboarding, entity }: HeldEntity,
  { by = 'unknown' }: OnboardingRecord,
): Promise<void> {
  await recordAudit(application, { by, action, entity, detail: onboarding }, now())
}

async function isInService(
  { config, application }: OnboardingDependencies,
  entity: HeldEntity['entity'],
): Promise<boolean> {
  return (await config.get(entity)) !== undefined && (await application.getStatus(entity))?.offboarding !== true
}

function isOwn({ etag }: ConfiguredEntity, { document }: OnboardingRecord): boolean {
  return etag === etagOf(Buffer.from(formatJson(document)))
}

function unlessGone(error: unknown): void {
  if (!(error instanceof EntityNotFound)) throw error
}
