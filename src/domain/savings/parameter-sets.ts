/** How unsure the parameters of a fitted model are, as it is kept with the model, and the parameters it could have had. */
import { symmetricEigen } from '../numeric/eigen.ts'
import { element, matrixOf } from '../numeric/matrix.ts'
import type { FittedModel } from '../thermal/fit.ts'
import { fromScale, type ParameterName, type ParameterValues, type Scale, toScale } from '../thermal/structure.ts'

export interface ParameterUncertainty {
  readonly parameters: readonly { readonly name: ParameterName; readonly scale: Scale }[]
  /** Of the parameters on their scales, row by row. */
  readonly covariance: readonly (readonly number[])[]
}

/** Null for a model that was fitted without standard errors. */
export function parameterUncertainty({
  specs,
  covariance,
}: Pick<FittedModel, 'specs' | 'covariance'>): ParameterUncertainty | null {
  if (covariance === null) return null
  return {
    parameters: specs.map(({ name, scale }) => ({ name, scale })),
    covariance: specs.map((row, i) => specs.map((column, j) => row.spread * column.spread * element(covariance, i, j))),
  }
}

/**
 * Parameters one standard deviation to either side of the fitted ones along each principal direction of their
 * covariance. Half the difference of a result between the two of a pair is its standard error in that direction; the
 * squares of all add up to its variance (delta method, exact for what is linear).
 */
export function parameterPairs(
  values: ParameterValues,
  { parameters, covariance }: ParameterUncertainty,
): (readonly [ParameterValues, ParameterValues])[] {
  const { values: variances, vectors } = symmetricEigen(matrixOf(covariance))
  return Array.from(variances, (variance, direction) => {
    const size = Math.sqrt(Math.max(0, variance))
    const moved = (sign: number): ParameterValues => ({
      ...values,
      ...Object.fromEntries(
        parameters.map(({ name, scale }, index) => [
          name,
          fromScale(scale, toScale(scale, values[name]) + sign * size * element(vectors, index, direction)),
        ]),
      ),
    })
    return [moved(1), moved(-1)] as const
  })
}
