/**
 * The learned thermal model of a zone, first order: C·dT/dt = P·q − k·(T − Tout) + gains, divided by the heat capacity:
 *
 *   dT/dt = a·q − b·(T − Tout) + g      a = P/C (K/h), b = k/C (1/h), g = gains/C (K/h), q = share of the power given off
 *
 * q follows the heater (on or off) with the lag of radiator or floor. For each of a few lags an extended Kalman filter on
 * (T, a, b, g) runs along: Ljung (1979), "Asymptotic behavior of the extended Kalman filter as a parameter estimator for linear
 * systems", IEEE Trans. Automatic Control 24, 36–50; the one that foretells the readings best counts (multiple-model
 * estimation, Magill 1965). a and b are random walks, which is the filter's way of forgetting, and g returns to its usual
 * value within days; no variance exceeds that of the first guess, so that a long unexcited time blows nothing up.
 */
import { at, brief, clamp, dot, squareOf, type Triangle, triangleOf, type Vector4 } from './matrix.ts'

const HOUR_MS = 3_600_000

/** Small and serialisable. */
export interface ModelState {
  /** One per lag of {@link EMITTER_LAGS}. */
  readonly filters: readonly LagFilter[]
  /** Time of the filters' temperature, epoch milliseconds; null before the first sample and after a break. */
  readonly time: number | null
  /** What happened since `time`: duration (h) and outdoor temperature × duration (K·h). */
  readonly hours: number
  readonly outdoorHours: number
  /** The sample before: its time and whether it was heated. */
  readonly lastTime: number | null
  readonly lastHeating: boolean
  /** Consecutive samples refused as outliers. */
  readonly refused: number
  /** What has been learned from, h. */
  readonly learnedHours: number
  readonly learnedHeatedHours: number
  /** Slow mean of the outdoor temperature for times without one, °C; null while none is known. */
  readonly outdoorMean: number | null
}

interface LagFilter {
  /** T (°C), a, b, g. */
  readonly mean: Vector4
  readonly covariance: Triangle
  /** Share of the power given off at the last sample, and given off × duration since `time` (h). */
  readonly emission: number
  readonly emittedHours: number
  /** Mean log-likelihood of the readings of about the last three days. */
  readonly score: number
}

export interface ModelSample {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C; null is unknown. */
  readonly temperature: number | null
  readonly heating: boolean | null
  readonly outdoor: number | null
  /** True when the room does not follow the model now: open window, stuck sensor. */
  readonly disturbed: boolean
}

/** Minutes: electric heaters and fans, radiators, thin and thick floors. */
const EMITTER_LAGS = [0, 10, 30, 75] as const

/** Shortest time between updates: below it the resolution of the sensor hides what happened. */
const UPDATE_HOURS = 1 / 6
/** A longer silence leaves unknown whether the zone was heated. */
const LONGEST_GAP_HOURS = 0.75
const OUTLIER_SIGMAS = 4
/** So many refusals in a row are no outliers: the room has been elsewhere, and is followed. */
const REFUSALS_BEFORE_FOLLOWING = 3
/** Weight of one update in the score: about three days of them. */
const SCORE_WEIGHT = 1 / 432

/** Bounds of plausibility: a sauna heater and a barely heated hall, 2.5 h and 500 h, a leaking door and a room of servers. */
const BOUNDS = { heatRate: [0.05, 20], lossRate: [0.002, 0.4], gains: [-1, 3] } as const

const USUAL_GAINS = 0.1
const GAINS_MEMORY_HOURS = 24
const FIRST_GUESS: Vector4 = [20, 2, 1 / 30, USUAL_GAINS]
/** Standard deviations of the first guess, which are also the largest ever. */
const FIRST_SIGMA: Vector4 = [1, 1.5, 0.02, 0.12]
/** Standard deviation of what remains unexplained after an hour (K), and of the drift of the parameters in √h. */
const DRIFT: Vector4 = [0.1, 0.01, 0.0002, FIRST_SIGMA[3] * Math.sqrt(2 / GAINS_MEMORY_HOURS)]
/** Noise of a reading, K: the sensor and the tenths it is cut to. */
const SENSOR_SIGMA = 0.06

