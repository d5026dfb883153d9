/** `/town/…`: looking at the town and switching trouble on and off, from this machine only. */
import type { z } from 'zod'
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

export interface ControlTargets {
  readonly seed: number
  readonly houses: ReadonlyMap<string, SimulatedHouse>
  readonly now: () => number
  readonly homeside: { faults: HomesideFaults }
  readonly history: { faults: HistoryFaults }
  readonly smhi: { faults: SmhiFaults }
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
  } else problem(exchange, 404, 'see GET /town')
  return true
}

async function faultsOf<T>(
  exchange: Exchange,
  schema: z.ZodType<T>,
  present: T,
  set: (faults: T) => void,
): Promise<void> {
  if (exchange.request.method === 'GET') return sendJson(exchange, 200, present)
  if (exchange.request.method !== 'PUT') return problem(exchange, 405, 'GET or PUT')
  const parsed = schema.safeParse(await readJson(exchange.request))
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ path: issue.path.join('.'), message: issue.message }))
    return sendJson(exchange, 400, { title: 'These are no faults', status: 400, errors })
  }
  set(parsed.data)
  sendJson(exchange, 200, parsed.data)
}

function overview({ seed, houses, now, homeside, history, smhi }: ControlTargets) {
  return {
    seed,
    now: new Date(now()).toISOString(),
    homeside: { faults: homeside.faults },
    history: { faults: history.faults },
    smhi: { faults: smhi.faults },
    houses: [...houses.values()].map((house) => summary(house)),
  }
}

/** Without password: whoever needs it finds it where the demo writes it. */
function summary({ spec, faults }: SimulatedHouse) {
  const { id, name, username, latitude, longitude, distribution, layout, hasHeatMeter, physics } = spec
  const clientId = clientIdOf(spec)
  const steering = physics.controller.steering
  return { id, name, username, clientId, latitude, longitude, distribution, layout, hasHeatMeter, steering, faults }
}

/** The truth behind the sensors, to compare with what a client thinks. */
function houseInside(house: SimulatedHouse, now: number) {
  const { time, ...state } = house.stateAt(now)
  return {
    ...summary(house),
    time: new Date(time).toISOString(),
    weather: house.weather(time),
    state,
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
