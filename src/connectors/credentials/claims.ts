/** Which entities use which variable. Two on one would poll one account under two names, so both are refused. */
import type { EntityRef } from '../../domain/entity.ts'
import { BadConfig } from '../errors.ts'

export class Claims {
  readonly #holders = new Map<string, Map<string, EntityRef>>()

  /** @throws BadConfig when another entity holds the variable */
  claim(variable: string, entity: EntityRef): void {
    const holders = this.#holders.get(variable) ?? new Map<string, EntityRef>()
    this.#holders.set(variable, holders.set(`${entity.kind}:${entity.id}`, entity))
    if (holders.size > 1) throw sharedVariable(variable, [...holders.values()])
  }

  others(variable: string, { kind, id }: EntityRef): EntityRef[] {
    return [...(this.#holders.get(variable)?.values() ?? [])].filter((held) => held.kind !== kind || held.id !== id)
  }

  releaseNames(variables: readonly string[], entity: EntityRef): void {
    for (const variable of variables) this.#holders.get(variable)?.delete(`${entity.kind}:${entity.id}`)
  }

  release(entity: EntityRef): void {
    this.releaseNames([...this.#holders.keys()], entity)
  }
}

/** What to tell an operator about a variable that several entities lead to. */
export function sharedVariable(variable: string, entities: readonly EntityRef[]): BadConfig {
  const ids = entities.map(({ kind, id }) => `${kind} ${id}`)
  return new BadConfig(
    `${variable} belongs to ${ids.join(' and ')}; give each a variable with its id spelt as it is, or rename one`,
  )
}
