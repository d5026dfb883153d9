/** Activities of the house loop: read and store in one step, remember how it went, take up after a restart. */
import { Context } from '@temporalio/activity'
import type { ConfigStore } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import { controlModeOf, type HouseConfig } from '../config/house.ts'
import { BadConfig, BvproError, EntityNotFound, StoreUnavailable } from '../connectors/errors.ts'
import type { HomeSideClient, HouseReading } from '../connectors/homeside/index.ts'
import type { EntityRef } from '../domain/entity.ts'
import { supplyTemperatureAt } from '../domain/heating/curve.ts'
import { type CompactReading, heatingSystemFields, thermalHistoryFields } from '../domain/heating/house-point.ts'
import { MEASUREMENTS } from '../domain/measurements.ts'
import { type EffectiveTemperature, effectiveTemperatureOf } from '../domain/weather/effective-temperature.ts'
import { weatherAt } from '../domain/weather/forecast.ts'
import { type Coordinates, parsePlace, placeKey } from '../domain/weather/place.ts'
import type { Logger } from '../runtime/log.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { ReadingSpool } from '../store/spool.ts'
import type { Point, TimeSeriesStore } from '../store/timeseries/port.ts'
import { type HouseActivities, POLL_ATTEMPTS, type PollHouseInput, type PollHouseResult } from './contract.ts'
import { describeError, toApplicationFailure } from './failures.ts'
import type { SharedWeather } from './shared-weather.ts'
import { recordFailedPoll, recordGoodPoll, recordPausedState } from './status-rows.ts'

/** Readings a workflow carries while the store refuses; about 6 kB. Older ones go to the disk spool. */
const CARRIED_READINGS = 12

export interface HouseDependencies {
  readonly config: ConfigStore
  readonly timeSeries: TimeSeriesStore
  readonly application: ApplicationStore
  readonly weather: SharedWeather
  readonly spool: ReadingSpool
  /** The signed-in client of a house; one per house and process, so that sessions are reused. */
  readonly homeSideClient: (house: ConfiguredHouse) => HomeSideClient
  readonly pollSecondsOf: (config: HouseConfig, origin: 'real' | 'demo') => Promise<number>
  /** API short name → field where a house departs from the standard list. */
  readonly overridesOf: (config: HouseConfig) => Promise<Readonly<Record<string, string>>>
  /** Position of houses that have none of their own. */
  readonly defaultPosition: Coordinates | undefined
  readonly log: Logger
  readonly now: () => number
}

export interface ConfiguredHouse {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: HouseConfig
}

export function createHouseActivities(dependencies: HouseDependencies): HouseActivities {
  const { application, log } = dependencies

  return {
    async pollHouse(input) {
      const entity: EntityRef = { kind: 'house', id: input.id }
      const stopBeating = heartbeatWhileWorking()
      try {
        return await poll(dependencies, entity, input)
      } catch (error) {
        const { info, cancellationSignal } = Context.current()
        if (cancellationSignal.aborted) throw error
        const last = info.attempt >= POLL_ATTEMPTS || (error instanceof BvproError && !error.retryable)
        const { reason, reasonCode } = describeError(error)
        log.warn('poll.failed', { kind: 'house', id: input.id, reasonCode, reason, attempt: info.attempt })
        const recorded = last && (await tryToRecord(dependencies, entity, input.dueAt, reason, reasonCode))
        throw toApplicationFailure(error, recorded)
      } finally {
        stopBeating()
      }
    },

    async openHouse({ id }) {
      const house = await configuredHouse(dependencies, id).catch(() => undefined)
      const row = await application.getStatus({ kind: 'house', id })
      return {
        paused: row?.paused ?? false,
        pollSeconds:
          house === undefined
            ? (row?.pollSeconds ?? 300)
            : await dependencies.pollSecondsOf(house.config, house.origin),
        mode: house === undefined ? (row?.mode ?? 'monitor') : controlModeOf(house.config),
        registeredAt: row?.registeredAt ?? dependencies.now(),
        lastPollAt: row?.lastPollAt ?? null,
        lastGoodAt: row?.lastGoodAt ?? null,
      }
    },

    async recordFailedCycle({ id, dueAt, reason, reasonCode }) {
      await recordFailedPoll(application, { kind: 'house', id }, { dueAt, reason, reasonCode }, dependencies.now())
    },

    async recordPaused({ id, paused }) {
      await recordPausedState(application, { kind: 'house', id }, paused, dependencies.now())
      log.info(paused ? 'entity.paused' : 'entity.resumed', { kind: 'house', id })
    },
  }
}

