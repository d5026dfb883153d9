/** Which house or building a meter belongs to. */
import { type EntityRef, entityWorkflowId } from '../../domain/entity.ts'

export interface MeteredEntity {
  readonly ref: EntityRef
  readonly name: string
  readonly meterIds: readonly string[]
  /** First Swedish day wanted of a new meter, `YYYY-MM-DD`; undefined when nobody said. */
  readonly dataStart: string | undefined
}

export interface MeterOwner {
  readonly ref: EntityRef
  readonly name: string
}

export interface MeterOwners {
  /** The one entity that names the meter. */
  ownerOf(meterId: string): MeterOwner | undefined
  /** Everybody who names the meter, where that is more than one: then nobody has it. */
  claimantsOf(meterId: string): readonly MeterOwner[]
}

export function meterOwners(entities: readonly MeteredEntity[]): MeterOwners {
  const claims = new Map<string, Map<string, MeterOwner>>()
  for (const { ref, name, meterIds } of entities) {
    for (const meterId of meterIds) {
      const claimants = claims.get(meterId) ?? new Map<string, MeterOwner>()
      claims.set(meterId, claimants.set(entityWorkflowId(ref), { ref, name }))
    }
  }
  const claimants = (meterId: string) => [...(claims.get(meterId)?.values() ?? [])]
  return {
    ownerOf(meterId) {
      const [owner, ...rivals] = claimants(meterId)
      return rivals.length === 0 ? owner : undefined
    },
    claimantsOf(meterId) {
      const all = claimants(meterId)
      return all.length > 1 ? all : []
    },
  }
}
