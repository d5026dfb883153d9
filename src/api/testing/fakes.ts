/**
 * The parts the API is handed, kept in memory: small, but true to the ports. Tests fill and break them, and look at
 * what was asked of them.
 */

import { parseBuilding } from '../../config/building.ts'
import {
  ConfigConflict,
  ConfigExists,
  type ConfigFolder,
  ConfigInvalid,
  type ConfigStore,
  type ConfiguredEntity,
} from '../../config/catalogue.ts'
import { applyMergePatch } from '../../config/merge-patch.ts'
import { parseZone } from '../../config/zone.ts'
import { MemoryCredentials } from '../../connectors/credentials/testing/memory-credentials.ts'
import { EntityNotFound } from '../../connectors/errors.ts'
import { type ConfigProblem, ENTITY_KINDS, ENTITY_TAG, type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import type { WeatherForecast, WeatherObservation } from '../../domain/weather/record.ts'
import { silentLogger } from '../../runtime/log.ts'
import { type ApplicationStore, type EntityStatus, initialStatus } from '../../store/application/port.ts'
import type {
  DeleteReport,
  Point,
  Row,
  SeriesCount,
  SeriesQuery,
  TimeSeriesStore,
} from '../../store/timeseries/port.ts'
import type { ApiDependencies, Operations, SharedWeather, ZoneOverride } from '../dependencies.ts'
import {
  type EnergyInbox,
  type EnergyOperationProgress,
  type EnergyOperations,
  recalibrationWorkflowId,
  type SeparationWish,
  separationWorkflowId,
} from '../energy/ports.ts'
import type { ControlAnswer, ControlOperations, ControlWish } from '../entities/control-port.ts'
import type { InertiaAnswer, InertiaOperations } from '../entities/inertia-port.ts'
import type { RemovalOperations, RemovalWish } from '../removals.ts'
import type { ScheduleOperations, ScheduleView } from '../schedule-routes.ts'
import { FakeOnboarding, FakeVendors } from './fake-onboarding.ts'

export const TEST_TOKEN = 'invented-token-of-the-tests-0001'
export const TEST_NOW = Date.parse('2026-01-10T07:05:12Z')

function unused(what: string): never {
  throw new Error(`the API does not use ${what}; this fake does not know it`)
}

export class FakeApplicationStore implements ApplicationStore {
  readonly rows = new Map<string, EntityStatus>()
  /** Set to make every call fail with it. */
  fault: Error | undefined

  async listStatus(kind?: EntityStatus['kind']): Promise<EntityStatus[]> {
    await this.check()
    return [...this.rows.values()].filter((row) => kind === undefined || row.kind === kind)
  }

  async getStatus(entity: EntityRef): Promise<EntityStatus | undefined> {
    await this.check()
    return this.rows.get(entityWorkflowId(entity))
  }

  async putStatus(entity: EntityRef, change: Partial<Omit<EntityStatus, 'kind' | 'id'>>): Promise<void> {
    const row = this.rows.get(entityWorkflowId(entity)) ?? houseStatus({ kind: entity.kind, id: entity.id })
    this.rows.set(entityWorkflowId(entity), { ...row, ...change })
  }

  async deleteStatus(entity: EntityRef): Promise<void> {
    this.rows.delete(entityWorkflowId(entity))
  }

  readonly documents = new Map<string, { value: unknown; updatedAt: number }>()

  async getDocument<T>(collection: string, key: string): Promise<{ value: T; updatedAt: number } | undefined> {
    await this.check()
    return this.documents.get(`${collection}/${key}`) as { value: T; updatedAt: number } | undefined
  }

  async putDocument(collection: string, key: string, value: unknown): Promise<void> {
    await this.check()
    this.documents.set(`${collection}/${key}`, { value, updatedAt: TEST_NOW })
  }

  async listDocuments<T>(collection: string): Promise<{ key: string; value: T; updatedAt: number }[]> {
    await this.check()
    return [...this.documents]
      .filter(([path]) => path.startsWith(`${collection}/`))
      .map(([path, { value, updatedAt }]) => ({ key: path.slice(collection.length + 1), value: value as T, updatedAt }))
  }

  async deleteDocument(collection: string, key: string): Promise<void> {
    this.documents.delete(`${collection}/${key}`)
  }

  async acquireLease(): Promise<never> {
    return unused('leases')
  }

  async renewLease(): Promise<never> {
    return unused('leases')
  }

  async releaseLease(): Promise<void> {
    unused('leases')
  }

  async forgetLease(): Promise<void> {
    unused('leases')
  }

  async putDocumentUnder(): Promise<never> {
    return unused('leases')
  }

  async check(): Promise<void> {
    if (this.fault !== undefined) throw this.fault
  }

  async close(): Promise<void> {}
}

/** Holds rows as written; buckets are not computed, `read` answers the rows in range whatever `every` says. */
export class FakeTimeSeries implements TimeSeriesStore {
  rows: (Row & { readonly measurement: string })[] = []
  readonly queries: SeriesQuery[] = []
  /** Set to make deletions leave everything behind. */
  stubborn = false
  fault: Error | undefined

  async write(points: readonly Point[]): Promise<void> {
    this.rows.push(...points.map(({ measurement, tags, time, fields }) => ({ measurement, tags, time, fields })))
  }

  async replaceRange(): Promise<void> {
    unused('replaceRange')
  }

  async read(query: SeriesQuery): Promise<Row[]> {
    await this.check()
    this.queries.push(query)
    const { fields, from, to, limit } = query
    const found = this.#matching(query.measurement, query.tags)
      .filter(({ time }) => time >= from && time < to)
      .map((row) => ({
        time: row.time,
        tags: row.tags,
        fields:
          fields === undefined
            ? row.fields
            : Object.fromEntries(fields.map((field) => [field, row.fields[field] ?? null])),
      }))
    return limit === undefined ? found : found.slice(-limit)
  }

  async latest(measurement: string, tags: Readonly<Record<string, string>>): Promise<Row | undefined> {
    await this.check()
    return this.#matching(measurement, tags).at(-1)
  }

  async countEntity(entity: EntityRef): Promise<SeriesCount[]> {
    await this.check()
    const counts = new Map<string, SeriesCount>()
    for (const { measurement, tags, time } of this.rows) {
      if (tags[ENTITY_TAG[entity.kind]] !== entity.id) continue
      const { rows, oldest, newest } = counts.get(measurement) ?? { rows: 0, oldest: time, newest: time }
      counts.set(measurement, {
        measurement,
        rows: rows + 1,
        oldest: Math.min(oldest, time),
        newest: Math.max(newest, time),
      })
    }
    return [...counts.values()]
  }

  async deleteEntity(entity: EntityRef): Promise<DeleteReport> {
    const deleted = await this.countEntity(entity)
    if (this.stubborn) return { deleted: [], remaining: deleted }
    this.rows = this.rows.filter(({ tags }) => tags[ENTITY_TAG[entity.kind]] !== entity.id)
    return { deleted, remaining: [] }
  }

  async check(): Promise<void> {
    if (this.fault !== undefined) throw this.fault
  }

  async close(): Promise<void> {}

  #matching(measurement: string, tags: Readonly<Record<string, string>>) {
    return this.rows
      .filter((row) => row.measurement === measurement)
      .filter((row) => Object.entries(tags).every(([tag, value]) => row.tags[tag] === value))
      .sort((a, b) => a.time - b.time)
  }
}

