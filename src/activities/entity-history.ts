/** The past of an entity: where its vendor keeps it, and what of it becomes which field of which series. */
import type { BuildingConfig } from '../config/building.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import type { HouseConfig } from '../config/house.ts'
import { BadConfig, EntityNotFound } from '../connectors/errors.ts'
import type { HistoryCallOptions, HistorySource } from '../connectors/history-source.ts'
import { createSharedFetch } from '../connectors/single-flight.ts'
import { fieldOf } from '../domain/buildings/building-point.ts'
import { findSignals } from '../domain/buildings/signal-readings.ts'
import { ENTITY_TAG, entityWorkflowId } from '../domain/entity.ts'
import { thermalHistoryFields } from '../domain/heating/house-point.ts'
import type { HistoryPoint, HistorySignal } from '../domain/history/row.ts'
import {
  type BuildingSignal,
  buildingHistoryFields,
  houseHistoryFields,
  type SignalMapping,
} from '../domain/history/signals.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { EntityWithHistory } from './history-contract.ts'

/** A series that follows from the points of an import. */
export interface HistorySeries {
  readonly measurement: 'heating_system' | 'thermal_history' | 'building_system'
  readonly tags: Readonly<Record<string, string>>
  /** Fields of which at least one stands in every reading. */
  readonly readingFields: readonly string[]
  /** What a point of the import becomes here; undefined: nothing. */
  readonly derive: (point: HistoryPoint) => HistoryPoint | undefined
}

export interface EntityHistory {
  readonly source: HistorySource
  /** Series the import writes; the first one is the entity's own. */
  readonly series: readonly [HistorySeries, ...HistorySeries[]]
  /** Time between two polls. */
  readonly pollSeconds: number
  /** Place of the entity's weather, and the field that may take its temperature. */
  readonly place: string | null
  readonly outdoorField: string
  /** Whether its points have an effective temperature, computed from the outdoor temperature and the place's weather. */
  readonly hasEffectiveTemperature: boolean
  /** Which signals become which fields; known for some minutes once asked. */
  mapping(call: HistoryCallOptions): Promise<SignalMapping>
}

export interface EntityHistories {
  /** @throws EntityNotFound when there is no such file, BadConfig when it cannot be used or has no history */
  of(entity: EntityWithHistory): Promise<EntityHistory>
}

export interface HouseWithHistory {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: HouseConfig
}

export interface BuildingWithHistory {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: BuildingConfig
}

export interface EntityHistoryDependencies {
  readonly config: Pick<ConfigStore, 'get'>
  /** One per house and process, so that a session is signed in once and reused. */
  readonly houseHistory: (house: HouseWithHistory) => HistorySource
  readonly buildingHistory: (building: BuildingWithHistory) => HistorySource
  readonly overridesOf: (config: HouseConfig) => Promise<Readonly<Record<string, string>>>
  readonly housePollSeconds: (config: HouseConfig, origin: 'real' | 'demo') => Promise<number>
  readonly buildingPollSeconds: (config: BuildingConfig, origin: 'real' | 'demo') => Promise<number>
  /** Position of entities that have none of their own. */
  readonly defaultPosition: Coordinates | undefined
  readonly now: () => number
}

/** An import asks once per chunk; lists of signals change when an installer comes. */
const MAPPING_REUSE_MS = 10 * 60_000
const REMEMBERED_ENTITIES = 500

const HOUSE_READING = ['room_temperature', 'outdoor_temperature', 'supply_temp', 'return_temp']
const THERMAL_READING = ['room_temperature']
/** Enough to tell whether a building was read; all of several hundred signals would be slow to count. */
const BUILDING_READING_FIELDS = 8