async function poll(
  dependencies: HouseDependencies,
  entity: EntityRef,
  { dueAt, carried }: PollHouseInput,
): Promise<PollHouseResult> {
  const { application, log, now } = dependencies
  const startedAt = now()
  const house = await configuredHouse(dependencies, entity.id)
  const { cancellationSignal } = Context.current()
  const reading = await dependencies.homeSideClient(house).read({
    overrides: await dependencies.overridesOf(house.config),
    heartbeat: () => Context.current().heartbeat(),
    signal: cancellationSignal,
  })
  const mode = controlModeOf(house.config)
  const pollSeconds = await dependencies.pollSecondsOf(house.config, house.origin)
  const position = coordinatesOf(house.config) ?? dependencies.defaultPosition
  const place = position === undefined ? null : placeKey(position)
  const computed = await pointFields(dependencies, reading, house.config, place, dueAt)
  const { fields, unknown } = knownFields(computed)

  const { unstored, problem } = await store(dependencies, entity, [...carried, { time: dueAt, fields }])
  const newestIsDurable = unstored.length === 0
  try {
    await recordGoodPoll(
      application,
      entity,
      {
        dueAt,
        name: house.config.friendly_name || reading.house.name || entity.id,
        origin: house.origin,
        mode,
        pollSeconds,
        place,
        lastReading: fields,
        storeProblem: newestIsDurable ? null : problem,
      },
      now(),
    )
  } catch (error) {
    // The reading is safe; a list that is one cycle old must not make this cycle fail and be read again.
    log.warn('status.not_recorded', { kind: 'house', id: entity.id, reason: describeError(error).reason })
  }
  log.info('poll.done', {
    kind: 'house',
    id: entity.id,
    due: new Date(dueAt).toISOString(),
    latenessMs: now() - dueAt,
    durationMs: now() - startedAt,
    fields: Object.keys(fields).length,
    missing: reading.missing.length,
    unstored: unstored.length,
    renewedSession: reading.renewed,
  })
  for (const { field, value } of reading.rejected) {
    log.warn('reading.implausible', { kind: 'house', id: entity.id, field, value: String(value) })
  }
  if (unknown.length > 0) log.warn('reading.unknown_fields', { kind: 'house', id: entity.id, fields: unknown })
  return { pollSeconds, mode, unstored, storeProblem: newestIsDurable ? null : problem }
}

/** An override may name a field that no series has: it is reported, and does not cost the house its other values. */
function knownFields(fields: Readonly<Record<string, number>>) {
  const isKnown = (field: string) => field in MEASUREMENTS.heating_system.fields
  return {
    fields: Object.fromEntries(Object.entries(fields).filter(([field]) => isKnown(field))),
    unknown: Object.keys(fields).filter((field) => !isKnown(field)),
  }
}