type Document = Record<string, unknown>

interface FakeFile {
  readonly ref: EntityRef
  readonly document: Document | null
  readonly problems: readonly ConfigProblem[]
  readonly origin: 'real' | 'demo'
  readonly version: number
}

export class FakeConfigStore implements ConfigStore {
  readonly files = new Map<string, FakeFile>()
  readonly aside = new Map<string, FakeFile>()
  folders: ConfigFolder[] = ENTITY_KINDS.map((kind) => ({
    kind,
    origin: 'real',
    path: kind === 'house' ? 'profiles' : `${kind}s`,
    state: 'read',
  }))
  /** What a validated document has to say against itself. */
  validate: (document: Document) => readonly ConfigProblem[] = () => []

  put(ref: EntityRef, document: Document, origin: 'real' | 'demo' = 'real'): void {
    this.files.set(entityWorkflowId(ref), { ref, document, problems: [], origin, version: 1 })
  }

  putBroken(ref: EntityRef, problems: readonly ConfigProblem[]): void {
    this.files.set(entityWorkflowId(ref), { ref, document: null, problems, origin: 'real', version: 1 })
  }

  async list() {
    return { entities: [...this.files.values()].map((file) => this.#configured(file)), folders: this.folders }
  }

  async get(entity: EntityRef): Promise<ConfiguredEntity | undefined> {
    const file = this.files.get(entityWorkflowId(entity))
    return file === undefined ? undefined : this.#configured(file)
  }

  async patch(entity: EntityRef, patch: unknown, options: { readonly ifMatch?: string } = {}) {
    const file = this.files.get(entityWorkflowId(entity))
    if (file === undefined) throw new EntityNotFound('no such file')
    if (options.ifMatch !== undefined && options.ifMatch !== this.#etag(file)) throw new ConfigConflict('changed')
    const document = applyMergePatch(file.document, patch) as Document
    const problems = this.validate(document)
    if (problems.length > 0) throw new ConfigInvalid('the configuration would not be valid', problems)
    const changed = { ...file, document, problems: [], version: file.version + 1 }
    this.files.set(entityWorkflowId(entity), changed)
    return this.#configured(changed)
  }

  async create(ref: EntityRef, document: unknown, origin: 'real' | 'demo' = 'real'): Promise<ConfiguredEntity> {
    if (this.files.has(entityWorkflowId(ref))) throw new ConfigExists('exists already')
    const problems = this.validate(document as Document)
    if (problems.length > 0) throw new ConfigInvalid('the configuration would not be valid', problems)
    const file: FakeFile = { ref, document: document as Document, problems: [], origin, version: 1 }
    this.files.set(entityWorkflowId(ref), file)
    return this.#configured(file)
  }

  async setAside(entity: EntityRef): Promise<void> {
    this.#move(this.files, this.aside, entity)
  }

  async findAside(entity: EntityRef): Promise<string | undefined> {
    return this.aside.has(entityWorkflowId(entity)) ? `${entity.id}.json.removed` : undefined
  }

  async bringBack(entity: EntityRef): Promise<ConfiguredEntity> {
    if (this.files.has(entityWorkflowId(entity))) throw new ConfigExists('exists already')
    return this.#configured(this.#move(this.aside, this.files, entity))
  }

  async discardAside(entity: EntityRef): Promise<void> {
    this.aside.delete(entityWorkflowId(entity))
  }

  #move(from: Map<string, FakeFile>, to: Map<string, FakeFile>, entity: EntityRef): FakeFile {
    const key = entityWorkflowId(entity)
    const file = from.get(key)
    if (file === undefined) throw new EntityNotFound('no such file')
    from.delete(key)
    to.set(key, file)
    return file
  }

  async remove(entity: EntityRef): Promise<void> {
    this.files.delete(entityWorkflowId(entity))
  }

  #etag({ ref, version }: FakeFile): string {
    return `${ref.id}-${version}`
  }

  #configured(file: FakeFile): ConfiguredEntity {
    return {
      ref: file.ref,
      origin: file.origin,
      file: `${file.ref.id}.json`,
      // The API treats configurations as documents; the schemas of the kinds are tested where they are.
      config: file.document as unknown as ConfiguredEntity['config'],
      problems: file.problems,
      unknownKeys: [],
      etag: this.#etag(file),
    }
  }
}