export function initialModel(): ModelState {
  const covariance = triangleOf(
    FIRST_SIGMA.map((sigma, row) => FIRST_SIGMA.map((_, column) => (row === column ? brief(sigma ** 2) : 0))),
  )
  const filter = { mean: FIRST_GUESS, covariance, emission: 0, emittedHours: 0, score: 0 }
  return {
    filters: EMITTER_LAGS.map(() => filter),
    time: null,
    hours: 0,
    outdoorHours: 0,
    lastTime: null,
    lastHeating: false,
    refused: 0,
    learnedHours: 0,
    learnedHeatedHours: 0,
    outdoorMean: null,
  }
}

/** The state after one more sample. Samples that are not later than the last one change nothing. */
export function learn(state: ModelState, sample: ModelSample): ModelState {
  const { time, temperature, heating, outdoor } = sample
  if (state.lastTime !== null && time <= state.lastTime) return state
  const next = withOutdoorMean(state, sample)
  if (temperature === null || heating === null || outdoor === null || sample.disturbed) {
    return { ...next, time: null, lastTime: null }
  }
  const step = state.lastTime === null ? 0 : (time - state.lastTime) / HOUR_MS
  if (state.time === null || step > LONGEST_GAP_HOURS) return begunAnew(next, time, temperature, heating)
  // Between two samples nobody looked: the heater is taken to have been on for the mean of what they say.
  const duty = (Number(state.lastHeating) + Number(heating)) / 2
  const gathered: ModelState = {
    ...next,
    filters: state.filters.map((filter, index) => {
      const { emission, mean } = emissionAfter(filter.emission, duty, lagHours(index), step)
      return { ...filter, emission, emittedHours: filter.emittedHours + mean * step }
    }),
    hours: state.hours + step,
    outdoorHours: state.outdoorHours + step * outdoor,
    lastTime: time,
    lastHeating: heating,
  }
  return gathered.hours < UPDATE_HOURS ? gathered : updated(gathered, time, temperature, heating)
}

/** Begins anew at a temperature; the parameters stay. */
function begunAnew(state: ModelState, time: number, temperature: number, heating: boolean): ModelState {
  const filters = state.filters.map((filter) => {
    const [, a, b, g] = filter.mean
    const covariance = squareOf(filter.covariance).map((line, row) =>
      line.map((entry, column) => (row > 0 && column > 0 ? entry : row === column ? SENSOR_SIGMA ** 2 : 0)),
    )
    // How warm the radiator is nobody knows; most of the time it is as the heater says.
    const emission = state.lastTime === null ? Number(heating) : filter.emission
    return {
      ...filter,
      mean: [temperature, a, b, g] as const,
      covariance: triangleOf(covariance),
      emission,
      emittedHours: 0,
    }
  })
  return {
    ...state,
    filters,
    time,
    hours: 0,
    outdoorHours: 0,
    lastTime: time,
    lastHeating: heating,
    refused: 0,
  }
}

function updated(state: ModelState, time: number, temperature: number, heating: boolean): ModelState {
  const outdoor = state.outdoorHours / state.hours
  const predictions = state.filters.map((filter) => predicted(filter, state.hours, outdoor))
  const judge = predictions[bestFilter(state)]
  if (judge !== undefined) {
    const innovation = temperature - at(judge.mean, 0)
    if (innovation ** 2 > OUTLIER_SIGMAS ** 2 * varianceOf(judge)) {
      if (state.refused + 1 >= REFUSALS_BEFORE_FOLLOWING) return begunAnew(state, time, temperature, heating)
      // Time goes on, but nothing is learned from this sample: the next one is compared from the same start.
      return { ...state, refused: state.refused + 1 }
    }
  }
  const emitted = state.filters[bestFilter(state)]?.emittedHours ?? 0
  return {
    ...state,
    filters: predictions.map((prediction) => corrected(prediction, temperature, scoreWeight(state))),
    time,
    hours: 0,
    outdoorHours: 0,
    refused: 0,
    learnedHours: brief(state.learnedHours + state.hours),
    learnedHeatedHours: brief(state.learnedHeatedHours + emitted),
  }
}

