/** What a removal deletes of the application store is what the sources keep there by entity. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { memoryApplicationStore } from '../../../test/support/memory-application.ts'
import { noteDays, notedDays } from '../energy/due-days.ts'
import { deleteEntityDocuments, ENTITY_COLLECTIONS } from './entity-documents.ts'

/** Collections that are keyed by something else, or outlive the entity on purpose. */
const OTHERS = [
  'audit',
  'offboarding',
  'onboarding',
  'arrigo-session',
  'weather-forecast',
  'weather-observation',
  'control-request',
  // A document for each note; they go as well, see below.
  'energy_due',
  // Keyed by file, and by place.
  'energy_file',
  'energy_place',
]

test('every collection the sources keep by entity is known', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const named = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/testing\//.test(file))
    .map((file) => readFileSync(`${root}/${file}`, 'utf8'))
    .filter((source) => /\.putDocument(Under)?\(/.test(source))
    .flatMap((source) => [...source.matchAll(/^(?:export )?const [A-Z_]+ = '([a-z_-]+)'$/gm)].map(([, name]) => name))
  const known = [...ENTITY_COLLECTIONS.map(({ collection }) => collection), ...OTHERS]
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((name) => !known.includes(name ?? ''))).toEqual([])
})

test('deletes those of exactly one entity', async () => {
  const application = memoryApplicationStore()
  for (const key of ['hall', 'hall-2', 'zone:hall', 'building:hall']) {
    for (const { collection } of ENTITY_COLLECTIONS) await application.putDocument(collection, key, 1)
  }
  await deleteEntityDocuments(application, { kind: 'zone', id: 'hall' })
  const left = await Promise.all(
    ENTITY_COLLECTIONS.map(async ({ collection }) => [
      collection,
      (await application.listDocuments(collection)).map(({ key }) => key),
    ]),
  )
  expect(Object.fromEntries(left)).toEqual({
    'zone-memory': ['hall-2', 'zone:hall', 'building:hall'],
    'house-control': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'inertia-test': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'inertia-watch': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'decision-memory': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    savings_trial: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    thermal_model: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    thermal_due: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    indoor_forecast: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    energy_forecast_model: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    energy_forecast: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    heat_loss: ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'building-alarms': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'towns-modes': ['hall', 'hall-2', 'zone:hall', 'building:hall'],
    'towns-past': ['hall', 'hall-2', 'building:hall'],
  })
})

test('days noted for the energy of an entity go with it, those of another stay', async () => {
  const application = memoryApplicationStore()
  for (const id of ['A', 'A_2']) await noteDays(application, { kind: 'house', id }, ['2026-01-10'])
  await deleteEntityDocuments(application, { kind: 'house', id: 'A' })
  expect([...(await notedDays(application)).keys()]).toEqual(['house:A_2'])
})

test('the decisions about a house go with it, those about another stay', async () => {
  const application = memoryApplicationStore()
  for (const id of ['A', 'B']) await application.putDocument(`decision:${id}`, '2026-01-10T07:05:00.000Z', 1)
  await deleteEntityDocuments(application, { kind: 'house', id: 'A' })
  expect(await application.listDocuments('decision:A')).toEqual([])
  expect(await application.listDocuments('decision:B')).toHaveLength(1)
})

test('no lease keeps its name, and one that is held is left to its holder', async () => {
  const application = memoryApplicationStore()
  const names = ['onboarding house:A', 'house-write:A', 'house-write:A-2']
  for (const name of names) {
    const lease = await application.acquireLease(name, 'worker 1', 60_000)
    if (lease !== undefined) await application.releaseLease(lease)
  }
  await application.acquireLease('house-write:A', 'worker 1', 60_000)
  await deleteEntityDocuments(application, { kind: 'house', id: 'A' })
  const epochOf = async (name: string) => (await application.acquireLease(name, 'worker 2', 60_000))?.epoch
  expect(await Promise.all(names.map(epochOf))).toEqual([1, undefined, 2])
})
