/** The only key to a device's registers: an order to write, which none but a point declared writable yields. */
import { BadConfig } from '../errors.ts'
import { describeRange } from './protocol.ts'
import type { RegisterMap, RegisterPoint } from './register-map.ts'
import { decodeValue, encodeValue } from './register-values.ts'

/** Made by {@link WriteOrder.of} alone, so that no call can write a register by its number. */
export class WriteOrder {
  readonly address: number
  readonly words: readonly number[]
  /** The value the words stand for: what was asked for, to the nearest step of the register. */
  readonly intended: number

  private constructor(address: number, words: readonly number[], intended: number) {
    this.address = address
    this.words = words
    this.intended = intended
  }

  /**
   * @param value in the unit of the point
   * @throws BadConfig when the point is not declared writable, is no holding register, or does not take the value
   */
  static of<P extends string>(map: RegisterMap<P>, name: P, value: number): WriteOrder {
    const point: RegisterPoint | undefined = Object.hasOwn(map, name) ? map[name] : undefined
    if (point === undefined) throw new BadConfig(`the register map has no point "${name}"`)
    const { table, address, unit, writable } = point
    if (writable === false) throw new BadConfig(`"${name}" is not declared writable in the register map`)
    if (table !== 'holding') {
      throw new BadConfig(`"${name}" (${describeRange(table, address, 1)}): only holding registers are written`)
    }
    const [low, high] = writable
    const words = encodeValue(point, value)
    const intended = decodeValue(point, words)
    // The rounded value counts as well: a coarse register must not reach over the limit.
    if (intended === null || !(value >= low && value <= high && intended >= low && intended <= high)) {
      throw new BadConfig(
        `"${name}" is only written between ${low} and ${high} ${unit}`.trimEnd().concat(`, not ${value}`),
      )
    }
    return new WriteOrder(address, words, intended)
  }
}