export class FakeOperations implements Operations {
  /** Every message in order, such as `pause house:A`. */
  readonly messages: string[] = []
  /** Workflow ids for which nothing runs. */
  readonly notRunning = new Set<string>()
  fault: Error | undefined

  pollNow = (entity: EntityRef) => this.#send('poll', entity)
  pause = (entity: EntityRef) => this.#send('pause', entity)
  resume = (entity: EntityRef) => this.#send('resume', entity)

  readonly overrides: (ZoneOverride & { readonly entity: EntityRef })[] = []
  /** What happens beside a reconciliation, such as a status row that goes. */
  onReconcile: () => void = () => {}

  async overrideZone(entity: EntityRef, override: ZoneOverride): Promise<void> {
    await this.#send('override', entity)
    this.overrides.push({ entity, ...override })
  }

  clearOverride = (entity: EntityRef) => this.#send('clear-override', entity)

  async reconcileNow(): Promise<void> {
    await this.check()
    this.messages.push('reconcile')
    this.onReconcile()
  }

  async check(): Promise<void> {
    if (this.fault !== undefined) throw this.fault
  }

  async #send(message: string, entity: EntityRef): Promise<void> {
    await this.check()
    const workflowId = entityWorkflowId(entity)
    if (this.notRunning.has(workflowId)) {
      throw new EntityNotFound(`no loop runs for ${entity.kind} ${entity.id}`)
    }
    this.messages.push(`${message} ${workflowId}`)
  }
}

