/** Finds entities: the union of what the configuration folders hold and what status rows are known. */
import type { ConfigFolder } from '../../config/catalogue.ts'
import { ENTITY_KINDS, type EntityKind, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'
import type { EntityAnswer } from './schemas.ts'
import { describeEntity, type EntitySources } from './view.ts'

type Sources = Pick<ApiDependencies, 'application' | 'config' | 'now'>

export interface Directory {
  readonly entities: readonly EntityAnswer[]
  readonly folders: readonly ConfigFolder[]
}

function byKindAndId(a: EntitySources, b: EntitySources): number {
  const kinds = ENTITY_KINDS.indexOf(a.ref.kind) - ENTITY_KINDS.indexOf(b.ref.kind)
  if (kinds !== 0) return kinds
  return a.ref.id < b.ref.id ? -1 : Number(a.ref.id > b.ref.id)
}

/**
 * What is known of every entity of one kind or all, by kind and id. One read of the status rows and one of the
 * catalogue.
 */
export async function listSources(
  { application, config }: Pick<Sources, 'application' | 'config'>,
  kind?: EntityKind,
): Promise<{ readonly sources: readonly EntitySources[]; readonly folders: readonly ConfigFolder[] }> {
  const [catalogue, rows] = await Promise.all([config.list(), application.listStatus(kind)])
  const found = new Map<string, EntitySources>()
  const sourcesOf = (ref: EntityRef): EntitySources =>
    found.get(entityWorkflowId(ref)) ?? {
      ref: { kind: ref.kind, id: ref.id },
      status: undefined,
      configured: undefined,
      folders: catalogue.folders.filter((folder) => folder.kind === ref.kind),
    }
  for (const configured of catalogue.entities) {
    if (kind !== undefined && configured.ref.kind !== kind) continue
    found.set(entityWorkflowId(configured.ref), { ...sourcesOf(configured.ref), configured })
  }
  for (const status of rows) found.set(entityWorkflowId(status), { ...sourcesOf(status), status })

  return { sources: [...found.values()].sort(byKindAndId), folders: catalogue.folders }
}

/** Every entity of one kind or all, by kind and id. */
export async function listEntities(parts: Sources, kind?: EntityKind): Promise<Directory> {
  const { sources, folders } = await listSources(parts, kind)
  const at = parts.now()
  return { entities: sources.map((one) => describeEntity(one, at)), folders }
}

/** @throws Problem 404 when neither a file nor a status row knows the entity. */
export async function findEntity(
  { application, config }: Pick<Sources, 'application' | 'config'>,
  ref: EntityRef,
): Promise<EntitySources> {
  const [configured, status] = await Promise.all([config.get(ref), application.getStatus(ref)])
  if (configured === undefined && status === undefined) {
    throw new Problem(404, `There is no ${ref.kind} with the id ${ref.id}.`)
  }
  if (configured !== undefined) return { ref, configured, status, folders: [] }
  const { folders } = await config.list()
  return { ref, configured, status, folders: folders.filter((folder) => folder.kind === ref.kind) }
}
