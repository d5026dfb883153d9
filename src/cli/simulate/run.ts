/** One life of a plant: from its beginning through days in which somebody chooses the heat curve. */

import type { TenPoints } from '../../domain/control/decision.ts'
import { supplyOn } from '../../domain/control/ten-points.ts'
import type { Plant, PlantForecast, PlantOutputs, PlantState } from './plant.ts'
import { SensorWatch } from './sensor-watch.ts'

const HOUR_MS = 3_600_000
const FORECAST_HOURS = 48
/** Forecasts are asked for no more often than this. */
const FORECAST_EVERY_MS = HOUR_MS
const WARM_UP_SECONDS = 86_400
/** Outdoors when neither sensor nor forecast says anything, °C. */
const UNKNOWN_OUTDOOR = 0

/** A step as it went: what was asked for and what the sensors showed at its end. */
export interface StepRecord {
  /** End of the step by the plant's clock, epoch milliseconds. */
  readonly time: number
  /** Length, h. */
  readonly hours: number
  readonly outputs: PlantOutputs
  /** As the plant said it, before anything was disbelieved. */
  readonly shown: PlantOutputs
  /** Supply temperature asked for, °C; null when the plant was left on its own curve. */
  readonly asked: number | null
  readonly outdoor: number
  readonly price: number | null
  readonly moved: boolean
}

export interface Moment {
  readonly time: number
  readonly outputs: PlantOutputs
  /** Best knowledge of the outdoor temperature: sensor, else forecast, else the last one known. °C */
  readonly outdoor: number
  readonly forecast: { readonly issuedAt: number; readonly values: PlantForecast } | null
}

/** The curve for the next step, or null to leave the plant on its own. */
export type CurveChoice = (moment: Moment) => TenPoints | null

export interface RunOptions {
  readonly start: string
  readonly stepSeconds: number
}

export class PlantRun {
  readonly records: StepRecord[] = []
  readonly #plant: Plant
  readonly #options: RunOptions
  readonly #watch = new SensorWatch()
  readonly #prices = new Map<number, number>()
  #state: PlantState = { time: 0, outputs: NOTHING }
  #believed: PlantOutputs = NOTHING
  #clock = 0
  #outdoor: number | null = null
  #forecast: Moment['forecast'] = null
  #askedAt = Number.NEGATIVE_INFINITY
  #curve: TenPoints | null = null

  constructor(plant: Plant, options: RunOptions) {
    this.#plant = plant
    this.#options = options
  }

  async begin(): Promise<void> {
    this.records.length = 0
    this.#watch.restart()
    this.#forecast = null
    this.#askedAt = Number.NEGATIVE_INFINITY
    this.#outdoor = null
    this.#curve = null
    this.#prices.clear()
    this.#state = await this.#plant.init(this.#options.start, WARM_UP_SECONDS)
    this.#clock = this.#state.time
    this.#believed = this.#watch.believed(this.#state)
  }

  /**
   * @param choose asked before each step
   * @param forecasts whether forecasts (and with them prices) are wanted all the time, not only in place of a sensor
   */
  async live(days: number, choose: CurveChoice, forecasts = false): Promise<StepRecord[]> {
    const first = this.records.length
    const steps = Math.max(1, Math.round((days * 86_400) / this.#options.stepSeconds))
    for (let step = 0; step < steps; step += 1) await this.#step(choose, forecasts)
    return this.records.slice(first)
  }

  async #step(choose: CurveChoice, forecasts: boolean): Promise<void> {
    const { stepSeconds } = this.#options
    const sensed = this.#believed.outdoorTemperature
    if (forecasts || sensed === null) await this.#refreshForecast()
    const outdoor = sensed ?? this.#foreseenNow() ?? this.#outdoor ?? UNKNOWN_OUTDOOR
    this.#outdoor = outdoor
    const curve = choose({ time: this.#clock, outputs: this.#believed, outdoor, forecast: this.#forecast })
    const asked = curve === null ? null : supplyOn(curve, outdoor)
    const price = this.#priceNow()
    this.#state = await this.#plant.advance(stepSeconds, asked ?? undefined)
    const moved = curve !== null && this.#curve !== null && curve.some((point, i) => point !== this.#curve?.[i])
    this.#curve = curve
    this.#clock = this.#nextClock()
    this.#believed = this.#watch.believed({ time: this.#clock, outputs: this.#state.outputs })
    this.records.push({
      time: this.#clock,
      hours: stepSeconds / 3600,
      outputs: this.#believed,
      shown: this.#state.outputs,
      asked,
      outdoor,
      price,
      moved,
    })
  }

  /** The plant's clock, as long as it goes; a clock that stands or jumps is replaced by the step that was asked for. */
  #nextClock(): number {
    const stepMs = this.#options.stepSeconds * 1000
    const moved = this.#state.time - this.#clock
    return moved >= 0.5 * stepMs && moved <= 2 * stepMs ? this.#state.time : this.#clock + stepMs
  }

  async #refreshForecast(): Promise<void> {
    if (this.#clock - this.#askedAt < FORECAST_EVERY_MS) return
    const values = await this.#plant.forecast(FORECAST_HOURS * 3600, 3600)
    values.price.forEach((price, index) => {
      const time = values.time[index]
      if (price !== null && time !== undefined) this.#prices.set(time, price)
    })
    // None to be had: the one before goes on ageing, and the next step asks again.
    if (!values.outdoorTemperature.some((value) => value !== null)) return
    this.#askedAt = this.#clock
    this.#forecast = { issuedAt: this.#clock, values }
  }

  #foreseenNow(): number | null {
    return this.#forecast === null
      ? null
      : nearest(this.#forecast.values.time, this.#forecast.values.outdoorTemperature, this.#clock)
  }

  /** Of the hour the clock is in; forecasts name hours by their beginning. */
  #priceNow(): number | null {
    let best: { time: number; price: number } | null = null
    for (const [time, price] of this.#prices) {
      if (time <= this.#clock + 1000 && (best === null || time > best.time)) best = { time, price }
    }
    if (best === null) return nearest([...this.#prices.keys()], [...this.#prices.values()], this.#clock)
    return best.price
  }
}

const NOTHING: PlantOutputs = {
  indoorTemperature: null,
  outdoorTemperature: null,
  supplyTemperature: null,
  returnTemperature: null,
  heatPowerKw: null,
  globalIrradiance: null,
}

function nearest(times: readonly number[], values: readonly (number | null)[], time: number): number | null {
  let found: number | null = null
  let distance = 3 * HOUR_MS
  times.forEach((at, index) => {
    const value = values[index] ?? null
    if (value === null || Math.abs(at - time) >= distance) return
    distance = Math.abs(at - time)
    found = value
  })
  return found
}
