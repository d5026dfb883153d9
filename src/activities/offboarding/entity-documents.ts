/** Documents of the application store that belong to one entity: all of them go with it. */
import { type EntityKind, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { decisionCollection } from '../control/decisions.ts'
import { THERMAL_MODELS, THERMAL_NOTES } from '../thermal/house-models.ts'
import { INDOOR_FORECASTS } from '../thermal/issue-forecast.ts'

interface EntityCollection {
  readonly collection: string
  readonly kinds: readonly EntityKind[]
  readonly keyOf: (entity: EntityRef) => string
}

/** Whoever keeps a document of an entity elsewhere adds it here; a test compares this with what the sources write. */
export const ENTITY_COLLECTIONS: readonly EntityCollection[] = [
  { collection: 'zone-memory', kinds: ['zone'], keyOf: ({ id }) => id },
  { collection: 'house-control', kinds: ['house'], keyOf: ({ id }) => id },
  { collection: 'decision-memory', kinds: ['house'], keyOf: ({ id }) => id },
  { collection: THERMAL_MODELS, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: THERMAL_NOTES, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: INDOOR_FORECASTS, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: 'building-alarms', kinds: ['building'], keyOf: ({ id }) => id },
  { collection: 'towns-past', kinds: ['house', 'building', 'zone'], keyOf: entityWorkflowId },
]

export async function deleteEntityDocuments(
  application: Pick<ApplicationStore, 'deleteDocument' | 'listDocuments'>,
  entity: EntityRef,
): Promise<void> {
  for (const { collection, kinds, keyOf } of ENTITY_COLLECTIONS) {
    if (kinds.includes(entity.kind)) await application.deleteDocument(collection, keyOf(entity))
  }
  if (entity.kind !== 'house') return
  const decisions = decisionCollection(entity.id)
  for (const { key } of await application.listDocuments(decisions)) await application.deleteDocument(decisions, key)
}
