/** The discrete form of a model in use, which every decision about its house needs and which never changes. */
import { type DiscreteModel, discreteModel } from '../thermal/network.ts'
import type { ModelStructure, ParameterValues } from '../thermal/structure.ts'

/** Kept as long as the parameters live: a matrix exponential for every decision would be most of its time. */
const discretised = new WeakMap<ParameterValues, Map<string, DiscreteModel>>()

/** {@link discreteModel}, worked out once for the same parameters object. */
export function discreteOnce(
  { structure, values }: { readonly structure: ModelStructure; readonly values: ParameterValues },
  stepHours: number,
): DiscreteModel {
  const key = `${JSON.stringify(structure)} ${stepHours}`
  const known = discretised.get(values) ?? new Map<string, DiscreteModel>()
  const found = known.get(key) ?? discreteModel(structure, values, stepHours)
  known.set(key, found)
  discretised.set(values, known)
  return found
}
