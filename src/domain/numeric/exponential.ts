/** The matrix exponential, and with it the exact discretisation of linear systems with constant coefficients. */
import { at, block, identity, type Matrix, product, scaled, setElement, sum, transpose, zeros } from './matrix.ts'

/**
 * e^A by scaling and squaring of the Taylor series (Moler & Van Loan 2003, "Nineteen dubious ways to compute the
 * exponential of a matrix, twenty-five years later", SIAM Review 45(1), method 3). Scaled to a norm of at most 1/4,
 * ten terms reach double precision.
 */
export function exponential(matrix: Matrix): Matrix {
  let norm = 0
  for (let i = 0; i < matrix.rows; i += 1) {
    let line = 0
    for (let j = 0; j < matrix.columns; j += 1) line += Math.abs(at(matrix.values, i * matrix.columns + j))
    norm = Math.max(norm, line)
  }
  const halvings = norm > 0.25 ? Math.ceil(Math.log2(norm / 0.25)) : 0
  const small = scaled(matrix, 2 ** -halvings)
  let result = identity(matrix.rows)
  // Horner's scheme: I + S/1 (I + S/2 (I + S/3 (…)))
  for (let term = 10; term >= 1; term -= 1)
    result = sum(identity(matrix.rows), scaled(product(small, result), 1 / term))
  for (let round = 0; round < halvings; round += 1) result = product(result, result)
  return result
}

export interface DiscreteSystem {
  /** x⁺ = transition · x + input · u + noise. */
  readonly transition: Matrix
  readonly input: Matrix
  /** Covariance of the noise over one step. */
  readonly noise: Matrix
}

/**
 * The system `dx/dt = A x + B u + w` over one step with constant u; `w` is white noise of spectral density Q per unit of
 * time. Exact: the exponential of the augmented matrix, and Van Loan (1978), "Computing integrals involving the matrix
 * exponential", IEEE Trans. Automatic Control 23(3), for the noise.
 * @param step in the time unit of A
 */
export function discretise(a: Matrix, b: Matrix, q: Matrix, step: number): DiscreteSystem {
  const states = a.rows
  const inputs = b.columns
  const augmented = zeros(states + inputs, states + inputs)
  const doubled = zeros(2 * states, 2 * states)
  for (let i = 0; i < states; i += 1) {
    for (let j = 0; j < states; j += 1) {
      const value = at(a.values, i * states + j)
      setElement(augmented, i, j, value * step)
      setElement(doubled, i, j, -value * step)
      setElement(doubled, states + j, states + i, value * step)
      setElement(doubled, i, states + j, at(q.values, i * states + j) * step)
    }
    for (let j = 0; j < inputs; j += 1) setElement(augmented, i, states + j, at(b.values, i * inputs + j) * step)
  }
  const whole = exponential(augmented)
  const loan = exponential(doubled)
  const turned = transpose(block(loan, states, states, states, states))
  const noise = product(turned, block(loan, 0, states, states, states))
  return {
    transition: block(whole, 0, 0, states, states),
    input: block(whole, 0, states, states, inputs),
    noise: scaled(sum(noise, transpose(noise)), 0.5),
  }
}
