/** Everything people try BVPro with: houses and weather, an office building, zones, each speaking its real protocol, and their configuration. */
import { join } from 'node:path'
import type { Logger } from '../runtime/log.ts'
import { type ArrigoTown, startArrigoTown } from './arrigo/town.ts'
import { addCredentials, writeDemoFile } from './demo-home.ts'
import { startTown, type Town, writeDemoHome } from './town.ts'
import { startZoneTown, type TownZone, type ZoneTown } from './zones/zone-town.ts'

export interface DemoTownOptions {
  /** Keeps the state of all simulators, and holds `profiles/`, `zones/` and `.env` for BVPro. */
  readonly directory: string
  /** Port of houses and weather; 0 takes a free one. */
  readonly port: number
  readonly log: Logger
}

export interface RunningDemoTown {
  readonly houses: Town
  readonly office: ArrigoTown
  readonly zones: ZoneTown
  close(): Promise<void>
}

/** Two register layouts, radiators and floor heating, with and without a heat meter. */
const DEMO_HOUSES = 4
/** Where people expect the five zones. */
const FIRST_ZONE_PORT = 5020

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
    const houses = keep(await startTown({ directory, houses: DEMO_HOUSES, port, log }))
    const office = keep(await startArrigoTown({ log }))
    const zones = keep(await startZones(directory, log))
    await writeDemoHome(directory, houses.houses)
    await writeOffice(directory, office)
    for (const zone of zones.zones) await writeDemoFile(directory, 'zones', zone.id, demoZone(zone))
    return { houses, office, zones, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function writeOffice(directory: string, { demoBuilding, username, password }: ArrigoTown): Promise<void> {
  const document = demoBuilding()
  await writeDemoFile(directory, 'buildings', document.building_id, document)
  const prefix = `BUILDING_${document.building_id.toUpperCase()}`
  await addCredentials(join(directory, '.env'), [{ prefix, username, password }])
}

/** A second BVPro on the machine finds the usual ports taken; its zones are then on free ones. */
async function startZones(directory: string, log: Logger): Promise<ZoneTown> {
  try {
    return await startZoneTown({ directory, ports: FIRST_ZONE_PORT, log })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    log.warn('town.zone_ports_taken', { first: FIRST_ZONE_PORT })
    return startZoneTown({ directory, ports: 0, log })
  }
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
