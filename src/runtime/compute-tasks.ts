/** What runs in the threads of the compute pool: pure functions of `domain`, each a named export. */
import { decide } from '../domain/control/decide.ts'
import type { Decision, DecisionInputs } from '../domain/control/decision.ts'
import { type EnergyForecastModel, learnEnergyForecast } from '../domain/energy/energy-forecast.ts'
import { estimateHeatLoss, type HeatLoss } from '../domain/energy/heat-loss.ts'
import type { EnergyHour } from '../domain/energy/hours.ts'
import { type Separation, separateEnergy } from '../domain/energy/separation.ts'
import { type TrainingOutcome, type TrainingTask, trainHouse } from '../domain/learning/train.ts'
import { evaluateSavings, type SavingsTask } from '../domain/savings/evaluate.ts'
import type { SavingsDay } from '../domain/savings/savings-day.ts'
import type { Coordinates } from '../domain/weather/place.ts'

export interface EnergyTask {
  readonly hours: readonly EnergyHour[]
  readonly place: Coordinates | null
}

export interface SeparatedEnergy {
  readonly separation: Separation
  /** Null when there is too little to forecast from. */
  readonly forecastModel: EnergyForecastModel | null
}

export function separate({ hours, place }: EnergyTask): SeparatedEnergy {
  const separation = separateEnergy(hours, { place })
  if (!separation.separable) return { separation, forecastModel: null }
  const found = estimateHeatLoss(hours, { place, separation })
  return { separation, forecastModel: learnEnergyForecast(hours, separation, found, { place }) }
}

export function heatLoss({ hours, place }: EnergyTask): HeatLoss {
  return estimateHeatLoss(hours, { place })
}

export function decideCurve(inputs: DecisionInputs): Decision {
  return decide(inputs)
}

export function fitThermal(task: TrainingTask): TrainingOutcome {
  return trainHouse(task)
}

export function savingsOf(task: SavingsTask): SavingsDay[] {
  return evaluateSavings(task)
}
