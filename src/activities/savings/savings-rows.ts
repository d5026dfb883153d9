/** Evaluated days as rows of `savings`. */
import { ENTITY_TAG } from '../../domain/entity.ts'
import { type Interval, type SavingsDay, totalOf } from '../../domain/savings/savings-day.ts'
import { labelToTime, timeToLabel } from '../../domain/time/day.ts'
import type { Point, Row, TimeSeriesStore } from '../../store/timeseries/port.ts'

const SOURCES = ['meter', 'heat-loss', 'none'] as const satisfies readonly SavingsDay['source'][]

export function savingsPoint(id: string, day: SavingsDay): Point {
  const { saved, savedKwh } = totalOf([day])
  return {
    measurement: 'savings',
    tags: { [ENTITY_TAG.house]: id },
    time: labelToTime(day.date),
    fields: {
      ...spread('saved_percent', saved, 100),
      ...spread('saved_kwh', savedKwh, 1),
      used_energy_kwh: day.usedKwh,
      energy_source: day.source,
      scale_error: day.scaleError,
      controlled_hours: day.controlledHours,
      mean_shift_k: day.meanShiftK,
      used_heat_kh: day.usedKh,
      baseline_heat_kh: day.baselineKh,
      common_error_kh: day.commonErrorKh,
      daily_error_kh: day.dailyErrorKh,
      avg_indoor_temp: day.indoor,
      avg_indoor_temp_baseline: day.baselineIndoor,
      cold_kh: day.coldKh,
      cold_kh_baseline: day.baselineColdKh,
      warm_kh: day.warmKh,
      warm_kh_baseline: day.baselineWarmKh,
      avg_effective_outdoor_temp: day.effectiveTemperature,
      model_version: day.modelVersion,
      date: day.date,
    },
  }
}

function spread(name: string, found: Interval | null, factor: number): Record<string, number | null> {
  return {
    [name]: found === null ? null : factor * found.value,
    [`${name}_low`]: found === null ? null : factor * found.low,
    [`${name}_high`]: found === null ? null : factor * found.high,
  }
}

/** Evaluated days of a house, ascending. @param from first date @param to date after the last */
export async function readSavings(
  timeSeries: Pick<TimeSeriesStore, 'read'>,
  id: string,
  from: string,
  to: string,
): Promise<SavingsDay[]> {
  const rows = await timeSeries.read({
    measurement: 'savings',
    tags: { [ENTITY_TAG.house]: id },
    from: labelToTime(from),
    to: labelToTime(to),
  })
  return rows.flatMap(dayOf)
}

/** Nothing for a row that lacks what every evaluated day has. */
function dayOf({ time, fields }: Row): SavingsDay[] {
  const number = (name: string) => {
    const value = fields[name]
    return typeof value === 'number' ? value : null
  }
  const [usedKh, baselineKh] = [number('used_heat_kh'), number('baseline_heat_kh')]
  if (usedKh === null || baselineKh === null) return []
  const indoor = number('avg_indoor_temp') ?? 0
  return [
    {
      date: timeToLabel(time),
      controlledHours: number('controlled_hours') ?? 0,
      meanShiftK: number('mean_shift_k') ?? 0,
      usedKh,
      baselineKh,
      commonErrorKh: number('common_error_kh') ?? 0,
      dailyErrorKh: number('daily_error_kh') ?? 0,
      usedKwh: number('used_energy_kwh'),
      source: SOURCES.find((source) => source === fields.energy_source) ?? 'none',
      scaleError: number('scale_error') ?? 0,
      indoor,
      baselineIndoor: number('avg_indoor_temp_baseline') ?? indoor,
      coldKh: number('cold_kh') ?? 0,
      baselineColdKh: number('cold_kh_baseline') ?? 0,
      warmKh: number('warm_kh') ?? 0,
      baselineWarmKh: number('warm_kh_baseline') ?? 0,
      effectiveTemperature: number('avg_effective_outdoor_temp') ?? 0,
      modelVersion: typeof fields.model_version === 'string' ? fields.model_version : '',
    },
  ]
}