interface Prediction extends Omit<LagFilter, 'covariance'> {
  readonly square: readonly (readonly number[])[]
}

/** A filter carried over what was gathered: the exact solution for constant inputs, and its derivatives. */
function predicted(filter: LagFilter, hours: number, outdoor: number): Prediction {
  const [temperature, a, b, g] = filter.mean
  const emission = filter.emittedHours / hours
  const fade = Math.exp(-b * hours)
  const spread = (1 - fade) / b
  const spreadByLoss = (hours * fade * b - (1 - fade)) / b ** 2
  const next = temperature * fade + outdoor * (1 - fade) + (a * emission + g) * spread
  const recall = Math.exp(-hours / GAINS_MEMORY_HOURS)
  const byLoss = -hours * fade * (temperature - outdoor) + (a * emission + g) * spreadByLoss
  const transition = [
    [fade, emission * spread, byLoss, spread],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, recall],
  ]
  const square = squareOf(filter.covariance)
  const carried = transition.map((line) =>
    [0, 1, 2, 3].map((column) =>
      dot(
        line,
        square.map((row) => at(row, column)),
      ),
    ),
  )
  const spreadOut = carried.map((line, row) =>
    transition.map((other, column) => dot(line, other) + (row === column ? at(DRIFT, row) ** 2 * hours : 0)),
  )
  return {
    ...filter,
    mean: [next, a, b, USUAL_GAINS + (g - USUAL_GAINS) * recall],
    square: limited(spreadOut),
  }
}

/** No parameter is ever less certain than at first; correlations are kept. */
function limited(square: readonly (readonly number[])[]): number[][] {
  const shrink = square.map((line, index) =>
    index === 0 ? 1 : Math.min(1, at(FIRST_SIGMA, index) / Math.sqrt(at(line, index))),
  )
  return square.map((line, row) => line.map((entry, column) => entry * at(shrink, row) * at(shrink, column)))
}

function varianceOf({ square }: Prediction): number {
  return at(square[0] ?? [], 0) + SENSOR_SIGMA ** 2
}

function corrected(prediction: Prediction, temperature: number, weight: number): LagFilter {
  const { square, mean } = prediction
  const variance = varianceOf(prediction)
  const innovation = temperature - mean[0]
  const row = square[0] ?? []
  const [t, a, b, g] = mean.map((value, index) => value + (at(row, index) / variance) * innovation)
  const covariance = square.map((line, index) =>
    line.map((entry, column) => brief(entry - (at(row, index) * at(row, column)) / variance)),
  )
  const likelihood = -0.5 * (Math.log(variance) + innovation ** 2 / variance)
  return {
    mean: [
      brief(t ?? temperature),
      brief(clamp(a ?? mean[1], BOUNDS.heatRate)),
      brief(clamp(b ?? mean[2], BOUNDS.lossRate)),
      brief(clamp(g ?? mean[3], BOUNDS.gains)),
    ],
    covariance: triangleOf(covariance),
    emission: brief(prediction.emission),
    emittedHours: 0,
    score: brief(prediction.score + weight * (likelihood - prediction.score)),
  }
}

/** The first updates count alike, later ones as in a mean that forgets. */
function scoreWeight({ learnedHours }: ModelState): number {
  return Math.max(SCORE_WEIGHT, 1 / (learnedHours / UPDATE_HOURS + 1))
}

