/**
 * A house's model as it is kept between two fits: plain numbers, small enough for a document, with everything a forecast
 * needs besides the readings of the last days and the weather to come.
 */
import type { LeadCalibration } from '../thermal/calibration.ts'
import type { ModelInUse, RunnableModel } from '../thermal/house-path.ts'
import type { HeatInput } from '../thermal/series.ts'
import type { UsualGains } from '../thermal/usual-gains.ts'

export interface TrainedModel extends Omit<RunnableModel, 'usual'> {
  /** The model forecasts are made with; absent in models of earlier versions of BVPro, which foretell by `model`. */
  readonly foreseeing?: { readonly model: ModelInUse; readonly usual: UsualGains | null }
  readonly heatInput: HeatInput
  readonly heatIncludesHotWater: boolean
  /** Usual indoor temperature by hour of the day in the zone, °C; null for hours never seen. */
  readonly habit: readonly (number | null)[]
  readonly calibrations: readonly (LeadCalibration & { readonly leadHours: number })[]
}

export function foreseeingModel(
  trained: Pick<TrainedModel, 'model' | 'foreseeing' | 'rule' | 'meter' | 'zone'>,
): RunnableModel {
  const { model, rule, meter, zone, foreseeing = { model, usual: null } } = trained
  return { ...foreseeing, rule, meter, zone }
}
