/** Documents and leases of the application store that belong to one entity: all of them go with it. */
import { type EntityKind, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import { decisionCollection } from '../control/decisions.ts'
import { INERTIA_WATCHES } from '../control/inertia-test.ts'
import { houseWriteLease } from '../control/turn.ts'
import { forgetNotes, notedDays } from '../energy/due-days.ts'
import { ENERGY_FORECAST_MODELS, ENERGY_FORECASTS } from '../energy/forecast.ts'
import { HEAT_LOSS_RUNS } from '../energy/recalibrate.ts'
import { INERTIA_TESTS } from '../inertia/test-record.ts'
import { onboardingLease } from '../onboarding/hold.ts'
import { SAVINGS_TRIALS } from '../savings/trials.ts'
import { THERMAL_MODELS, THERMAL_NOTES } from '../thermal/house-models.ts'
import { INDOOR_FORECASTS } from '../thermal/issue-forecast.ts'

interface EntityCollection {
  readonly collection: string
  readonly kinds: readonly EntityKind[]
  readonly keyOf: (entity: EntityRef) => string
}

const METERED: readonly EntityKind[] = ['house', 'building']

/** Whoever keeps a document of an entity elsewhere adds it here; a test compares this with what the sources write. */
export const ENTITY_COLLECTIONS: readonly EntityCollection[] = [
  { collection: 'zone-memory', kinds: ['zone'], keyOf: ({ id }) => id },
  { collection: 'house-control', kinds: ['house'], keyOf: ({ id }) => id },
  { collection: 'decision-memory', kinds: ['house'], keyOf: ({ id }) => id },
  { collection: INERTIA_TESTS, kinds: ['house'], keyOf: ({ id }) => id },
  { collection: INERTIA_WATCHES, kinds: ['house'], keyOf: ({ id }) => id },
  { collection: SAVINGS_TRIALS, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: THERMAL_MODELS, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: THERMAL_NOTES, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: INDOOR_FORECASTS, kinds: ['house'], keyOf: entityWorkflowId },
  { collection: ENERGY_FORECAST_MODELS, kinds: METERED, keyOf: entityWorkflowId },
  { collection: ENERGY_FORECASTS, kinds: METERED, keyOf: entityWorkflowId },
  { collection: HEAT_LOSS_RUNS, kinds: METERED, keyOf: entityWorkflowId },
  { collection: 'building-alarms', kinds: ['building'], keyOf: ({ id }) => id },
  { collection: 'towns-modes', kinds: ['house'], keyOf: entityWorkflowId },
  { collection: 'towns-past', kinds: ['house', 'building', 'zone'], keyOf: entityWorkflowId },
]

export async function deleteEntityDocuments(
  application: Pick<ApplicationStore, 'deleteDocument' | 'listDocuments' | 'forgetLease'>,
  entity: EntityRef,
): Promise<void> {
  for (const { collection, kinds, keyOf } of ENTITY_COLLECTIONS) {
    if (kinds.includes(entity.kind)) await application.deleteDocument(collection, keyOf(entity))
  }
  const noted = (await notedDays(application)).get(entityWorkflowId(entity))
  await forgetNotes(application, noted?.notes ?? [])
  await application.forgetLease(onboardingLease(entity))
  if (entity.kind !== 'house') return
  await application.forgetLease(houseWriteLease(entity.id))
  const decisions = decisionCollection(entity.id)
  for (const { key } of await application.listDocuments(decisions)) await application.deleteDocument(decisions, key)
}
