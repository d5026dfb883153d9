/** Reading a commercial building: its configured signals, the states of its plant, and what its alarms did. */
import { Context } from '@temporalio/activity'
import type { BuildingConfig } from '../config/building.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import type { ArrigoClient, CallOptions } from '../connectors/arrigo/index.ts'
import { BadConfig, EntityNotFound, Unavailable } from '../connectors/errors.ts'
import { type AlarmEvent, type AlarmList, alarmEvents, countAlarms } from '../domain/buildings/alarms.ts'
import { fieldOf, storedAnalog, storedDigital } from '../domain/buildings/building-point.ts'
import { formatProblems } from '../domain/entity.ts'
import type { CompactReading } from '../domain/reading.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { Point } from '../store/timeseries/port.ts'
import type { PollActivities } from './contract.ts'
import { describeError } from './failures.ts'
import { type EntityReading, type PollDependencies, pollEntity } from './poll.ts'

export interface BuildingDependencies extends PollDependencies {
  readonly config: Pick<ConfigStore, 'get'>
  /** The client of a building; sessions are shared by all buildings on its host. */
  readonly arrigoClient: (building: ConfiguredBuilding) => ArrigoClient
  readonly pollSecondsOf: (config: BuildingConfig, origin: 'real' | 'demo') => Promise<number>
  readonly defaultPosition: Coordinates | undefined
}

export interface ConfiguredBuilding {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: BuildingConfig
}

/** Newest alarms read in one poll; what happened earlier was seen by earlier polls. */
const NEWEST_ALARMS = 500
/** Alarm lists as last seen, so that an event is told once, also after a restart. */
const SEEN_ALARMS = 'building-alarms'

export function createBuildingActivities(dependencies: BuildingDependencies): Pick<PollActivities, 'pollBuilding'> {
  return {
    pollBuilding: (input) =>
      pollEntity(dependencies, { kind: 'building', id: input.id }, input, {
        read: (dueAt) => readBuilding(dependencies, input.id, dueAt),
        points: (reading) => [systemPoint(input.id, reading)],
      }),
  }
}

async function readBuilding(dependencies: BuildingDependencies, id: string, dueAt: number): Promise<EntityReading> {
  const building = await configuredBuilding(dependencies, id)
  const { config, origin } = building
  const client = dependencies.arrigoClient(building)
  const call: CallOptions = {
    heartbeat: () => Context.current().heartbeat(),
    signal: Context.current().cancellationSignal,
  }
  const analogs = await analogFields(client, config, call)
  if (Object.keys(analogs.fields).length === 0) {
    throw new Unavailable(`the server of ${id} delivered none of the ${analogs.wanted} configured signals`)
  }
  const digitals = await digitalFields(client, config, call)
  // Alarms are beside the point of a poll: their trouble is told and does not cost the readings.
  const alarms = config.alarm_monitoring.enabled ? await readAlarms(dependencies, client, id, dueAt, call) : undefined
  const position = coordinatesOf(config) ?? dependencies.defaultPosition
  return {
    entity: {
      name: config.friendly_name || id,
      origin,
      mode: 'monitor',
      pollSeconds: await dependencies.pollSecondsOf(config, origin),
      place: position === undefined ? null : placeKey(position),
    },
    fields: { ...analogs.fields, ...digitals },
    logged: { missing: analogs.missing.length, alarms: alarms ?? null },
  }
}

async function configuredBuilding({ config }: BuildingDependencies, id: string): Promise<ConfiguredBuilding> {
  const found = await config.get({ kind: 'building', id })
  if (found === undefined) throw new EntityNotFound(`the configuration of ${id} is gone`)
  if (found.config === null) {
    throw new BadConfig(formatProblems(found.problems).join('; '))
  }
  const building = found.config as BuildingConfig
  if (building.connection.system !== 'arrigo') {
    throw new BadConfig(`connection.system: buildings on ${building.connection.system} are not read by this version`)
  }
  return { id, origin: found.origin, config: building }
}

