/** `/town/…`: looking at the town and switching trouble on and off, from this machine only. */
import type { z } from 'zod'
import { arrigoFaultsSchema } from './arrigo/faults.ts'
import type { ArrigoTown } from './arrigo/town.ts'
import {
  type HomesideFaults,
  homesideFaultsSchema,
  houseFaultsSchema,
  type SmhiFaults,
  smhiFaultsSchema,
} from './faults.ts'
import { type HistoryFaults, historyFaultsSchema } from './homeside-history/routes.ts'
import { clientIdOf } from './houses.ts'
import { type Exchange, readJson, sendJson } from './http.ts'
import type { SimulatedHouse } from './simulated-house.ts'
import { zoneFaultsSchema } from './zones/faults.ts'
import type { TownZone, ZoneTown } from './zones/zone-town.ts'

export interface ControlTargets {
  readonly seed: number
  readonly houses: ReadonlyMap<string, SimulatedHouse>
  readonly now: () => number
  readonly homeside: { faults: HomesideFaults }
  readonly history: { faults: HistoryFaults }
  readonly smhi: { faults: SmhiFaults }
  /** What runs beside the town's own listener and has the same switches. */
  readonly beside: Beside
}

export interface Beside {
  readonly office?: Pick<ArrigoTown, 'url' | 'building' | 'alarmNames' | 'counts' | 'faults' | 'setFault'>
  readonly zones?: Pick<ZoneTown, 'zones' | 'inside' | 'faults' | 'setFault'>
}

/**
 * Answers when the path begins with `/town`; false otherwise. PUT replaces all faults of its target; `{}` clears them.
 */
export async function handleControl(exchange: Exchange, town: ControlTargets): Promise<boolean> {
  const { path, request } = exchange
  if (path !== '/town' && !path.startsWith('/town/')) return false
  if (!isLoopback(request.socket.remoteAddress)) {
    problem(exchange, 403, 'the town is controlled from its own machine only')
    return true
  }
  const method = request.method ?? 'GET'
  const houseMatch = /^\/town\/houses\/([^/]+)(\/faults)?$/.exec(path)
  if (path === '/town' && method === 'GET') sendJson(exchange, 200, overview(town))
  else if (path === '/town/smhi/faults') {
    await faultsOf(exchange, smhiFaultsSchema, town.smhi.faults, (faults) => {
      town.smhi.faults = faults
    })
  } else if (path === '/town/homeside/faults') {
    await faultsOf(exchange, homesideFaultsSchema, town.homeside.faults, (faults) => {
      town.homeside.faults = faults
    })
  } else if (path === '/town/history/faults') {
    await faultsOf(exchange, historyFaultsSchema, town.history.faults, (faults) => {
      town.history.faults = faults
    })
  } else if (houseMatch !== null) {
    const house = town.houses.get(decodeURIComponent(houseMatch[1] ?? ''))
    if (house === undefined) problem(exchange, 404, 'there is no such house')
    else if (houseMatch[2] !== undefined) {
      await faultsOf(exchange, houseFaultsSchema, house.faults, (faults) => house.setFaults(faults, town.now()))
    } else if (method === 'GET') sendJson(exchange, 200, houseInside(house, town.now()))
    else problem(exchange, 405, 'GET only')
  } else if (path === '/town/office' || path === '/town/office/faults') await office(exchange, town.beside)
  else if (path.startsWith('/town/zones/')) await zone(exchange, town.beside)
  else problem(exchange, 404, 'see GET /town')
  return true
}

async function office(exchange: Exchange, { office }: Beside): Promise<void> {
  if (office === undefined) return problem(exchange, 404, 'this town has no office')
  if (exchange.path.endsWith('/faults')) {
    return faultsOf(exchange, arrigoFaultsSchema, office.faults(), (faults) => office.setFault(faults))
  }
  if (exchange.request.method !== 'GET') return problem(exchange, 405, 'GET only')
  sendJson(exchange, 200, { ...officeSummary(office), alarms: office.alarmNames, calls: office.counts() })
}

async function zone(exchange: Exchange, { zones }: Beside): Promise<void> {
  const [, id = '', rest] = /^\/town\/zones\/([^/]+)(\/faults)?$/.exec(exchange.path) ?? []
  const device = zones?.zones.find((candidate) => candidate.id === decodeURIComponent(id))
  if (zones === undefined || device === undefined) return problem(exchange, 404, 'there is no such zone')
  if (rest !== undefined) {
    return faultsOf(exchange, zoneFaultsSchema, zones.faults(device.id), (faults) => zones.setFault(device.id, faults))
  }
  if (exchange.request.method !== 'GET') return problem(exchange, 405, 'GET only')
  sendJson(exchange, 200, { ...zoneSummary(zones, device), inside: zones.inside(device.id) })
}

async function faultsOf<T>(
  exchange: Exchange,
  schema: z.ZodType<T>,
  present: T,
  set: (faults: T) => void | Promise<void>,
): Promise<void> {
  if (exchange.request.method === 'GET') return sendJson(exchange, 200, present)
  if (exchange.request.method !== 'PUT') return problem(exchange, 405, 'GET or PUT')
  const parsed = schema.safeParse(await readJson(exchange.request))
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    return sendJson(exchange, 400, { title: 'These are no faults', status: 400, errors })
  }
  await set(parsed.data)
  sendJson(exchange, 200, parsed.data)
}

function overview({ seed, houses, now, homeside, history, smhi, beside: { office, zones } }: ControlTargets) {
  return {
    seed,
    now: new Date(now()).toISOString(),
    homeside: { faults: homeside.faults },
    history: { faults: history.faults },
    smhi: { faults: smhi.faults },
    houses: [...houses.values()].map((house) => summary(house)),
    ...(office === undefined ? {} : { office: officeSummary(office) }),
    ...(zones === undefined ? {} : { zones: zones.zones.map((device) => zoneSummary(zones, device)) }),
  }
}

/** Without password: whoever needs it finds it where the demo writes it. */
function summary({ spec, faults }: SimulatedHouse) {
  const { id, name, username, latitude, longitude, distribution, layout, hasHeatMeter, physics } = spec
  const clientId = clientIdOf(spec)
  const steering = physics.controller.steering
  return { id, name, username, clientId, latitude, longitude, distribution, layout, hasHeatMeter, steering, faults }
}

function officeSummary({ url, building, faults }: NonNullable<Beside['office']>) {
  return { url, building, faults: faults() }
}

function zoneSummary(zones: NonNullable<Beside['zones']>, { id, name, host, port, unitId }: TownZone) {
  return { id, name, host, port, unitId, faults: zones.faults(id) }
}

/** The truth behind the sensors, to compare with what a client thinks. */
function houseInside(house: SimulatedHouse, now: number) {
  const { time, ...state } = house.stateAt(now)
  return {
    ...summary(house),
    time: new Date(time).toISOString(),
    weather: house.weather(time),
    state,
    writes: house.writesUntil(now).map(({ at, name, text }) => ({ at: new Date(at).toISOString(), name, text })),
    building: house.spec.physics.building,
  }
}

function problem(exchange: Exchange, status: number, title: string): void {
  sendJson(exchange, status, { title, status })
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || address.replace(/^::ffff:/, '').startsWith('127.')
}
