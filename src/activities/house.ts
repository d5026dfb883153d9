/** Reading a house: its profile, its signed-in client, and what is computed beside the values. */
import { Context } from '@temporalio/activity'
import type { ConfigStore } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import { controlModeOf, curveControlModeNumber, type HouseConfig } from '../config/house.ts'
import { BadConfig, EntityNotFound } from '../connectors/errors.ts'
import type { CallOptions, HomeSideClient, HouseReading } from '../connectors/homeside/index.ts'
import { formatProblems } from '../domain/entity.ts'
import { supplyTemperatureAt } from '../domain/heating/curve.ts'
import { heatingSystemFields, thermalHistoryFields } from '../domain/heating/house-point.ts'
import { MEASUREMENTS } from '../domain/measurements.ts'
import type { CompactReading } from '../domain/reading.ts'
import { type EffectiveTemperature, effectiveTemperatureOf } from '../domain/weather/effective-temperature.ts'
import { weatherAt } from '../domain/weather/forecast.ts'
import { type Coordinates, parsePlace, placeKey } from '../domain/weather/place.ts'
import type { Point } from '../store/timeseries/port.ts'
import type { PollActivities, PollInput, PollResult } from './contract.ts'
import type { CycleControl } from './control/in-cycle.ts'
import { startHeartbeat } from './heartbeat.ts'
import { type EntityReading, type PollDependencies, pollEntity } from './poll.ts'
import { forecastForPoll, type SharedWeather } from './shared-weather.ts'

export interface HouseDependencies extends PollDependencies {
  readonly config: Pick<ConfigStore, 'get'>
  readonly weather: SharedWeather
  /** The signed-in client of a house; one per house and process, so that sessions are reused. */
  readonly homeSideClient: (house: ConfiguredHouse) => HomeSideClient
  readonly pollSecondsOf: (config: HouseConfig, origin: 'real' | 'demo') => Promise<number>
  /** API short name → field where a house departs from the standard list. */
  readonly overridesOf: (config: HouseConfig) => Promise<Readonly<Record<string, string>>>
  /** Position of houses that have none of their own. */
  readonly defaultPosition: Coordinates | undefined
  /** Left out where houses are only read. */
  readonly control?: CycleControl
}

export interface ConfiguredHouse {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: HouseConfig
}

export function createHouseActivities(dependencies: HouseDependencies): Pick<PollActivities, 'pollHouse'> {
  return {
    pollHouse: (input) => pollControlled(dependencies, input),
  }
}

interface SteeredReading {
  readonly house: ConfiguredHouse
  readonly reading: HouseReading
}

/** What has lapsed is restored before the house is read; control goes on when the reading is stored, and only then. */
async function pollControlled(dependencies: HouseDependencies, input: PollInput): Promise<PollResult> {
  const { id, dueAt } = input
  const { control } = dependencies
  let read: SteeredReading | undefined
  await beating((call) => control?.before(id, call))
  let result: PollResult
  try {
    result = await pollEntity(dependencies, { kind: 'house', id }, input, {
      read: (due) =>
        readHouse(dependencies, id, due, (steered) => {
          read = steered
        }),
      points: (reading) => housePoints(id, reading),
    })
  } catch (error) {
    if (!Context.current().cancellationSignal.aborted) await control?.failed(id)
    throw error
  }
  if (read !== undefined && result.unstored.length === 0) {
    const { house, reading } = read
    const cycle = { id, origin: house.origin, config: house.config, reading, dueAt, pollSeconds: result.pollSeconds }
    await beating((call) => control?.after(cycle, call))
  }
  return result
}

async function beating(work: (call: CallOptions) => Promise<void> | undefined): Promise<void> {
  const heartbeat = startHeartbeat<never>()
  try {
    await work({ heartbeat: () => heartbeat.beat(), signal: Context.current().cancellationSignal })
  } finally {
    heartbeat.stop()
  }
}

async function readHouse(
  dependencies: HouseDependencies,
  id: string,
  dueAt: number,
  keep: (steered: SteeredReading) => void,
): Promise<EntityReading> {
  const house = await configuredHouse(dependencies, id)
  const { config, origin } = house
  const reading = await dependencies.homeSideClient(house).read({
    overrides: await dependencies.overridesOf(config),
    heartbeat: () => Context.current().heartbeat(),
    signal: Context.current().cancellationSignal,
  })
  keep({ house, reading })
  const mode = controlModeOf(config)
  const concern = await dependencies.control?.concernOf(id, mode)
  const position = coordinatesOf(config) ?? dependencies.defaultPosition
  const place = position === undefined ? null : placeKey(position)
  const { fields, unknown } = knownFields(await pointFields(dependencies, reading, config, place, dueAt))
  report(dependencies, id, reading, unknown)
  return {
    entity: {
      name: config.friendly_name || reading.house.name || id,
      origin,
      mode,
      pollSeconds: await dependencies.pollSecondsOf(config, origin),
      place,
    },
    fields,
    logged: { missing: reading.missing.length, renewedSession: reading.renewed },
    ...(concern === undefined || concern === null ? {} : { concern }),
  }
}

function report({ log }: HouseDependencies, id: string, reading: HouseReading, unknownFields: readonly string[]): void {
  for (const { field, value } of reading.rejected) {
    log.warn('reading.implausible', { kind: 'house', id, field, value: String(value) })
  }
  if (unknownFields.length > 0) log.warn('reading.unknown_fields', { kind: 'house', id, fields: unknownFields })
}

async function configuredHouse({ config }: HouseDependencies, id: string): Promise<ConfiguredHouse> {
  const found = await config.get({ kind: 'house', id })
  if (found === undefined) throw new EntityNotFound(`the profile of ${id} is gone`)
  if (found.config === null) {
    throw new BadConfig(formatProblems(found.problems).join('; '))
  }
  return { id, origin: found.origin, config: found.config as HouseConfig }
}

async function pointFields(
  dependencies: HouseDependencies,
  reading: HouseReading,
  config: HouseConfig,
  place: string | null,
  dueAt: number,
): Promise<Record<string, number>> {
  const curve = reading.curve
  return heatingSystemFields({
    fields: reading.fields,
    curveControlMode: curveControlModeNumber(config),
    curve: curve === null ? undefined : (outdoor) => supplyTemperatureAt(curve.y, outdoor),
    effective: await effectiveAtHouse(dependencies, place, dueAt, reading.fields.outdoor_temperature),
  })
}

/** Effective temperature at the house: its own outdoor sensor, wind, humidity and cloud of the place's weather. */
async function effectiveAtHouse(
  { weather, log }: HouseDependencies,
  place: string | null,
  dueAt: number,
  outdoorTemperature: number | undefined,
): Promise<EffectiveTemperature | undefined> {
  if (place === null || outdoorTemperature === undefined) return undefined
  const forecast = await forecastForPoll(weather, place, log)
  const conditions = forecast === undefined ? undefined : weatherAt(forecast, dueAt)
  if (conditions === undefined) return undefined
  const atHouse = { ...conditions, temperature: outdoorTemperature, validAt: dueAt }
  return effectiveTemperatureOf(atHouse, parsePlace(place) ?? null)
}

/** An override may name a field that no series has: it is reported, and does not cost the house its other values. */
function knownFields(fields: Readonly<Record<string, number>>) {
  const isKnown = (field: string) => field in MEASUREMENTS.heating_system.fields
  return {
    fields: Object.fromEntries(Object.entries(fields).filter(([field]) => isKnown(field))),
    unknown: Object.keys(fields).filter((field) => !isKnown(field)),
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