async function configuredHouse({ config }: HouseDependencies, id: string): Promise<ConfiguredHouse> {
  const found = await config.get({ kind: 'house', id })
  if (found === undefined) throw new EntityNotFound(`the profile of ${id} is gone`)
  if (found.config === null) {
    throw new BadConfig(found.problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
  }
  return { id, origin: found.origin, config: found.config as HouseConfig }
}

async function pointFields(
  { weather }: HouseDependencies,
  reading: HouseReading,
  config: HouseConfig,
  place: string | null,
  dueAt: number,
): Promise<Record<string, number>> {
  const curve = reading.curve
  return heatingSystemFields({
    fields: reading.fields,
    mode: controlModeOf(config),
    curve: curve === null ? undefined : (outdoor) => supplyTemperatureAt(curve.y, outdoor),
    effective: await effectiveParts(weather, place, dueAt, reading.fields.outdoor_temperature),
  })
}

/** Effective temperature at the house: its own outdoor sensor, wind, humidity and cloud of the place's weather. */
async function effectiveParts(
  weather: SharedWeather,
  place: string | null,
  dueAt: number,
  outdoorTemperature: number | undefined,
): Promise<EffectiveTemperature | undefined> {
  if (place === null || outdoorTemperature === undefined) return undefined
  const forecast = await weather.forecast(place)
  const conditions = forecast === undefined ? undefined : weatherAt(forecast, dueAt)
  if (conditions === undefined) return undefined
  const atHouse = { ...conditions, temperature: outdoorTemperature, validAt: dueAt }
  return effectiveTemperatureOf(atHouse, parsePlace(place) ?? null)
}

/** Writes all readings, or says which are still to be written and why. Nothing read is lost. */
async function store(
  dependencies: HouseDependencies,
  entity: EntityRef,
  readings: readonly CompactReading[],
): Promise<{ unstored: readonly CompactReading[]; problem: string | null }> {
  const write = (batch: readonly CompactReading[]) =>
    dependencies.timeSeries.write(batch.flatMap((reading) => housePoints(entity.id, reading)))
  try {
    await write(readings)
    const drained = await dependencies.spool.drain(entity, write)
    if (drained > 0) dependencies.log.info('spool.drained', { kind: entity.kind, id: entity.id, readings: drained })
    return { unstored: [], problem: null }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    dependencies.log.error('store.refused', { kind: entity.kind, id: entity.id, reason: error.message })
    return { unstored: await spoolOldest(dependencies, entity, readings), problem: error.message }
  }
}

async function spoolOldest(
  { spool, log }: HouseDependencies,
  entity: EntityRef,
  readings: readonly CompactReading[],
): Promise<readonly CompactReading[]> {
  if (readings.length <= CARRIED_READINGS) return readings
  // All but the newest go to disk at once, so that the next cycles do not write one line each.
  const oldest = readings.slice(0, -1)
  try {
    await spool.append(entity, oldest)
    log.warn('spool.appended', { kind: entity.kind, id: entity.id, readings: oldest.length })
    return readings.slice(-1)
  } catch (error) {
    log.error('spool.refused', { kind: entity.kind, id: entity.id, reason: describeError(error).reason })
    return readings
  }
}

function housePoints(id: string, { time, fields }: CompactReading): Point[] {
  const tags = { house_id: id }
  const thermal = thermalHistoryFields(fields)
  return [
    { measurement: 'heating_system', tags, time, fields },
    ...(thermal === undefined ? [] : [{ measurement: 'thermal_history', tags, time, fields: thermal }]),
  ]
}

async function tryToRecord(
  { application, log, now }: HouseDependencies,
  entity: EntityRef,
  dueAt: number,
  reason: string,
  reasonCode: string,
): Promise<boolean> {
  try {
    await recordFailedPoll(application, entity, { dueAt, reason, reasonCode }, now())
    return true
  } catch (error) {
    log.error('status.not_recorded', { ...entity, reason: describeError(error).reason })
    return false
  }
}

/** Waiting for a slow vendor is alive as long as this process is; without beats the server gives the cycle to another. */
function heartbeatWhileWorking(): () => void {
  const context = Context.current()
  const timer = setInterval(() => context.heartbeat(), 3_000)
  return () => clearInterval(timer)
}
