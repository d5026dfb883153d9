/** The Kalman filter as the textbook has it, one step at a time: what the fast one is compared with. */
import { GATE, type StateEstimate } from '../filter.ts'
import { type DiscreteModel, INPUTS } from '../network.ts'

const range = (size: number) => Array.from({ length: size }, (_, index) => index)
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
const at = (values: Float64Array, index: number) => values[index] as number

/** Moves an estimate one step on, in place. */
export function predict(model: DiscreteModel, state: StateEstimate, inputs: Float64Array, offset: number): void {
  const { states: n, transition, input, noise } = model
  const mean = range(n).map(
    (i) =>
      sum(range(n).map((j) => at(transition, i * n + j) * at(state.mean, j))) +
      sum(range(INPUTS).map((j) => at(input, i * INPUTS + j) * at(inputs, offset + j))),
  )
  const moved = range(n * n).map((index) => {
    const [i, j] = [Math.floor(index / n), index % n]
    const pairs = range(n).flatMap((k) => range(n).map((l) => [k, l] as const))
    return (
      at(noise, index) +
      sum(
        pairs.map(([k, l]) => at(transition, i * n + k) * at(state.covariance, k * n + l) * at(transition, j * n + l)),
      )
    )
  })
  state.mean.set(mean)
  state.covariance.set(moved)
}

/** Takes a reading into account, in place. Returns the innovation over its standard deviation. */
export function correct(model: DiscreteModel, state: StateEstimate, reading: number): number {
  const { states: n } = model
  const deviation = Math.sqrt(at(state.covariance, 0) + model.sensorVariance)
  const z = (reading - at(state.mean, 0)) / deviation
  const gain = range(n).map((i) => at(state.covariance, i * n) / deviation ** 2)
  const first = range(n).map((j) => at(state.covariance, j))
  gain.forEach((factor, i) => {
    state.mean[i] = at(state.mean, i) + factor * Math.min(GATE, Math.max(-GATE, z)) * deviation
    first.forEach((value, j) => {
      state.covariance[i * n + j] = at(state.covariance, i * n + j) - factor * value
    })
  })
  return z
}