/** `names` goes before the names of what is really kept. */
export class FakeCredentials extends MemoryCredentials {
  /** Names of what is kept, by workflow id of the entity. */
  readonly names = new Map<string, string[]>()

  override async namesOf(entity: EntityRef): Promise<readonly string[]> {
    return this.names.get(entityWorkflowId(entity)) ?? super.namesOf(entity)
  }
}

/** Remembers what was asked; a removal runs from `remove` until `restore`. */
export class FakeRemovals implements RemovalOperations {
  readonly asked: string[] = []
  readonly running = new Set<string>()
  tooLate = false

  async remove(entity: EntityRef, { mode, graceDays, abandonControl }: RemovalWish) {
    const id = entityWorkflowId(entity)
    this.asked.push(
      [mode, id, ...(graceDays === undefined ? [] : [graceDays]), ...(abandonControl ? ['abandon'] : [])].join(' '),
    )
    if (!this.running.has(id)) {
      this.running.add(id)
      return 'started'
    }
    return mode === 'hard' || abandonControl ? 'changed' : 'running'
  }

  async restore(entity: EntityRef) {
    if (this.tooLate) return 'too_late'
    this.running.delete(entityWorkflowId(entity))
    this.asked.push(`restore ${entityWorkflowId(entity)}`)
    return 'accepted'
  }
}

/** Remembers what was asked, such as `approve A`; a test runs from `propose` until a test of the routes ends it. */
export class FakeInertia implements InertiaOperations {
  readonly asked: string[] = []
  readonly running = new Set<string>()
  answer: InertiaAnswer = { state: 'accepted' }

  async propose(id: string, wish: object) {
    if (this.running.has(id)) return false
    this.asked.push(`propose ${id} ${JSON.stringify(wish)}`)
    this.running.add(id)
    return true
  }

  approve = (id: string) => this.#tell('approve', id)
  abort = (id: string) => this.#tell('abort', id)

  async isRunning(id: string) {
    return this.running.has(id)
  }

  async #tell(what: string, id: string): Promise<InertiaAnswer> {
    if (!this.running.has(id)) return { state: 'not_running' }
    this.asked.push(`${what} ${id}`)
    return this.answer
  }
}

export class FakeWeather implements SharedWeather {
  readonly forecasts = new Map<string, WeatherForecast>()
  readonly observations = new Map<string, WeatherObservation>()
  readonly refreshed: string[] = []
  fault: Error | undefined

  async forecast(place: string) {
    return this.forecasts.get(place)
  }

  async observation(place: string) {
    return this.observations.get(place)
  }

  async refresh(place: string): Promise<void> {
    this.refreshed.push(place)
    if (this.fault !== undefined) throw this.fault
  }
}

