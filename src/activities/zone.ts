/** One cycle of a zone: read its device, learn from it, and, when control is due, decide, write and remember why. */
import { Context } from '@temporalio/activity'
import type { ConfigStore } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import { type ZoneConfig, zoneSettings } from '../config/zone.ts'
import { BadConfig, BadData, EntityNotFound } from '../connectors/errors.ts'
import { type ModbusClient, readZone, writeRegister, type ZoneMap, zoneMapOf } from '../connectors/modbus/index.ts'
import { formatProblems } from '../domain/entity.ts'
import type { CompactReading } from '../domain/reading.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import { afterAbsence } from '../domain/zones/absence.ts'
import { afterWrite, decideZone, type ZoneDecision } from '../domain/zones/decide.ts'
import { observeZone } from '../domain/zones/observe.ts'
import { judgeReading, type ZoneReading } from '../domain/zones/reading.ts'
import { restoreZoneState, withOverride, withoutOverride, type ZoneState } from '../domain/zones/state.ts'
import type { Point } from '../store/timeseries/port.ts'
import type { PollActivities, ZoneRequest } from './contract.ts'
import { describeError } from './failures.ts'
import { outlookAt } from './outlook.ts'
import { type EntityReading, type PollDependencies, pollEntity } from './poll.ts'
import type { SharedWeather } from './shared-weather.ts'

export interface ZoneDependencies extends PollDependencies {
  readonly config: Pick<ConfigStore, 'get'>
  readonly weather: SharedWeather
  /** The client of a zone's device; zones behind one endpoint share its connection. */
  readonly modbusClient: (zone: ConfiguredZone) => ModbusClient
  readonly pollSecondsOf: (config: ZoneConfig, origin: 'real' | 'demo') => Promise<number>
  readonly defaultPosition: Coordinates | undefined
}

export interface ConfiguredZone {
  readonly id: string
  readonly origin: 'real' | 'demo'
  readonly config: ZoneConfig
}

/** What a zone has learned and commanded, and when it last decided; outlasts runs of its loop. */
interface ZoneMemory {
  readonly state: ZoneState
  /** Epoch milliseconds; null before the first decision. */
  readonly decidedAt: number | null
  /** Contact was lost since the last decision; kept here because another worker may meet the device next. */
  readonly contactLost?: boolean
}

const MEMORY = 'zone-memory'

export function createZoneActivities(dependencies: ZoneDependencies): Pick<PollActivities, 'pollZone'> {
  /** Lost contacts of each zone's endpoint, as of its last cycle in this process. */
  const contacts = new Map<string, number>()
  return {
    pollZone: (input) =>
      pollEntity(dependencies, { kind: 'zone', id: input.id }, input, {
        read: (dueAt) => runZone(dependencies, contacts, input.id, dueAt, input.request),
        points: (reading) => [readingPoint(input.id, reading)],
      }),
  }
}

async function runZone(
  dependencies: ZoneDependencies,
  contacts: Map<string, number>,
  id: string,
  dueAt: number,
  request: ZoneRequest | undefined,
): Promise<EntityReading> {
  const zone = await configuredZone(dependencies, id)
  const { config, origin } = zone
  const settings = zoneSettings(config)
  const device: Device = { client: dependencies.modbusClient(zone), map: zoneMapOf(config) }
  const reading = await rememberingLostContact(dependencies, id, device.client, () =>
    readDevice(dependencies, id, device, config, dueAt),
  )
  const position = coordinatesOf(config) ?? dependencies.defaultPosition
  const place = position === undefined ? null : placeKey(position)
  const outdoor = await outlookAt(dependencies.weather, place, dueAt, dependencies.log)

  const before = await recall(dependencies, id)
  const breaks = device.client.breaks()
  const wasAway = before.contactLost === true || (contacts.has(id) && contacts.get(id) !== breaks)
  contacts.set(id, breaks)
  const present = wasAway ? afterAbsence(before.state) : before.state
  const requested = request === undefined ? present : withRequest(present, request)
  const observed = observeZone(requested, reading, settings, outdoor)
  await followUpCommand(dependencies, id, present, observed)
  const isDue =
    request !== undefined || wasAway || (before.decidedAt ?? 0) + config.control_seconds * 1000 <= dueAt + SECOND_MS
  const concern = isDue
    ? await control(dependencies, id, device, { now: dueAt, settings, state: observed, reading, outdoor })
    : await keep(dependencies, id, { state: observed, decidedAt: before.decidedAt }).then(() => undefined)
  return {
    entity: {
      name: config.name,
      origin,
      mode: 'monitor',
      pollSeconds: await dependencies.pollSecondsOf(config, origin),
      place,
    },
    fields: storedFields(reading),
    logged: {},
    ...(concern === undefined ? {} : { concern }),
  }
}

/** Timers are a second coarse: a control that is due within the next one is due now. */
const SECOND_MS = 1_000

interface Device {
  readonly client: ModbusClient
  readonly map: ZoneMap
}

async function configuredZone({ config }: ZoneDependencies, id: string): Promise<ConfiguredZone> {
  const found = await config.get({ kind: 'zone', id })
  if (found === undefined) throw new EntityNotFound(`the configuration of zone ${id} is gone`)
  if (found.config === null) {
    throw new BadConfig(formatProblems(found.problems).join('; '))
  }
  return { id, origin: found.origin, config: found.config as ZoneConfig }
}

