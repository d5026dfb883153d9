/** What is known of the hot water of each hour: the best evidence there is, and how far it is to be trusted. */

import { mean } from '../numeric/statistics.ts'
import { fitBaseline } from './baseline.ts'
import { dayPatternDepth, PATTERNED } from './day-pattern.ts'
import type { DailyLimits } from './draw-off-mixture.ts'
import { spikeSize } from './draw-off-signal.ts'
import { CLOCK_CLASSES, type Features, heatingFeatures } from './heating-features.ts'
import { sensorClasses } from './hot-water-sensor.ts'
import { type HourGrid, knownShare } from './hours.ts'
import { spikeShares } from './live-power.ts'
import { nightNoise } from './night-noise.ts'
import { stepDeviation } from './resolution.ts'
import { MANY_PEOPLE_KW } from './separability.ts'
import type { SeparationMethod } from './separation.ts'
import type { Signature } from './signature.ts'
import { warmHotWater, warmProfile } from './warm-days.ts'

export interface Evidence {
  /** Expected hot water and heating of each hour, kWh. */
  readonly dhw: Float64Array
  readonly heating: Float64Array
  /** Standard deviation of an hour's hot water on its own, kWh. */
  readonly deviation: Float64Array
  /** Standard deviation of the error all hours have in common, as a share of the hot water. */
  readonly relativeError: number
  /** The same as a share of the heating: what a shifted baseline moves from one to the other. */
  readonly baselineError: number
  /** Circulation that may run unseen where no warm days show it, kW. */
  readonly hiddenBaseKw: number
  readonly cvrmse: number | null
  methodAt(index: number): SeparationMethod
}

/** How freely the day's pattern of heating is fitted where there is one, and where there is none. */
const FREE = { clockRidge: 1, leastNoise: 0.18 }
const STIFF = { clockRidge: 30, leastNoise: 0.05 }

export function estimateDrawOffs(grid: HourGrid, signature: Signature, step: number): Evidence {
  const energies = Array.from(grid.energy).filter((energy) => !Number.isNaN(energy))
  const load = mean(energies)
  const depth = dayPatternDepth(grid)
  const { clockRidge, leastNoise } = depth > PATTERNED ? FREE : STIFF
  const features = heatingFeatures(grid, signature.balanceTemperature, clockRidge)
  const base = signature.baseKw ?? 0
  const warm = warmHotWater(grid, features.season, base)
  const scale = Math.max(1, load / MANY_PEOPLE_KW)
  const sensor = sensorClasses(grid)
  const counting = stepDeviation(step)
  const baseline = fitBaseline({
    grid,
    features,
    base,
    stepDeviation: counting,
    scale,
    group: groupsOf(grid, features, sensor.classOf),
    groups: CLOCK_CLASSES * sensor.classes,
    limits: warm === null ? UNLIMITED : warm.limits,
    leastNoise: Math.max(leastNoise * scale, nightNoise(grid, features.season, counting)),
  })
  const hidden = 1 + HIDDEN_DRAW_OFFS * Math.min(1, counting / (0.4 * scale))
  const shares = spikeShares(grid.heatPower)
  const blended = warm !== null && load >= MANY_PEOPLE_KW && spikeSize(grid, depth > PATTERNED) < BLENDED * load
  const profile = blended ? warmProfile(grid, features.season, features.clock, CLOCK_CLASSES) : null
  const dhw = new Float64Array(grid.count)
  const heating = new Float64Array(grid.count)
  const deviation = new Float64Array(grid.count)
  for (let index = 0; index < grid.count; index++) {
    const energy = grid.energy[index] as number
    const drawn = baseline.drawOff.mean[index] as number
    const live = shares.get(index)
    const meter = grid.dhwMeter[index] as number
    const heated = features.season[index] as number
    const flowing = Math.min(energy, base)
    if (!Number.isNaN(meter)) {
      dhw[index] = Math.min(energy, meter)
      deviation[index] = 0.01 * meter
    } else if (live !== undefined && heated > 0) {
      dhw[index] = Math.min(energy, flowing + live * energy)
      deviation[index] = 0.15 * live * energy + 0.03
    } else if (profile !== null && heated > 0) {
      const usual = profile[features.clock[index] as number] as number
      dhw[index] = Math.min(energy, usual * WINTER_FACTOR)
      deviation[index] = 0.3 * usual
    } else {
      dhw[index] = Math.min(energy, flowing + drawn * (heated > 0 ? hidden : 1))
      deviation[index] = Math.sqrt(baseline.drawOff.variance[index] as number)
    }
    const rest = energy - (dhw[index] as number)
    const model = baseline.heating[index] as number
    const noise = baseline.deviation[index] as number
    // Noise of counting is no heating; noise of heating is.
    const seen = live !== undefined || !Number.isNaN(meter)
    const own = seen || noise === 0 ? 1 : Math.max(0, 1 - (counting * heated) ** 2 / (noise * noise))
    heating[index] = heated === 0 ? Math.max(0, rest) : Math.max(0, model + own * (rest - model))
  }
  const heatingMean = mean(Array.from(heating).filter((value) => !Number.isNaN(value)))
  return {
    dhw,
    heating,
    deviation,
    ...(blended
      ? { relativeError: 0.2, baselineError: 0.005 }
      : errorsOf(
          depth,
          counting / scale,
          baseline.processDeviation / scale,
          warm !== null,
          knownShare(grid.outdoor) > 0.5,
        )),
    hiddenBaseKw: signature.baseKw === null ? HIDDEN_BASE_SHARE * load : 0,
    cvrmse: heatingMean > 0 ? baseline.processDeviation / heatingMean : null,
    methodAt: (index) => {
      if (!Number.isNaN(grid.dhwMeter[index])) return 'sub_meter'
      if (shares.has(index)) return 'live_power'
      return profile === null ? 'smoother' : 'signature'
    },
  }
}

/** Of the mean load: spikes below are no draw-offs one by one but the noise of a large building's heating. */
const BLENDED = 0.2
/** Hot water of winter against summer, for the colder mains water. */
const WINTER_FACTOR = 1.1
const UNLIMITED: DailyLimits = { low: 0, high: Number.POSITIVE_INFINITY }
/** Hands and dishes do not stand out above whole kWh; in the benchmark they are this share of what does. */
const HIDDEN_DRAW_OFFS = 0.12
const HIDDEN_BASE_SHARE = 0.03

function groupsOf(grid: HourGrid, features: Features, sensorClass: Int8Array): Int16Array {
  const group = new Int16Array(grid.count)
  for (let index = 0; index < grid.count; index++) {
    group[index] = (features.clock[index] as number) + CLOCK_CLASSES * (sensorClass[index] as number)
  }
  return group
}

/** Found in the benchmark: what makes the split worse, and by how much. */
function errorsOf(
  depth: number,
  counting: number,
  noise: number,
  warmKnown: boolean,
  weatherKnown: boolean,
): Pick<Evidence, 'relativeError' | 'baselineError'> {
  const patterned = depth > PATTERNED
  return {
    relativeError: Math.hypot(
      0.08,
      counting * 0.25,
      noise * 0.35,
      patterned ? 0.12 : 0,
      warmKnown ? 0 : 0.06,
      weatherKnown ? 0 : 0.1,
    ),
    baselineError: Math.hypot(0.008, patterned ? 0.025 : 0, weatherKnown ? 0 : 0.01),
  }
}
