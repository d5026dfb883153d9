/**
 * The past of a house: what its sensors would have shown every five minutes, had nobody ever touched it. Made once when
 * somebody asks, and continued from there; the same house has the same past in every town of the same seed.
 */
import { setImmediate } from 'node:timers/promises'
import { HEAT_METER, readVariable } from '../homeside/values.ts'
import type { HouseSpec } from '../houses.ts'
import { advanceHouse, type HouseState, newHouse, type WeatherSource } from '../physics/house.ts'
import { uniform } from '../physics/noise.ts'
import { outdoorDayMean, readSensors } from '../physics/sensors.ts'

export interface PastSignal {
  /** Name in the history, without the house id. */
  readonly name: string
  readonly unit: string
  /** The controller's name of the same value. */
  readonly variable: string
  /** Registers that only count keep the value of the moment, the others the mean of an hour. */
  readonly counts?: boolean
}

/** As the history server of the energy company names them; the outdoor sensors go by another name than in the controller. */
const SIGNALS: readonly PastSignal[] = [
  { name: 'GT_UTE', unit: '°C', variable: 'AI_GT_UTE_Output' },
  { name: 'GT_UTE_MEDEL_24', unit: '°C', variable: 'MEDEL_GT_UTE_24h_Average' },
  { name: 'MEAN_GT_RUM_1_Output', unit: '°C', variable: 'MEAN_GT_RUM_1_Output' },
  { name: 'AI_VS1_GT_TILL_1_Output', unit: '°C', variable: 'AI_VS1_GT_TILL_1_Output' },
  { name: 'AI_VS1_GT_RETUR_1_Output', unit: '°C', variable: 'AI_VS1_GT_RETUR_1_Output' },
  { name: 'AI_VV1_TAPP_GT41_Output', unit: '°C', variable: 'AI_VV1_TAPP_GT41_Output' },
  { name: 'AI_GP_EXP1_1_Output', unit: 'bar', variable: 'AI_GP_EXP1_1_Output' },
  { name: 'KU_VS1_GT_TILL_1_SetPoint', unit: '°C', variable: 'KU_VS1_GT_TILL_1_SetPoint' },
  { name: 'PID_VS1_GT_TILL_1_SetP', unit: '°C', variable: 'PID_VS1_GT_TILL_1_SetP' },
  { name: 'VMM1_TempForw', unit: '°C', variable: 'VMM1_TempForw' },
  { name: 'VMM1_TempRet', unit: '°C', variable: 'VMM1_TempRet' },
  { name: 'VMM1_Power', unit: 'kW', variable: 'VMM1_Power' },
  { name: 'VMM1_Flow', unit: 'l/h', variable: 'VMM1_Flow' },
  { name: 'VMM1_Energy', unit: 'MWh', variable: 'VMM1_Energy', counts: true },
  { name: 'AI_ZON1_GT_RUM_1_Output', unit: '°C', variable: 'AI_ZON1_GT_RUM_1_Output' },
  { name: 'AI_ZON1_GM_RUM_1_Output', unit: '%', variable: 'AI_ZON1_GM_RUM_1_Output' },
]

export const FINE_SECONDS = 300
export const HOUR_SECONDS = 3600
const FINE_MS = FINE_SECONDS * 1000
const HOUR_MS = HOUR_SECONDS * 1000
const DAY_MS = 24 * HOUR_MS
/** How far back a past reaches at least. */
export const REMEMBERED_DAYS = 60
/** Pasts begin at multiples of this, so that two towns opened days apart tell the same. */
const BEGINNING_DAYS = 30

/** Now and then the server has a row without a value. */
const MISSING_SHARE = 0.004

export class HousePast {
  readonly signals: readonly PastSignal[]
  readonly #spec: HouseSpec
  readonly #weather: WeatherSource
  /** Samples of all signals, five minutes apart from the beginning on. */
  readonly #days: Float64Array[] = []
  #beginning = 0
  #samples = 0
  /** Space heating and hot water counted up to the beginning of each hour of the past, kWh. */
  readonly #counted: number[] = []
  #state: HouseState | undefined
  #growing: Promise<void> = Promise.resolve()

  constructor(spec: HouseSpec, weather: WeatherSource) {
    this.#spec = spec
    this.#weather = weather
    this.signals = SIGNALS.filter(({ variable }) => spec.hasHeatMeter || !HEAT_METER.has(variable))
  }

