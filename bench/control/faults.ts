/** Things that go wrong: wraps a plant so that some of what it shows is missing, stuck or late. */
import type { Plant, PlantOutputs, PlantState } from '../../src/cli/simulate/plant.ts'

export type Fault =
  | 'none'
  | 'indoor stuck'
  | 'indoor missing'
  | 'outdoor stuck'
  | 'no forecast'
  | 'forecast gone'
  | 'no sun sensor'
  | 'no power'
  | 'no supply'
  | 'holes everywhere'
  | 'clock of its own'

const DAY_MS = 86_400_000
/** Faults that come and go begin this long after the learning days and last this long. */
const AFTER_DAYS = 3
const LASTS_DAYS = 3

/** @param learnDays after which the days that count begin */
export function withFault(plant: Plant, fault: Fault, learnDays: number): Plant {
  if (fault === 'none') return plant
  let begun = 0
  let count = 0
  let held: PlantOutputs | null = null
  const shift = fault === 'clock of its own' ? -9 * 365 * DAY_MS + 7 * 60_000 : 0

  function present(state: PlantState): PlantState {
    count += 1
    const since = state.time - begun - learnDays * DAY_MS
    const active = since >= AFTER_DAYS * DAY_MS && since < (AFTER_DAYS + LASTS_DAYS) * DAY_MS
    if (!active || held === null) held = state.outputs
    return { time: state.time + shift, outputs: spoilt(state.outputs, active ? held : null) }
  }

  function spoilt(outputs: PlantOutputs, stuck: PlantOutputs | null): PlantOutputs {
    switch (fault) {
      case 'indoor stuck':
        return stuck === null ? outputs : { ...outputs, indoorTemperature: stuck.indoorTemperature }
      case 'indoor missing':
        return stuck === null ? outputs : { ...outputs, indoorTemperature: null }
      case 'outdoor stuck':
        return stuck === null ? outputs : { ...outputs, outdoorTemperature: stuck.outdoorTemperature }
      case 'no sun sensor':
        return { ...outputs, globalIrradiance: null }
      case 'no power':
        return { ...outputs, heatPowerKw: null }
      case 'no supply':
        return { ...outputs, supplyTemperature: null, returnTemperature: null }
      case 'holes everywhere':
        return {
          indoorTemperature: count % 5 === 0 ? null : outputs.indoorTemperature,
          outdoorTemperature: count % 7 === 0 ? null : outputs.outdoorTemperature,
          supplyTemperature: count % 3 === 0 ? null : outputs.supplyTemperature,
          returnTemperature: null,
          heatPowerKw: count % 11 === 0 ? null : outputs.heatPowerKw,
          globalIrradiance: count % 4 === 0 ? null : outputs.globalIrradiance,
        }
      default:
        return outputs
    }
  }

  return {
    ...plant,
    init: async (start, warmupSeconds) => {
      const state = await plant.init(start, warmupSeconds)
      begun = state.time
      count = 0
      held = null
      return present(state)
    },
    advance: async (seconds, supplyTemperature) => present(await plant.advance(seconds, supplyTemperature)),
    forecast: async (horizonSeconds, intervalSeconds) => {
      const forecast = await plant.forecast(horizonSeconds, intervalSeconds)
      const first = (forecast.time[0] ?? 0) - begun - learnDays * DAY_MS
      const gone = fault === 'no forecast' || (fault === 'forecast gone' && first >= AFTER_DAYS * DAY_MS)
      if (gone) return { time: [], outdoorTemperature: [], globalIrradiance: [], price: [] }
      return { ...forecast, time: forecast.time.map((time) => time + shift) }
    },
  }
}