export function createEntityHistories(dependencies: EntityHistoryDependencies): EntityHistories {
  const { config, defaultPosition, now } = dependencies
  const mappings = createSharedFetch<SignalMapping>({
    ttlMs: MAPPING_REUSE_MS,
    maxEntries: REMEMBERED_ENTITIES,
    now,
  })

  async function houseHistory(house: HouseWithHistory, version: string): Promise<EntityHistory> {
    const { id, origin } = house
    const source = dependencies.houseHistory(house)
    const tags = { [ENTITY_TAG.house]: id }
    const overrides = await dependencies.overridesOf(house.config)
    return {
      source,
      series: [
        { measurement: 'heating_system', tags, readingFields: HOUSE_READING, derive: (point) => point },
        { measurement: 'thermal_history', tags, readingFields: THERMAL_READING, derive: thermalPoint },
      ],
      pollSeconds: await dependencies.housePollSeconds(house.config, origin),
      place: placeOf(house.config),
      outdoorField: 'outdoor_temperature',
      hasEffectiveTemperature: true,
      mapping: (call) =>
        mappings.get(`house:${id}:${version}:${JSON.stringify(overrides)}`, async () =>
          houseHistoryFields(id, await source.signals(call), overrides),
        ),
    }
  }

  async function buildingHistory(building: BuildingWithHistory, version: string): Promise<EntityHistory> {
    const { id, origin } = building
    if (building.config.connection.system !== 'arrigo') {
      throw new BadConfig(
        `connection.system: the history of ${building.config.connection.system} buildings is not read`,
      )
    }
    const source = dependencies.buildingHistory(building)
    const signals = configuredSignals(building.config)
    if (signals.length === 0) throw new BadConfig('analog_signals: no signal has "fetch": true and a field')
    return {
      source,
      series: [
        {
          measurement: 'building_system',
          tags: { [ENTITY_TAG.building]: id },
          readingFields: buildingReadingFields(signals),
          derive: (point) => point,
        },
      ],
      pollSeconds: await dependencies.buildingPollSeconds(building.config, origin),
      place: placeOf(building.config),
      outdoorField: 'outdoor_temp_fvc',
      hasEffectiveTemperature: false,
      mapping: (call) =>
        mappings.get(`building:${id}:${version}`, async () => mapBuilding(signals, await source.signals(call))),
    }
  }

  function placeOf(document: HouseConfig | BuildingConfig): string | null {
    const position = coordinatesOf(document) ?? defaultPosition
    return position === undefined ? null : placeKey(position)
  }

  return {
    async of(entity) {
      const found = await config.get(entity)
      if (found === undefined) throw new EntityNotFound(`there is no configuration of ${entityWorkflowId(entity)}`)
      if (found.config === null) {
        throw new BadConfig(found.problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
      }
      const { origin, etag } = found
      return entity.kind === 'house'
        ? houseHistory({ id: entity.id, origin, config: found.config as HouseConfig }, etag)
        : buildingHistory({ id: entity.id, origin, config: found.config as BuildingConfig }, etag)
    },
  }
}

function thermalPoint({ time, fields }: HistoryPoint): HistoryPoint | undefined {
  const thermal = thermalHistoryFields(fields)
  return thermal === undefined ? undefined : { time, fields: thermal }
}

function configuredSignals(config: BuildingConfig): BuildingSignal[] {
  return Object.entries(config.analog_signals).flatMap(([name, signal]) => {
    const field = signal.fetch ? fieldOf(name, { fieldName: signal.field_name }) : null
    if (field === null) return []
    return [{ signalId: signal.signal_id, name, field, unit: signal.unit, minValue: signal.min_value ?? null }]
  })
}

/** Temperatures first: they are there whatever the plant does. */
function buildingReadingFields(signals: readonly BuildingSignal[]): string[] {
  const fields = buildingHistoryFields(signals)
  const ordered = [...fields.filter(({ fillable }) => fillable), ...fields.filter(({ fillable }) => !fillable)]
  return ordered.slice(0, BUILDING_READING_FIELDS).map(({ field }) => field)
}

/** Configured ids may be those of before the site's database was rebuilt: the name has the last word. */
function mapBuilding(wanted: readonly BuildingSignal[], listed: readonly HistorySignal[]): SignalMapping {
  const found = findSignals(
    wanted.map(({ signalId, name }) => ({ id: signalId, name })),
    listed,
  )
  const present: BuildingSignal[] = []
  const missing: string[] = []
  const problems: string[] = []
  const taken = new Map<string, string>()
  wanted.forEach((signal, index) => {
    const listedSignal = found[index]?.signal
    const first = listedSignal === undefined ? undefined : taken.get(listedSignal.id)
    if (listedSignal === undefined) missing.push(signal.field)
    else if (first !== undefined) problems.push(`${signal.field}: ${signal.name} is the same signal as ${first}`)
    else {
      taken.set(listedSignal.id, signal.name)
      present.push({ ...signal, signalId: listedSignal.id })
    }
  })
  return { fields: buildingHistoryFields(present), missing, problems }
}