  /** Brings the past up to `now`; a day takes some milliseconds, and others get their turn after each. */
  grow(now: number): Promise<void> {
    this.#growing = this.#growing.then(() => this.#growTo(now))
    return this.#growing
  }

  /** First time of the past, epoch milliseconds; known once it has been grown. */
  get beginning(): number {
    return this.#beginning
  }

  /** The stored value, stamped with the beginning of its interval; null when there is none. Ask for past times only. */
  valueAt(signal: PastSignal, time: number, seconds: number): number | null {
    const index = this.signals.indexOf(signal)
    if (uniform(this.#spec.physics.seed, 9001, index, time / FINE_MS) < MISSING_SHARE) return null
    if (seconds === FINE_SECONDS || signal.counts === true) return this.#sample(index, time)
    let sum = 0
    for (let step = 0; step < HOUR_MS / FINE_MS; step += 1) sum += this.#sample(index, time + step * FINE_MS)
    return Math.round((sum / (HOUR_MS / FINE_MS)) * 1e4) / 1e4
  }

  /** What the house used in an hour that is over, kWh; `start` is the beginning of one the past holds. */
  energyOfHour(start: number): { readonly spaceHeatingKwh: number; readonly hotWaterKwh: number } {
    const row = Math.round((start - this.#beginning) / HOUR_MS) * 2
    const [heating, water, heatingAfter, waterAfter] = this.#counted.slice(row, row + 4)
    if (
      row < 0 ||
      heating === undefined ||
      water === undefined ||
      heatingAfter === undefined ||
      waterAfter === undefined
    )
      throw new RangeError(`the past does not hold the hour of ${new Date(start).toISOString()}`)
    return { spaceHeatingKwh: heatingAfter - heating, hotWaterKwh: waterAfter - water }
  }

  #sample(signal: number, time: number): number {
    const sample = Math.round((time - this.#beginning) / FINE_MS)
    const perDay = DAY_MS / FINE_MS
    const value = this.#days[Math.floor(sample / perDay)]?.[(sample % perDay) * this.signals.length + signal]
    if (value === undefined) throw new RangeError(`the past does not hold ${new Date(time).toISOString()}`)
    return value
  }

  async #growTo(now: number): Promise<void> {
    if (this.#state === undefined) {
      // Two days more: whole Swedish days begin before the hour of now.
      const wholeDays = Math.floor((now - (REMEMBERED_DAYS + 2) * DAY_MS) / (BEGINNING_DAYS * DAY_MS)) * BEGINNING_DAYS
      this.#beginning = wholeDays * DAY_MS
      this.#state = newHouse(this.#spec.physics, structuredClone(this.#spec.registers), this.#weather, this.#beginning)
    }
    let dayMean = { hour: Number.NaN, value: 0 }
    for (;;) {
      const time = this.#beginning + this.#samples * FINE_MS
      if (time > now) return
      if ((time - this.#beginning) % DAY_MS === 0) {
        this.#days.push(new Float64Array((DAY_MS / FINE_MS) * this.signals.length))
        // The controller's own adaptation starts afresh every day, and so ends where the house of today begins.
        this.#state.registers = structuredClone(this.#spec.registers)
        await setImmediate()
      }
      const hour = Math.floor(time / HOUR_MS)
      if (hour !== dayMean.hour) {
        dayMean = { hour, value: outdoorDayMean(this.#spec.physics, this.#weather, hour * HOUR_MS) }
      }
      advanceHouse(this.#spec.physics, this.#state, this.#weather, time)
      if (time % HOUR_MS === 0) this.#counted.push(this.#state.spaceHeatingKwh, this.#state.hotWaterKwh)
      this.#keep(this.#state, time, dayMean.value)
      this.#samples += 1
    }
  }

  #keep(state: HouseState, time: number, outdoorMean: number): void {
    const spec = this.#spec
    const readings = readSensors(spec.physics, state, this.#weather(time), spec.zones)
    const source = { spec, state, readings, outdoorDayMean: Math.round(outdoorMean * 1e6) / 1e6 }
    const perDay = DAY_MS / FINE_MS
    const day = this.#days.at(-1)
    const offset = (this.#samples % perDay) * this.signals.length
    this.signals.forEach(({ variable, unit }, index) => {
      const value = Number(readVariable(variable, source))
      if (day !== undefined) day[offset + index] = unit === 'MWh' ? value / 1000 : value
    })
  }
}
