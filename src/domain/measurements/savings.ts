/** What steering has saved, day by day. */
import type { MeasurementSpec } from '../measurements.ts'
import { float, MODEL_VERSION, text } from './field.ts'

export const SAVINGS_MEASUREMENTS = {
  savings: {
    description:
      'One Swedish day of a house under control: its heat and comfort against what its own heat curve would have meant. Heat over the heat loss coefficient is in K·h. One result per day: a new one overwrites.',
    owner: ['house'],
    extraTags: [],
    time: 'date-label',
    fields: {
      saved_percent: float('%', 'Heat saved, share of what its own curve would have taken'),
      saved_percent_low: float('%', 'Lower end of its 90 % interval'),
      saved_percent_high: float('%', 'Upper end of it'),
      saved_kwh: float('kWh', 'The same; absent where neither a meter nor the heat loss coefficient is known'),
      saved_kwh_low: float('kWh', 'Lower end of its 90 % interval'),
      saved_kwh_high: float('kWh', 'Upper end of it'),
      used_energy_kwh: float('kWh', 'Space heating of the day'),
      energy_source: text('Where it comes from: `meter`, `heat-loss` or `none`'),
      scale_error: float('', 'Standard error of the step from K·h to kWh, share'),
      controlled_hours: float('h', 'How long the house was held'),
      mean_shift_k: float('K', 'Mean supply temperature of the curve in force less that of its own'),
      used_heat_kh: float('K·h', 'Heat by the model'),
      baseline_heat_kh: float('K·h', 'The same on its own curve'),
      common_error_kh: float('K·h', 'Standard error of the difference that all days share'),
      daily_error_kh: float('K·h', 'Standard error of the difference that is of this day alone'),
      avg_indoor_temp: float('°C', 'Mean indoor temperature'),
      avg_indoor_temp_baseline: float('°C', 'The same on its own curve'),
      cold_kh: float('K·h', 'Time below the comfort band times distance from it'),
      cold_kh_baseline: float('K·h', 'The same on its own curve'),
      warm_kh: float('K·h', 'Time above the comfort band times distance from it'),
      warm_kh_baseline: float('K·h', 'The same on its own curve'),
      avg_effective_outdoor_temp: float('°C', 'Mean effective outdoor temperature'),
      model_version: MODEL_VERSION,
      date: text('The Swedish date itself'),
    },
  },
} satisfies Record<string, MeasurementSpec>