/** @throws BadData when nothing the device says can be true */
async function readDevice(
  { log }: ZoneDependencies,
  id: string,
  { client, map }: Device,
  config: ZoneConfig,
  dueAt: number,
): Promise<ZoneReading> {
  const { values, rejected } = await readZone(client, map, { signal: Context.current().cancellationSignal })
  // What the register map rejects is judged as well: the fault names the likely cause.
  const delivered = (point: keyof ZoneMap) =>
    values[point] ?? rejected.find((value) => value.point === point)?.value ?? null
  const { reading, faults } = judgeReading(
    {
      time: dueAt,
      temperature: delivered('temperature'),
      setpoint: delivered('setpoint'),
      occupancy: values.occupancy ?? null,
      heater: values.heater ?? null,
    },
    config.registers.temperature.scale,
  )
  for (const { code, reason } of faults) {
    log.warn('reading.implausible', { kind: 'zone', id, field: code, value: reason.en })
  }
  if (reading.temperature === null && reading.setpoint === null) {
    throw new BadData(faults[0]?.reason.en ?? `${client.name} delivers neither temperature nor setpoint`)
  }
  return reading
}

async function rememberingLostContact<T>(
  dependencies: ZoneDependencies,
  id: string,
  client: ModbusClient,
  read: () => Promise<T>,
): Promise<T> {
  const breaks = client.breaks()
  try {
    return await read()
  } catch (error) {
    if (client.breaks() !== breaks) {
      const memory = await recall(dependencies, id)
      if (memory.contactLost !== true) await keep(dependencies, id, { ...memory, contactLost: true })
    }
    throw error
  }
}

function withRequest(state: ZoneState, request: ZoneRequest): ZoneState {
  if (request.type === 'clear-override') return withoutOverride(state)
  const { temperature, until, by } = request
  return withOverride(state, { temperature, until, by })
}

/** Decides, writes when the decision says so, and keeps what follows. @returns what is wrong with the zone, if anything */
async function control(
  dependencies: ZoneDependencies,
  id: string,
  device: Device,
  input: Parameters<typeof decideZone>[0],
): Promise<EntityReading['concern']> {
  const decision = decideZone(input)
  if (decision.write) await write(dependencies, id, device, decision)
  else await keep(dependencies, id, { state: decision.state, decidedAt: decision.time })
  const [problem] = decision.problems
  return problem === undefined ? undefined : { reason: problem.reason.en, reasonCode: problem.code }
}

/**
 * The command is kept before it is sent. Killed in between, BVPro finds a setpoint that does not stand and commands it again;
 * the other way round it would take its own setpoint for one turned by hand.
 */
async function write(
  dependencies: ZoneDependencies,
  id: string,
  { client, map }: Device,
  decision: ZoneDecision,
): Promise<void> {
  const { timeSeries, log } = dependencies
  await keep(dependencies, id, { state: afterWrite(decision, decision.time), decidedAt: decision.time })
  const command = commandPoint(id, decision)
  const breaks = client.breaks()
  try {
    const result = await writeRegister(client, map, 'setpoint', decision.setpoint)
    const status = result.applied === null || result.verified ? 'written' : 'failed'
    await timeSeries.write([{ ...command, fields: { ...command.fields, status } }])
    log.info('zone.commanded', {
      kind: 'zone',
      id,
      setpoint: decision.setpoint,
      previous: decision.previous,
      action: decision.action,
      because: decision.reasonCode,
      status,
    })
  } catch (error) {
    // Nobody knows whether it arrived: the state before stands, and the next reading shows what the device holds.
    const contactLost = client.breaks() !== breaks
    await keep(dependencies, id, { state: decision.state, decidedAt: decision.time, contactLost })
    await timeSeries.write([{ ...command, fields: { ...command.fields, status: 'failed' } }])
    log.warn('zone.not_commanded', { kind: 'zone', id, reason: describeError(error).reason })
    throw error
  }
}

/** A command is looked at again after more than one cycle of the device; the record of it then says what became of it. */
async function followUpCommand(
  { timeSeries }: ZoneDependencies,
  id: string,
  before: ZoneState,
  after: ZoneState,
): Promise<void> {
  const { commandedAt, commanded, outcome, shown } = after.keeping
  if (commandedAt === null || outcome === 'pending' || outcome === before.keeping.outcome) return
  const kept = outcome === 'kept'
  await timeSeries.write([
    {
      measurement: 'zone_command',
      tags: { zone_id: id },
      time: commandedAt,
      fields: { verified_temperature: kept ? commanded : shown, status: kept ? 'verified' : 'reverted' },
    },
  ])
}

async function recall({ application }: ZoneDependencies, id: string): Promise<ZoneMemory> {
  const stored = await application.getDocument<Partial<ZoneMemory>>(MEMORY, id)
  const { state, decidedAt = null, contactLost = false } = stored?.value ?? {}
  return { state: restoreZoneState(state), decidedAt, contactLost }
}

async function keep({ application }: ZoneDependencies, id: string, memory: ZoneMemory): Promise<void> {
  await application.putDocument(MEMORY, id, memory)
}

function commandPoint(id: string, { time, setpoint, previous, reason, reasonCode, state }: ZoneDecision): Point {
  const person = reasonCode === 'override'
  return {
    measurement: 'zone_command',
    tags: { zone_id: id },
    time,
    fields: {
      target_temperature: setpoint,
      previous_temperature: previous,
      source: person ? 'person' : 'control',
      user: person ? (state.override?.by ?? null) : null,
      reason: reason.en,
    },
  }
}

/** Fields of `zone_reading`; what is not known is left out. */
function storedFields({ temperature, setpoint, occupied, heating }: ZoneReading): Record<string, number> {
  return {
    ...(temperature === null ? {} : { temperature }),
    ...(setpoint === null ? {} : { target_temperature: setpoint }),
    ...(occupied === null ? {} : { occupancy: Number(occupied) }),
    ...(heating === null ? {} : { heater_status: Number(heating) }),
  }
}

function readingPoint(id: string, { time, fields }: CompactReading): Point {
  return { measurement: 'zone_reading', tags: { zone_id: id }, time, fields }
}
