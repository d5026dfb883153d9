/** Activity of the reconciler: compares the configuration folders with the running loops and makes them equal. */
import { Context } from '@temporalio/activity'
import pLimit from 'p-limit'
import type { Catalogue, ConfigFolder, ConfigStore, ConfiguredEntity } from '../config/catalogue.ts'
import type { EntityKind, EntityRef } from '../domain/entity.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore, EntityStatus } from '../store/application/port.ts'
import type { ReconcileActivities, ReconcileReport } from './contract.ts'

/** What the reconciler asks of Temporal. */
export interface EntityLoops {
  /** Kinds this version runs a loop for. */
  readonly kinds: readonly EntityKind[]
  listRunning(): Promise<EntityRef[]>
  /** Starting a loop that runs already changes nothing. */
  start(entity: EntityRef, name: string): Promise<void>
  signalConfigure(entity: EntityRef): Promise<void>
  /** Cancels the loop; one that is gone already is fine. */
  stop(entity: EntityRef): Promise<void>
  refreshWeather(): Promise<void>
}

/** Fields of a status row that follow from the configuration file alone. */
export type ConfiguredFacts = Pick<EntityStatus, 'name' | 'mode' | 'pollSeconds' | 'place'>

export interface ReconcileDependencies {
  readonly config: ConfigStore
  readonly application: ApplicationStore
  readonly loops: EntityLoops
  /** Changes exactly when the entity's credentials change; never holds them. */
  readonly credentialFingerprint: (entity: EntityRef, origin: 'real' | 'demo') => Promise<string>
  readonly factsOf: (entity: ConfiguredEntity) => Promise<ConfiguredFacts>
  readonly log: Logger
  readonly now: () => number
}

/** More vanishing at once than this looks like a lost folder, not like a person removing customers. */
const VANISHED_SHARE = 0.2
const VANISHED_MINIMUM = 3

const CONCURRENT_CHANGES = 16

export function createReconcileActivities(dependencies: ReconcileDependencies): ReconcileActivities {
  return { reconcile: () => reconcile(dependencies, () => Context.current().heartbeat()) }
}

/** One comparison; `heartbeat` is called between steps of long ones. */
export async function reconcile(dependencies: ReconcileDependencies, heartbeat: () => void): Promise<ReconcileReport> {
  const { config, application, loops, log, now } = dependencies
  const catalogue = await config.list()
  heartbeat()
  const [rows, running] = await Promise.all([application.listStatus(), loops.listRunning()])
  const rowOf = new Map(rows.map((row) => [entityWorkflowId(row), row]))
  const runs = new Set(running.map(entityWorkflowId))
  const report = { started: [] as string[], changed: [] as string[], misconfigured: [] as string[] }
  let placesChanged = false

  await inParallel(catalogue.entities, heartbeat, async (entity) => {
    const id = entityWorkflowId(entity.ref)
    const row = rowOf.get(id)
    if (row?.offboarding) return
    if (entity.config === null) {
      report.misconfigured.push(id)
      await keepProblems(dependencies, entity, row)
      return
    }
    if (!loops.kinds.includes(entity.ref.kind)) {
      await keepUnsupported(dependencies, entity, row)
      return
    }
    const facts = await dependencies.factsOf(entity)
    const configHash = `${entity.etag}.${await dependencies.credentialFingerprint(entity.ref, entity.origin)}`
    if (row?.place !== facts.place) placesChanged = true
    if (row?.configHash !== configHash || row.problems.length > 0) {
      // Written before the signal: were it the other way round, a crash between them would lose nothing but signal twice.
      const repaired = row !== undefined && row.problems.length > 0 ? { reason: null, reasonCode: null } : {}
      await application.putStatus(entity.ref, {
        ...facts,
        origin: entity.origin,
        problems: [],
        ...repaired,
        ...(row === undefined ? { registeredAt: now() } : {}),
      })
      if (runs.has(id)) {
        await loops.signalConfigure(entity.ref)
        report.changed.push(id)
      }
      await application.putStatus(entity.ref, { configHash })
    }
    if (!runs.has(id)) {
      await loops.start(entity.ref, facts.name)
      report.started.push(id)
    }
  })

  const { stopped, refused } = await stopVanished(dependencies, catalogue, rows, running, heartbeat)
  if (placesChanged) await loops.refreshWeather()
  const result: ReconcileReport = {
    at: new Date(now()).toISOString(),
    configured: catalogue.entities.length,
    ...report,
    stopped,
    refused,
  }
  if (report.started.length + report.changed.length + stopped.length > 0 || refused !== null) {
    log.info('reconcile.done', {
      configured: result.configured,
      started: report.started.length,
      changed: report.changed.length,
      stopped: stopped.length,
      misconfigured: report.misconfigured.length,
      refused,
    })
  }
  return result
}

