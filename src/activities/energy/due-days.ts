/**
 * Which Swedish days of an entity have to be separated. Whoever changes meter hours notes the days first: a note that
 * turns out to be needless costs a second, a day that nobody noted would stay wrong.
 */
import { randomUUID } from 'node:crypto'
import { ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { addDays, dayLabel, timeToLabel } from '../../domain/time/day.ts'
import type { ApplicationStore } from '../../store/application/port.ts'
import type { TimeSeriesStore } from '../../store/timeseries/port.ts'

const COLLECTION = 'energy_due'

interface Note {
  readonly entity: EntityRef
  readonly days: readonly string[]
}

export interface DueDays {
  readonly days: readonly string[]
  /** The notes they come from, to be forgotten once the days are stored; later notes stay. */
  readonly notes: readonly string[]
}

type Documents = Pick<ApplicationStore, 'putDocument' | 'listDocuments' | 'deleteDocument'>

/** Notes days whose meter hours are about to change. Each note is a document of its own: nobody overwrites another's. */
export async function noteDays(
  application: Pick<Documents, 'putDocument'>,
  entity: EntityRef,
  days: readonly string[],
) {
  const note: Note = { entity, days }
  await application.putDocument(COLLECTION, `${entityWorkflowId(entity)} ${randomUUID()}`, note)
}

/** Notes by entity. */
export async function notedDays(application: Pick<Documents, 'listDocuments'>): Promise<Map<string, DueDays>> {
  const noted = new Map<string, { days: Set<string>; notes: string[] }>()
  for (const { key, value } of await application.listDocuments<Note>(COLLECTION)) {
    const id = entityWorkflowId(value.entity)
    const due = noted.get(id) ?? { days: new Set<string>(), notes: [] }
    for (const day of value.days) due.days.add(day)
    due.notes.push(key)
    noted.set(id, due)
  }
  return new Map([...noted].map(([id, { days, notes }]) => [id, { days: [...days].sort(), notes }]))
}

export async function forgetNotes(application: Pick<Documents, 'deleteDocument'>, notes: readonly string[]) {
  for (const key of notes) await application.deleteDocument(COLLECTION, key)
}

/**
 * Days behind the newest stored split that have meter hours: of an entity whose hours were there before BVPro split
 * them, and after a standstill.
 * @param today Swedish date; it is not over, and so never due
 * @param longest most days of the past
 */
export async function daysBehind(
  timeSeries: Pick<TimeSeriesStore, 'latest'>,
  entity: EntityRef,
  today: string,
  longest: number,
): Promise<string[]> {
  const tags = { [ENTITY_TAG[entity.kind]]: entity.id }
  const [meter, split] = await Promise.all([
    timeSeries.latest('energy_meter', tags),
    timeSeries.latest('energy_separated', tags),
  ])
  if (meter === undefined) return []
  const newest = dayLabel(meter.time)
  const earliest = addDays(today, -longest)
  const behind = split === undefined ? earliest : addDays(timeToLabel(split.time), 1)
  const begin = [behind, earliest].sort().at(-1) ?? earliest
  const days: string[] = []
  for (let day = begin; day <= newest && day < today; day = addDays(day, 1)) {
    days.push(day)
  }
  return days
}
