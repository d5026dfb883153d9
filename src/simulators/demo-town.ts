/** Everything people try BVPro with: houses and weather, an office building, zones, each speaking its real protocol, and their configuration. */
import { join } from 'node:path'
import type { ControlMode } from '../domain/entity.ts'
import type { Logger } from '../runtime/log.ts'
import { SMEDJAN } from './arrigo/signals.ts'
import { type ArrigoTown, startArrigoTown } from './arrigo/town.ts'
import { addCredentials, demoMeterId, writeDemoFile } from './demo-home.ts'
import { DEFAULT_SEED, inventHouse, inventHouses } from './houses.ts'
import { type SuppliedMeter, startSupplier } from './meters/supplier.ts'
import { writeSpares } from './spares.ts'
import { startTown, type Town, writeDemoHome } from './town.ts'
import { startZoneTown, type TownZone, ZONE_SPECS, type ZoneTown } from './zones/zone-town.ts'

export interface DemoTownOptions {
  /** Keeps the state of all simulators, and holds `profiles/`, `zones/` and `.env` for BVPro. */
  readonly directory: string
  /** Port of houses and weather, the next one being the Arrigo server's; 0 takes free ones. */
  readonly port: number
  readonly log: Logger
}

export interface RunningDemoTown {
  readonly houses: Town
  readonly office: ArrigoTown
  readonly zones: ZoneTown
  /** Those of the zones that BVPro looks after from the beginning. */
  readonly demoZones: readonly TownZone[]
  /** Devices that wait to be added. */
  readonly spareZones: readonly TownZone[]
  /** Folder that the town's heat supplier delivers to. */
  readonly meterFiles: string
  /** The mode each house is there to show, by id. */
  readonly modes: ReadonlyMap<string, ControlMode>
  close(): Promise<void>
}

/** Two register layouts, radiators and floor heating, with and without a heat meter. */
const DEMO_HOUSES = 4
/**
 * What the first, second, … of them shows. The third obeys another curve than the one that is written, so it is only
 * watched; the people of the fourth are away.
 */
const SHOWN_MODES: readonly ControlMode[] = ['optimise', 'rules', 'shadow', 'monitor']
/** Where people expect the five zones. */
const FIRST_ZONE_PORT = 5020
/** Devices behind the five that nobody looks after yet. */
const SPARE_ZONES = 2
const METER_FILES = 'energy-inbox'
const METER_DAYS = 60
/** An account of which BVPro knows no house. `#` and the blank on purpose: a password that only survives quoting. */
const SPARE_ACCOUNT = { username: 'FC2000000906', password: 'Granbacken #906' }