async function keepProblems(
  { application, now }: ReconcileDependencies,
  entity: ConfiguredEntity,
  row: EntityStatus | undefined,
): Promise<void> {
  if (row !== undefined && JSON.stringify(row.problems) === JSON.stringify(entity.problems)) return
  await application.putStatus(entity.ref, {
    origin: entity.origin,
    problems: entity.problems,
    configHash: null,
    health: 'misconfigured',
    ...(row?.health === 'misconfigured' ? {} : { since: now() }),
    ...(row === undefined ? { registeredAt: now() } : {}),
  })
}

async function keepUnsupported(
  { application, factsOf, now }: ReconcileDependencies,
  entity: ConfiguredEntity,
  row: EntityStatus | undefined,
): Promise<void> {
  if (row !== undefined && row.problems.length === 0) return
  await application.putStatus(entity.ref, {
    ...(await factsOf(entity)),
    origin: entity.origin,
    problems: [],
    reason: `this version of BVPro does not run ${entity.ref.kind}s`,
    reasonCode: 'NotSupported',
    ...(row === undefined ? { registeredAt: now() } : {}),
  })
}

async function stopVanished(
  { application, loops, log }: ReconcileDependencies,
  catalogue: Catalogue,
  rows: readonly EntityStatus[],
  running: readonly EntityRef[],
  heartbeat: () => void,
): Promise<{ stopped: string[]; refused: string | null }> {
  const configured = new Set(catalogue.entities.map(({ ref }) => entityWorkflowId(ref)))
  const known = new Map<string, EntityRef & { readonly origin: 'real' | 'demo' }>()
  for (const { kind, id } of running) known.set(entityWorkflowId({ kind, id }), { kind, id, origin: 'real' })
  for (const { kind, id, origin, offboarding } of rows) {
    // An entity being off-boarded is in the hands of its own workflow.
    if (offboarding) known.delete(entityWorkflowId({ kind, id }))
    else known.set(entityWorkflowId({ kind, id }), { kind, id, origin })
  }
  const vanished = [...known].filter(([workflowId]) => !configured.has(workflowId)).map(([, entity]) => entity)
  const refusals: string[] = []
  const toStop = vanished.filter((entity) => {
    const folder = folderOf(catalogue.folders, entity)
    // The town was switched off as a whole: nothing vanished by accident.
    if (folder === undefined && entity.origin === 'demo') return true
    if (folder?.state === 'read') return true
    refusals.push(`${folder?.path ?? `the folder of ${entity.kind}s`} is ${folder?.state ?? 'not known'}`)
    return false
  })
  const byAccident = toStop.filter(({ origin, kind }) => folderOf(catalogue.folders, { origin, kind }) !== undefined)
  if (byAccident.length >= VANISHED_MINIMUM && byAccident.length > known.size * VANISHED_SHARE) {
    refusals.push(
      `${byAccident.length} of ${known.size} entities vanished at once; remove them in smaller steps, or one by one through BVPro`,
    )
  }
  const refused = refusals.length === 0 ? null : [...new Set(refusals)].join('; ')
  if (refused !== null) {
    log.error('reconcile.refused', { reason: refused, vanished: vanished.length })
    return { stopped: [], refused }
  }
  await inParallel(toStop, heartbeat, async ({ kind, id }) => {
    await loops.stop({ kind, id })
    await application.deleteStatus({ kind, id })
  })
  return { stopped: toStop.map(entityWorkflowId), refused: null }
}

function folderOf(
  folders: readonly ConfigFolder[],
  { kind, origin }: Pick<ConfigFolder, 'kind' | 'origin'>,
): ConfigFolder | undefined {
  return folders.find((folder) => folder.kind === kind && folder.origin === origin)
}

async function inParallel<T>(
  items: readonly T[],
  heartbeat: () => void,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const limit = pLimit(CONCURRENT_CHANGES)
  await Promise.all(
    items.map((item) =>
      limit(async () => {
        heartbeat()
        await work(item)
      }),
    ),
  )
}