/** Answers what a test tells it to; remembers what was asked. */
export class FakeControl implements ControlOperations {
  readonly asked: (ControlWish & { readonly id: string })[] = []
  answer: ControlAnswer = {
    state: 'done',
    outcome: {
      control: {
        state: 'held',
        leaseUntil: '2026-01-10T07:35:12Z',
        baselineAt: '2026-01-10T07:05:12Z',
        steerable: null,
      },
      mode: 'monitor',
    },
  }
  fault: Error | undefined
  optimise = { allowed: false, reason: 'its model has no score yet' }

  async ask(id: string, wish: ControlWish): Promise<ControlAnswer> {
    if (this.fault !== undefined) throw this.fault
    this.asked.push({ ...wish, id })
    return this.answer
  }

  async mayOptimise() {
    return this.optimise
  }
}

export class FakeSchedules implements ScheduleOperations {
  views: ScheduleView[] = []
  /** Every change in order, such as `pause fillGaps: the history server is rebuilt`. */
  readonly changes: string[] = []
  fault: Error | undefined

  async list(): Promise<ScheduleView[]> {
    if (this.fault !== undefined) throw this.fault
    return this.views
  }

  async get(id: string): Promise<ScheduleView> {
    const found = (await this.list()).find((view) => view.id === id)
    if (found === undefined) throw new EntityNotFound(`there is no schedule ${id}`)
    return found
  }

  async trigger(id: string): Promise<'triggered' | 'running'> {
    if ((await this.get(id)).running.length > 0) return 'running'
    this.changes.push(`trigger ${id}`)
    return 'triggered'
  }

  pause = (id: string, note: string) => this.#change('pause', id, { paused: true, note })
  resume = (id: string, note: string) => this.#change('resume', id, { paused: false, note })

  async #change(action: string, id: string, change: Pick<ScheduleView, 'paused' | 'note'>): Promise<void> {
    const found = await this.get(id)
    this.views = this.views.map((view) => (view === found ? { ...view, ...change } : view))
    this.changes.push(`${action} ${id}: ${change.note}`)
  }
}

/** Remembers what was asked; nothing runs for long. */
export class FakeEnergy implements EnergyOperations {
  readonly asked: string[] = []
  /** Ids of workflows that have not ended. */
  readonly running = new Set<string>()
  readonly progressOf = new Map<string, EnergyOperationProgress>()
  fault: Error | undefined

  async startSync(): Promise<string> {
    await this.#ask('sync')
    return 'energy-inbox'
  }

  async startSeparation(entity: EntityRef, { days, dryRun }: SeparationWish): Promise<'started' | 'running'> {
    const what = [`separate ${entityWorkflowId(entity)}`, ...(days ?? []), ...(dryRun ? ['dry'] : [])]
    await this.#ask(what.join(' '))
    return this.running.has(separationWorkflowId(entity)) ? 'running' : 'started'
  }

  async startRecalibration(entity: EntityRef): Promise<'started' | 'running'> {
    await this.#ask(`recalibrate ${entityWorkflowId(entity)}`)
    return this.running.has(recalibrationWorkflowId(entity)) ? 'running' : 'started'
  }

  async progress(workflowId: string) {
    return this.progressOf.get(workflowId)
  }

  async #ask(what: string): Promise<void> {
    if (this.fault !== undefined) throw this.fault
    this.asked.push(what)
  }
}

/** The row of a house that was read a moment before {@link TEST_NOW}; change what a test is about. */
export function houseStatus(change: Partial<EntityStatus> = {}): EntityStatus {
  const lastPoll = Date.parse('2026-01-10T07:05:00Z')
  return {
    ...initialStatus({ kind: 'house', id: 'HEM_FJV_Villa_901' }, Date.parse('2026-01-09T12:00:00Z')),
    name: 'Villa Ek',
    place: '56.670,12.860',
    lastPollAt: lastPoll,
    lastGoodAt: lastPoll,
    lastReading: { room_temperature: 21.3, outdoor_temperature: -3.4, supply_temp: 41.9 },
    configHash: 'invented-hash',
    health: 'ok',
    since: Date.parse('2026-01-10T07:00:00Z'),
    ...change,
  }
}

