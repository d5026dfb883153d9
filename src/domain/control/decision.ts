/**
 * What a control decision follows from and what it says. Both are plain JSON: stored together, a decision can be made
 * again from its inputs at any later time and comes out the same.
 */
import type { Reference } from '../thermal/filter.ts'
import type { ModelStructure, ParameterValues } from '../thermal/structure.ts'

/** `monitor` writes nothing and therefore decides nothing. */
export type DecidingMode = 'shadow' | 'rules' | 'optimise'

/** Supply temperatures at −30, −25 … +15 °C outdoors, °C. */
export type TenPoints = readonly number[]

export interface ForecastPoint {
  /** Epoch milliseconds. */
  readonly time: number
  /** °C. */
  readonly outdoor: number
  /** Global horizontal irradiance, W/m². */
  readonly irradiance: number | null
  /** m/s. */
  readonly wind: number | null
  /** Effective outdoor temperature, °C. */
  readonly effective: number
}

export interface WeatherForecast {
  readonly issuedAt: number
  /** Ascending in time. */
  readonly points: readonly ForecastPoint[]
}

/** What heat costs; null where a kWh always costs the same. */
export interface HeatPrice {
  /** Price per kWh from each time on, ascending; the last one holds on. */
  readonly points: readonly { readonly time: number; readonly perKwh: number }[]
  /** Price of a kW above `peakKw`, spread over the period it is billed for; 0 without a capacity fee. */
  readonly perPeakKw: number
  /** Highest hourly mean power that is paid already, kW; null when unknown. */
  readonly peakKw: number | null
  /** Price of a kWh whose water returns one kelvin warmer; 0 without such a clause. */
  readonly perReturnK: number
}

export interface ControlLimits {
  /** °C. */
  readonly minSupply: number
  readonly maxSupply: number
  /** K of supply temperature per hour. */
  readonly rampKPerH: number
  /** Indoor temperature below which only the baseline or a warmer curve is allowed, °C. */
  readonly floor: number
}

/** A building model as it stands at the moment of a decision. */
export interface SteeringModel {
  readonly structure: ModelStructure
  readonly values: ParameterValues
  readonly reference: Reference
  /** Temperatures of the model and, last, its disturbance: the estimate at the time of the decision. */
  readonly state: readonly number[]
  /** Usual disturbance by hour of the day (UTC), working days then weekends, 48 numbers; what differs from it fades away. */
  readonly disturbanceByHour: readonly number[]
  /** How far the disturbance has stood from its usual course over the last day in the mean, K; 0 where absent. */
  readonly lastingDeparture?: number
  /** The model's heat input is `gain · supply temperature + offset`: 1 and 0 where it learned from the supply itself. */
  readonly water: { readonly gain: number; readonly offset: number }
  /** Standard deviation of the error of indoor forecasts 1, 2 … hours ahead, K; the last one holds on. */
  readonly errorByLead: readonly number[]
  /** Errors a day ahead on days the model had not seen, K: of the model, and of "it stays as it is". */
  readonly rmse24h: number | null
  readonly persistence24h: number | null
  /** Root mean square error of forecasts six hours ahead over the last day, K; null when there are none. */
  readonly recentRmse6h: number | null
  /** Heat loss coefficient, kW/K, where the power is known: turns the model's heat (in K) into kW. */
  readonly uaKwPerK: number | null
}

/** What the rules remember from one decision to the next. */
export interface RulesState {
  /** Σ (indoor − setpoint) · hours, K·h. */
  readonly integralKh: number
  /** Epoch milliseconds; null before the first decision. */
  readonly updatedAt: number | null
  /** Extra distance kept from the edges of the comfort band because it was left lately, K. */
  readonly caution: number
  /** When a curve was last to be written, epoch milliseconds; absent before the first. */
  readonly writtenAt?: number
}

export const FRESH_RULES_STATE: RulesState = { integralKh: 0, updatedAt: null, caution: 0 }

export interface DecisionInputs {
  /** Epoch milliseconds. */
  readonly time: number
  readonly mode: DecidingMode
  readonly baselineCurve: TenPoints
  readonly presentCurve: TenPoints
  /** °C. */
  readonly setpoint: number
  /** K to either side of the setpoint within which people are comfortable. */
  readonly tolerance: number
  /** Comfort band where it is not the setpoint ± tolerance, °C. */
  readonly band: { readonly low: number; readonly high: number } | null
  readonly indoor: number | null
  readonly indoorAgeMinutes: number | null
  readonly outdoor: number | null
  readonly supply: number | null
  readonly return_: number | null
  readonly forecast: WeatherForecast | null
  readonly price: HeatPrice | null
  readonly limits: ControlLimits
  readonly model: SteeringModel | null
  readonly modelVersion: string | null
  readonly rulesState: RulesState
  /** A switch-back trial keeps the house on its baseline today. */
  readonly trialDay?: 'baseline'
}

export interface Sentence {
  readonly sv: string
  readonly en: string
}

/** Another curve that was looked at: what it would have meant. */
export interface Alternative {
  readonly name: 'baseline' | 'present' | 'rules' | 'plan'
  /** Mean supply temperature over the next 24 h less that of the baseline, K. */
  readonly shiftK: number
  /** Heat over the next 24 h less that of the baseline, share; null without a model. */
  readonly heat: number | null
  /** Lowest indoor temperature foreseen over the next 24 h, °C; null without a model. */
  readonly lowestIndoor: number | null
}

export type Degradation = 'none' | 'no-indoor' | 'no-forecast' | 'below-floor' | 'poor-model'

/**
 * What kept a decision from what was wished for: twelve hours alone, the largest change of a point, the bounds of the
 * plan, or a change too small to be worth a write.
 */
export type HeldBack = 'alone' | 'step' | 'bound' | 'small'

export interface Decision {
  /** `write` the curve; `keep` the present one; `restore` the baseline. */
  readonly action: 'write' | 'keep' | 'restore'
  /** The curve that shall stand after this decision, within all limits. */
  readonly curve: TenPoints
  /** Supply temperature now less that of the baseline, K. */
  readonly shiftK: number
  readonly reason: Sentence
  /** What the curve follows from: the plan of the optimiser, the rules, or neither. */
  readonly by: 'plan' | 'rules' | 'baseline'
  readonly degraded: Degradation
  readonly heldBack: readonly HeldBack[]
  readonly alternatives: readonly Alternative[]
  readonly nextRulesState: RulesState
}

export function comfortBand(inputs: Pick<DecisionInputs, 'setpoint' | 'tolerance' | 'band'>): {
  low: number
  high: number
} {
  const { setpoint, tolerance, band } = inputs
  return band ?? { low: setpoint - tolerance, high: setpoint + tolerance }
}
