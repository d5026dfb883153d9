/** Which of a plant's readings can be believed: a sensor that has stopped shows the same number for ever. */
import type { PlantOutputs, PlantState } from './plant.ts'

const HOUR_MS = 3_600_000
/** Equal readings this long are no news from any sensor, h; a coarse one in a steady room gets more. */
const LEAST_STUCK_HOURS = 2
const MOST_STUCK_HOURS = 24
/** Times the length of runs that are usual. */
const UNUSUAL = 6
const LEAST_RUNS = 12

export type Channel = keyof PlantOutputs

/** Plausible readings; wide, to catch broken sensors only. */
const RANGE: Readonly<Record<Channel, readonly [number, number]>> = {
  indoorTemperature: [-5, 45],
  outdoorTemperature: [-60, 50],
  supplyTemperature: [-5, 110],
  returnTemperature: [-5, 110],
  heatPowerKw: [-1, 1e6],
  globalIrradiance: [-20, 1500],
}
const CHANNELS = Object.keys(RANGE) as Channel[]
/** These rest at 0 for good reasons: the night, the summer. */
const MAY_REST_AT_ZERO: readonly Channel[] = ['heatPowerKw', 'globalIrradiance']

export class SensorWatch {
  readonly #since = new Map<Channel, { value: number; from: number }>()
  readonly #runs = new Map<Channel, number[]>()

  /** The readings that can be believed; the others null. States are given in the order of time. */
  believed({ time, outputs }: PlantState): PlantOutputs {
    return Object.fromEntries(
      CHANNELS.map((channel) => [channel, this.#check(channel, outputs[channel], time)]),
    ) as unknown as PlantOutputs
  }

  /** After the plant was put back to its beginning: what is usual stays known. */
  restart(): void {
    this.#since.clear()
  }

  #check(channel: Channel, value: number | null, time: number): number | null {
    const [low, high] = RANGE[channel]
    if (value === null || value < low || value > high) return null
    const held = this.#since.get(channel)
    if (held === undefined || held.value !== value) {
      if (held !== undefined) this.#remember(channel, (time - held.from) / HOUR_MS)
      this.#since.set(channel, { value, from: time })
      return value
    }
    if (value === 0 && MAY_REST_AT_ZERO.includes(channel)) return value
    return (time - held.from) / HOUR_MS >= this.#longest(channel) ? null : value
  }

  #remember(channel: Channel, hours: number): void {
    const runs = this.#runs.get(channel) ?? []
    runs.push(hours)
    if (runs.length > 4000) runs.shift()
    this.#runs.set(channel, runs)
  }

  #longest(channel: Channel): number {
    const runs = this.#runs.get(channel) ?? []
    if (runs.length < LEAST_RUNS) return MOST_STUCK_HOURS
    // Runs weigh by their length: how long a reading seen at any moment usually stands.
    const sorted = [...runs].sort((one, other) => one - other)
    const total = sorted.reduce((sum, hours) => sum + hours, 0)
    let passed = 0
    const usual = sorted.find((hours) => {
      passed += hours
      return passed >= total / 2
    })
    return Math.min(MOST_STUCK_HOURS, Math.max(LEAST_STUCK_HOURS, UNUSUAL * (usual ?? 1)))
  }
}