/** The filter that foretells best; until a day has passed the one without lag. */
function bestFilter({ filters, learnedHours }: ModelState): number {
  if (learnedHours < MATURE.hours) return 0
  const scores = filters.map(({ score }) => score)
  return scores.indexOf(Math.max(...scores))
}

function withOutdoorMean(state: ModelState, { time, outdoor }: ModelSample): ModelState {
  if (outdoor === null) return state
  if (state.outdoorMean === null || state.lastTime === null) {
    return { ...state, outdoorMean: state.outdoorMean ?? outdoor }
  }
  const share = 1 - Math.exp(-(time - state.lastTime) / (24 * HOUR_MS))
  return { ...state, outdoorMean: brief(state.outdoorMean + share * (outdoor - state.outdoorMean)) }
}

function lagHours(index: number): number {
  return at(EMITTER_LAGS, index) / 60
}

/** The model as the control functions use it. */
export interface ZoneModel {
  /** K/h of the heater at full power. */
  readonly heatRate: number
  /** 1/h; the time constant of the room is its inverse. */
  readonly lossRate: number
  /** K/h. */
  readonly gains: number
  /** Lag of radiator or floor behind the heater, h. */
  readonly lagHours: number
  /** Share of the power that is given off at present. */
  readonly emission: number
  /** Of (heatRate, lossRate, gains). */
  readonly covariance: readonly (readonly number[])[]
  /** What can be relied on: `first_guess` nothing was learned, `learning` not enough yet, `learned`. */
  readonly maturity: 'first_guess' | 'learning' | 'learned'
}

/** A day of life, two hours of heating, and a heating rate known to a fifth. */
const MATURE = { hours: 24, heatedHours: 2, heatRateShare: 0.2 } as const

export function modelOf(state: ModelState): ZoneModel {
  const best = bestFilter(state)
  const filter = state.filters[best]
  if (filter === undefined) throw new RangeError('a model state without filters')
  const [, heatRate, lossRate, gains] = filter.mean
  const covariance = squareOf(filter.covariance)
    .slice(1)
    .map((line) => line.slice(1))
  const sigma = Math.sqrt(covariance[0]?.[0] ?? Number.NaN)
  const mature =
    state.learnedHours >= MATURE.hours &&
    state.learnedHeatedHours >= MATURE.heatedHours &&
    sigma <= MATURE.heatRateShare * heatRate
  const maturity = mature ? 'learned' : state.learnedHours > 0 ? 'learning' : 'first_guess'
  return { heatRate, lossRate, gains, lagHours: lagHours(best), emission: filter.emission, covariance, maturity }
}

/** A room on the model: °C, and the share of the power that is given off. */
export interface RoomOnModel {
  readonly temperature: number
  readonly emission: number
}

/** The room after `hours` with the heater on or off (or partly on) and a constant outdoor temperature. */
export function roomAfter(
  { heatRate, lossRate, gains, lagHours: lag }: Omit<ZoneModel, 'covariance' | 'maturity' | 'emission'>,
  { temperature, emission }: RoomOnModel,
  hours: number,
  heater: number,
  outdoor: number,
): RoomOnModel {
  const given = emissionAfter(emission, heater, lag, hours)
  const fade = Math.exp(-lossRate * hours)
  const pull = ((heatRate * given.mean + gains) * (1 - fade)) / lossRate
  return { temperature: temperature * fade + outdoor * (1 - fade) + pull, emission: given.emission }
}

/** First-order lag: the share given off after a time, and its mean meanwhile. */
function emissionAfter(
  emission: number,
  heater: number,
  lag: number,
  hours: number,
): { emission: number; mean: number } {
  if (lag === 0 || hours === 0) return { emission: heater, mean: heater }
  const fade = Math.exp(-hours / lag)
  return {
    emission: heater + (emission - heater) * fade,
    mean: heater + ((emission - heater) * lag * (1 - fade)) / hours,
  }
}
