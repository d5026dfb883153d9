/** Finds the configuration of a zone, or says plainly why there is none to work with. */
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import type { ZoneConfig } from '../../config/zone.ts'
import type { EntityRef } from '../../domain/entity.ts'
import type { ApiDependencies } from '../dependencies.ts'
import { Problem } from '../problem.ts'

export function zoneRef(id: string): EntityRef & { readonly kind: 'zone' } {
  return { kind: 'zone', id }
}

/** @throws Problem 404 when there is no file */
export async function configuredZone(
  { config }: Pick<ApiDependencies, 'config'>,
  id: string,
): Promise<ConfiguredEntity> {
  const configured = await config.get(zoneRef(id))
  if (configured === undefined) throw new Problem(404, `There is no zone with the id ${id}.`)
  return configured
}

/** @throws Problem 404 when there is no file, 409 when it has faults */
export async function zoneConfigOf(dependencies: Pick<ApiDependencies, 'config'>, id: string): Promise<ZoneConfig> {
  const { config, problems } = await configuredZone(dependencies, id)
  if (config === null) {
    throw new Problem(409, 'The configuration file of the zone has faults; repair it first.', { errors: problems })
  }
  return config as ZoneConfig
}