/** The least a zone is made of. */
export const ZONE_DOCUMENT = {
  name: 'Living Room',
  modbus_host: '127.0.0.1',
  modbus_port: 5020,
  preferences: { occupied_temp: 21, unoccupied_temp: 17 },
}

/** All fakes together with what they make up; `now` can be set. */
export function fakeDependencies() {
  const clock = { now: TEST_NOW }
  const fakes = {
    application: new FakeApplicationStore(),
    timeSeries: new FakeTimeSeries(),
    config: new FakeConfigStore(),
    operations: new FakeOperations(),
    weather: new FakeWeather(),
    removals: new FakeRemovals(),
    credentials: new FakeCredentials(),
    vendors: new FakeVendors(),
    energy: new FakeEnergy(),
    inertia: new FakeInertia(),
  }
  const energyInbox: EnergyInbox = { place: '/home/bvpro/data/energy-inbox' }
  const onboarding = new FakeOnboarding(fakes.config)
  const control = new FakeControl()
  const dependencies: ApiDependencies = {
    ...fakes,
    onboarding,
    control,
    probeZone: async () => unused('probeZone'),
    imports: { startImport: async () => 'started', importProgress: async () => undefined },
    gaps: { startFill: async () => '1f0c2b9a', fillProgress: async () => undefined },
    schedules: new FakeSchedules(),
    energyInbox,
    log: silentLogger,
    apiToken: TEST_TOKEN,
    version: '0.1.0',
    temporalUiUrl: 'http://127.0.0.1:8233',
    temporalNamespace: 'default',
    modbusHosts: ['gateway.example.com'],
    now: () => clock.now,
  }
  /** A house with a valid file and a status row. */
  function addHouse(change: Partial<EntityStatus> = {}): EntityStatus {
    const status = houseStatus(change)
    fakes.application.rows.set(entityWorkflowId(status), status)
    fakes.config.put(
      { kind: status.kind, id: status.id },
      { customer_id: status.id, friendly_name: status.name, comfort: { target_indoor_temp: 21 } },
      status.origin,
    )
    return status
  }
  /** A zone with a valid file, all defaults filled in, and a status row of a poll a moment ago. */
  function addZone(change: Partial<EntityStatus> = {}, document: Readonly<Record<string, unknown>> = {}): EntityStatus {
    const status = houseStatus({
      kind: 'zone',
      id: 'living-room',
      name: 'Living Room',
      pollSeconds: 30,
      lastReading: { temperature: 19.4, target_temperature: 22, occupancy: 1, heater_status: 0 },
      ...change,
    })
    const { config, problems } = parseZone({ ...ZONE_DOCUMENT, name: status.name, ...document }, { id: status.id })
    if (config === null) throw new Error(`not a valid zone: ${JSON.stringify(problems)}`)
    fakes.application.rows.set(entityWorkflowId(status), status)
    fakes.config.put({ kind: status.kind, id: status.id }, config, status.origin)
    return status
  }
  /** A building that is polled for the signals given, as their fields and units. */
  function addBuilding(
    change: Partial<EntityStatus> = {},
    signals: Readonly<Record<string, string>> = {},
  ): EntityStatus {
    const status = houseStatus({ kind: 'building', id: 'TE901_KVARNEN', name: 'Kvarnen', lastReading: {}, ...change })
    const { config, problems } = parseBuilding(
      {
        friendly_name: status.name,
        connection: { host: 'bms.example.com' },
        analog_signals: Object.fromEntries(
          Object.entries(signals).map(([field, unit], index) => [
            `Kvarnen1.Signal_${index}`,
            { signal_id: `s${index}`, field_name: field, unit, fetch: true },
          ]),
        ),
      },
      { id: status.id },
    )
    if (config === null) throw new Error(`not a valid building: ${JSON.stringify(problems)}`)
    fakes.application.rows.set(entityWorkflowId(status), status)
    fakes.config.put({ kind: status.kind, id: status.id }, config, status.origin)
    return status
  }
  return { ...fakes, onboarding, control, clock, dependencies, addHouse, addZone, addBuilding }
}