export async function startDemoTown({ directory, port, log }: DemoTownOptions): Promise<RunningDemoTown> {
  const started: { close(): Promise<void> }[] = []
  const keep = <T extends { close(): Promise<void> }>(part: T): T => {
    started.push(part)
    return part
  }
  const close = async () => {
    await Promise.all(started.map((part) => part.close()))
  }
  try {
    const houses = keep(
      await startTown({ directory, houses: DEMO_HOUSES, spareHouses: inventSpareHouses(), port, log }),
    )
    const office = keep(await startOffice(port === 0 ? 0 : port + 1, log))
    const zones = keep(await startZones(directory, log))
    houses.control({ office, zones })
    const demoZones = zones.zones.slice(0, ZONE_SPECS.length)
    const spareZones = zones.zones.slice(ZONE_SPECS.length)
    const modes = new Map(houses.houses.map(({ id }, index) => [id, SHOWN_MODES[index] ?? 'monitor']))
    await writeDemoHome(directory, houses.houses, modes)
    await writeOffice(directory, office)
    for (const zone of demoZones) await writeDemoFile(directory, 'zones', zone.id, demoZone(zone))
    const endSupplying = supplyMeterFiles(directory, houses, office, log)
    started.push({ close: endSupplying })
    await writeSpares(directory, { houses, office, zones: spareZones })
    return { houses, office, zones, demoZones, spareZones, meterFiles: join(directory, METER_FILES), modes, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** One more in the account of the first house, and two in an account of their own. */
function inventSpareHouses() {
  const [first] = inventHouses(1)
  if (first === undefined) throw new RangeError('the town has no first house')
  const accounts = [{ username: first.username, password: first.password }, SPARE_ACCOUNT, SPARE_ACCOUNT]
  return accounts.map((account, index) => inventHouse(DEMO_HOUSES + index, DEFAULT_SEED, account))
}

async function startOffice(port: number, log: Logger): Promise<ArrigoTown> {
  const spareSites = [
    {
      names: SMEDJAN,
      account: 'SmedjanLocal',
      username: 'smedjan operator',
      password: 'Smedjans #ässja 902',
      seed: 902,
    },
  ]
  try {
    return await startArrigoTown({ port, spareSites, log })
  } catch (error) {
    if (port === 0 || !isTaken(error)) throw error
    log.warn('town.office_port_taken', { port })
    return startArrigoTown({ spareSites, log })
  }
}

/** Most meters of heat suppliers count whole kWh; one of the town is finer. */
function supplyMeterFiles(directory: string, houses: Town, office: ArrigoTown, log: Logger): () => Promise<void> {
  const metered = houses.houses.filter(({ specs }) => specs.hasHeatMeter)
  const meters: SuppliedMeter[] = metered.map(({ id }, index) => ({
    meterId: demoMeterId(id),
    stepKwh: index === 1 ? 0.1 : 1,
    hour: async (start) => ({ ...(await houses.energyOfHour(id, start)), supply: 78, return: 38 }),
  }))
  const [officeMeter] = office.demoBuilding().meter_ids
  if (officeMeter !== undefined) {
    meters.push({ meterId: officeMeter, stepKwh: 1, hour: async (start) => office.energyOfHour(start) })
  }
  return startSupplier(
    {
      meters,
      inbox: join(directory, METER_FILES),
      memory: join(directory, 'delivered-meters.json'),
      firstDays: METER_DAYS,
      now: Date.now,
    },
    (error) => log.error('town.meters_failed', { reason: error instanceof Error ? error.message : String(error) }),
  )
}

async function writeOffice(directory: string, { demoBuilding, username, password }: ArrigoTown): Promise<void> {
  const document = demoBuilding()
  if (!(await writeDemoFile(directory, 'buildings', document.building_id, document))) return
  const prefix = `BUILDING_${document.building_id.toUpperCase()}`
  await addCredentials(join(directory, '.env'), [{ prefix, username, password }])
}

/** A second BVPro on the machine finds the usual ports taken; its zones are then on free ones. */
async function startZones(directory: string, log: Logger): Promise<ZoneTown> {
  const zones = ZONE_SPECS.length + SPARE_ZONES
  try {
    return await startZoneTown({ directory, zones, ports: FIRST_ZONE_PORT, log })
  } catch (error) {
    if (!isTaken(error)) throw error
    log.warn('town.zone_ports_taken', { first: FIRST_ZONE_PORT })
    return startZoneTown({ directory, zones, ports: 0, log })
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}

/** A home that is occupied in the mornings and evenings, and warm when people come. */
function demoZone({ name, host, port, unitId, spec }: TownZone) {
  return {
    name,
    modbus_host: host,
    modbus_port: port,
    unit_id: unitId,
    preferences: { occupied_temp: 21, unoccupied_temp: 18 },
    location: { latitude: 56.67, longitude: 12.86 },
    schedule: spec.habits.some(({ days }) => days === 'workdays')
      ? [
          { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '06:30', to: '08:30' },
          { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '16:30', to: '22:30' },
          { days: ['sat', 'sun'], from: '08:30', to: '23:00' },
        ]
      : [{ days: ['sat', 'sun'], from: '09:00', to: '22:00' }],
  }
}
