/** A note for people: what the simulated town has that nobody looks after yet, so that adding can be tried. */
import path from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { ArrigoTown } from './arrigo/town.ts'
import type { Town } from './town.ts'
import type { TownZone } from './zones/zone-town.ts'

export interface Spares {
  readonly houses: Pick<Town, 'houses' | 'spareHouses'>
  readonly office: Pick<ArrigoTown, 'url' | 'spareSites'>
  readonly zones: readonly TownZone[]
}

/**
 * Writes `spare.env` under the directory, anew at each start because ports may change: variables for a shell, named
 * `TOWN_…`, that the examples of the README use.
 */
export async function writeSpares(directory: string, spares: Spares): Promise<void> {
  const lines = [
    '# What the simulated town has that is not looked after yet, for trying out "bvpro house|building|zone add".',
    '# Written at each start. In a shell: . data/demo/spare.env',
    ...Object.entries(spareVariables(spares)).map(([name, value]) => `${name}='${value}'`),
  ]
  await writeFileAtomic(path.join(directory, 'spare.env'), `${lines.join('\n')}\n`, { mode: 0o600 })
}

export function spareVariables({ houses, office, zones }: Spares): Record<string, string> {
  const isShared = (username: string) => houses.houses.some((house) => house.username === username)
  const neighbour = houses.spareHouses.find(({ username }) => isShared(username))
  const account = houses.spareHouses.find(({ username }) => !isShared(username))
  const [site] = office.spareSites
  const [zone] = zones
  return {
    // An account whose first house is looked after already, and one more that is not.
    ...(neighbour && {
      TOWN_KNOWN_ACCOUNT: neighbour.username,
      TOWN_KNOWN_PASSWORD: neighbour.password,
      TOWN_NEIGHBOUR: neighbour.id,
    }),
    ...(account && { TOWN_ACCOUNT: account.username, TOWN_PASSWORD: account.password }),
    ...(site && {
      TOWN_ARRIGO: office.url,
      TOWN_ARRIGO_ACCOUNT: site.building.account,
      TOWN_ARRIGO_USERNAME: site.username,
      TOWN_ARRIGO_PASSWORD: site.password,
    }),
    ...(zone && { TOWN_ZONE_HOST: zone.host, TOWN_ZONE_PORT: String(zone.port) }),
  }
}