async function analogFields(client: ArrigoClient, config: BuildingConfig, call: CallOptions) {
  const signals = Object.entries(config.analog_signals).filter(([, { fetch }]) => fetch)
  if (signals.length === 0) throw new BadConfig('analog_signals: no signal has "fetch": true')
  const { readings } = await client.readSignals(
    signals.map(([name, { signal_id }]) => ({ id: signal_id, name })),
    call,
  )
  const fields: Record<string, number> = {}
  const missing: string[] = []
  signals.forEach(([name, signal], index) => {
    const configured = { fieldName: signal.field_name, minimum: signal.min_value }
    const field = fieldOf(name, configured)
    const value = storedAnalog(readings[index]?.value ?? null, configured)
    if (field === null || value === null) missing.push(name)
    else fields[field] = value
  })
  return { fields, missing, wanted: signals.length }
}

async function digitalFields(client: ArrigoClient, config: BuildingConfig, call: CallOptions) {
  const signals = Object.entries(config.digital_signals).filter(([, { fetch }]) => fetch)
  if (signals.length === 0) return {}
  const { rows } = await client.digitals(call)
  const stateOf = new Map(rows.map(({ id, name, state }) => [`${id} ${name.normalize('NFC')}`, state]))
  const fields: Record<string, number> = {}
  for (const [name, { signal_id, field_name }] of signals) {
    const field = fieldOf(name, { fieldName: field_name })
    const value = storedDigital(stateOf.get(`${signal_id} ${name.normalize('NFC')}`) ?? null)
    if (field !== null && value !== null) fields[field] = value
  }
  return fields
}

/** Stores counts and events of alarms. @returns how many stand, or undefined when they could not be read or stored */
async function readAlarms(
  { application, timeSeries, log }: BuildingDependencies,
  client: ArrigoClient,
  id: string,
  dueAt: number,
  call: CallOptions,
): Promise<number | undefined> {
  try {
    const { problems: _, ...current } = await client.alarms({ ...call, limit: NEWEST_ALARMS })
    const previous = (await application.getDocument<AlarmList>(SEEN_ALARMS, id))?.value ?? null
    const counts = countAlarms(current.alarms)
    const events = alarmEvents(previous, current)
    await timeSeries.write([
      countsPoint(id, dueAt, counts, current.alarms.length),
      ...events.map((event) => eventPoint(id, dueAt, event)),
    ])
    // Kept only after the events are durable: killed in between, the next poll tells them again under the same keys.
    await application.putDocument(SEEN_ALARMS, id, current)
    for (const { kind, alarm } of events) {
      log.info('building.alarm', { kind: 'building', id, alarm: alarm.name, text: alarm.text, happened: kind })
    }
    return counts.alarmed
  } catch (error) {
    if (Context.current().cancellationSignal.aborted) throw error
    log.warn('building.alarms_not_read', { kind: 'building', id, reason: describeError(error).reason })
    return undefined
  }
}

function systemPoint(id: string, { time, fields }: CompactReading): Point {
  return { measurement: 'building_system', tags: { building_id: id }, time, fields }
}

function countsPoint(id: string, time: number, counts: ReturnType<typeof countAlarms>, total: number): Point {
  return {
    measurement: 'building_alarms',
    tags: { building_id: id },
    time,
    fields: {
      total_count: total,
      count_alarmed: counts.alarmed,
      count_returned: counts.returned,
      count_acknowledged: counts.acknowledged,
      count_blocked: counts.blocked,
      count_unknown: counts.unknown,
    },
  }
}

function eventPoint(id: string, dueAt: number, { kind, time, alarm }: AlarmEvent): Point {
  return {
    measurement: 'building_alarm_event',
    tags: { building_id: id, alarm_id: alarm.id },
    // An event nobody knows the time of happened between two polls; the later one is its time.
    time: time ?? dueAt,
    fields: {
      status: kind === 'raised' ? 'alarmed' : kind,
      priority: alarm.priority,
      name: alarm.name,
      alarm_text: alarm.text,
      folder: alarm.folder,
      description: alarm.description,
      action_text: alarm.actionText,
      occurrences: alarm.occurrences,
      alarm_time: alarm.alarmTime === null ? null : Math.floor(alarm.alarmTime / 1000),
    },
  }
}
