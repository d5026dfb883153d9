/** The meters of the office: registers that have counted since the building was commissioned, readable at any time. */
import { HOUR_MS, type Office } from './office.ts'

const METERS = ['heat', 'ventilationHeat', 'cooling', 'electricity', 'water', 'primaryVolume'] as const
export type Meter = (typeof METERS)[number]

/** When all registers stood at 0, and history begins. */
export const COMMISSIONED = Date.UTC(2025, 0, 1)

/**
 * Registers as sums of hours, each hour at the power of its middle. Kept from the first hour on, because only so does
 * every reading agree with the ones before and after it: about 400 kB a year.
 */
export class MeterRoom {
  readonly #office: Office
  /** Register of each meter at the beginning of each hour, one row per hour. */
  readonly #sums: number[] = METERS.map(() => 0)

  constructor(office: Office) {
    this.#office = office
  }

  /** kWh or m³; 0 before the building was commissioned. */
  read(meter: Meter, time: number): number {
    if (time <= COMMISSIONED) return 0
    const hour = Math.floor((time - COMMISSIONED) / HOUR_MS)
    this.#countUpTo(hour + 1)
    const column = METERS.indexOf(meter)
    const before = this.#sums[hour * METERS.length + column] ?? 0
    const after = this.#sums[(hour + 1) * METERS.length + column] ?? 0
    return before + (after - before) * ((time - COMMISSIONED) / HOUR_MS - hour)
  }

  /** From here on the building behaves differently: later hours are counted anew. */
  recountFrom(time: number): void {
    const hour = Math.max(0, Math.floor((time - COMMISSIONED) / HOUR_MS))
    this.#sums.length = Math.min(this.#sums.length, (hour + 1) * METERS.length)
  }

  #countUpTo(hour: number): void {
    for (let next = this.#sums.length / METERS.length; next <= hour; next += 1) {
      const state = this.#office.stateAt(COMMISSIONED + (next - 0.5) * HOUR_MS)
      const rates: Readonly<Record<Meter, number>> = {
        heat: state.primary.power,
        ventilationHeat: state.ventilation.power,
        cooling: state.chilled.power,
        electricity: state.electricity,
        water: state.water,
        primaryVolume: state.primary.flow,
      }
      const row = (next - 1) * METERS.length
      METERS.forEach((meter, column) => {
        this.#sums.push((this.#sums[row + column] ?? 0) + rates[meter])
      })
    }
  }
}
