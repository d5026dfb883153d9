/** A simulated house that stands on other curves for some weeks, and the same house, weather and people on its own. */
import { identify } from '../../thermal/identify.ts'
import { between, type ThermalSample, thermalSeries } from '../../thermal/series.ts'
import { seededRandom } from '../../thermal/testing/random.ts'
import { drawHouse, type SimulatedHouse, simulateHouse } from '../../thermal/testing/simulated-house.ts'
import { dayLabel, dayStart } from '../../time/day.ts'
import type { ControlStep } from '../applied-shift.ts'
import { EMITTER_EXPONENT } from '../emitters.ts'
import type { SavingsTask } from '../evaluate.ts'
import { parameterUncertainty } from '../parameter-sets.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const QUARTER_MS = HOUR_MS / 4
const START = Date.UTC(2026, 0, 5)
/** Days a model is fitted to. */
const FIT_DAYS = 28

export interface SteeredHouse {
  readonly house: SimulatedHouse
  readonly samples: readonly ThermalSample[]
  readonly control: readonly ControlStep[]
  /** Dates under control, ascending. */
  readonly dates: readonly string[]
  /** Heat that was really used, and would have been on the house's own curve, by date, kWh. */
  readonly used: ReadonlyMap<string, number>
  readonly baseline: ReadonlyMap<string, number>
}

export interface SteeredDays {
  readonly seed: number
  /** Days on its own curve before, and under control. */
  readonly before: number
  readonly controlled: number
  /** Mean outdoor temperature, °C. */
  readonly season: number
  /** K of supply temperature at a time, given a date and the hours since control began. */
  readonly shift: (time: number, hours: number) => number
  readonly change?: Partial<SimulatedHouse>
}

export function steeredHouse({ seed, before, controlled, season, shift, change }: SteeredDays): SteeredHouse {
  // Its own adaptation is off while a house is held: the room does not move the curve.
  const house = { ...drawHouse(seededRandom(seed)), roomFeedback: 0, ...change }
  const from = dayStart(dayLabel(START + (before + 0.5) * DAY_MS))
  // A little longer, so that the last day is whole.
  const options = { seed: seed + 7, days: before + controlled + 1, stepMinutes: 15, season, start: START }
  const shiftAt = (time: number) => (time < from ? 0 : shift(time, (time - from) / HOUR_MS))
  const steered = simulateHouse(house, { ...options, supplyShift: shiftAt })
  const own = simulateHouse(house, options)
  const control: ControlStep[] = []
  const end = START + options.days * DAY_MS
  for (let time = from; time < end; time += QUARTER_MS) {
    control.push({ time, action: 'write', shiftK: shiftAt(time), verified: true })
  }
  const dates = Array.from({ length: controlled }, (_, day) => dayLabel(from + (day + 0.5) * DAY_MS))
  return {
    house,
    samples: steered.samples('supply'),
    control,
    dates,
    used: byDate(steered.power),
    baseline: byDate(own.power),
  }
}

function byDate(power: Float64Array): Map<string, number> {
  const days = new Map<string, number>()
  power.forEach((kw, k) => {
    const date = dayLabel(START + k * QUARTER_MS)
    days.set(date, (days.get(date) ?? 0) + kw / 4)
  })
  return days
}

type Model = Pick<SavingsTask, 'model' | 'uncertainty'>

/** The model of the last weeks. */
export function modelOf({ samples }: Pick<SteeredHouse, 'samples'>): Model {
  const { series } = thermalSeries(samples, 'supply')
  const steps = Math.round((FIT_DAYS * 24) / series.stepHours)
  const { model } = identify(between(series, Math.max(0, series.length - steps), series.length))
  const uncertainty = parameterUncertainty(model)
  if (uncertainty === null) throw new Error('the model has standard errors')
  const { structure, values, reference } = model
  return { model: { structure, values, reference }, uncertainty }
}

/** Everything an evaluation asks for. */
export function savingsTask(
  steered: SteeredHouse,
  change: Partial<SavingsTask> = {},
  model = modelOf(steered),
): SavingsTask {
  const { samples, control, dates, house } = steered
  return {
    samples,
    ...model,
    modelVersion: 'test',
    emission: { waterGain: 1, exponent: house.exponent > 1.2 ? EMITTER_EXPONENT.radiator : EMITTER_EXPONENT.floor },
    control,
    metered: {},
    heatLoss: null,
    effectiveTemperature: {},
    tolerance: 1,
    setpoint: house.setpoint,
    dates,
    ...change,
  }
}
