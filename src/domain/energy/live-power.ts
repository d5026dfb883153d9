/** Hot water in live power readings: a draw-off lasts minutes and stands out far above what heating does in that time. */
import { quantile, robustDeviation } from '../numeric/statistics.ts'

/** Fewer readings an hour do not show a draw-off. */
export const LIVE_READINGS_NEEDED = 6
/** Hours on each side whose readings tell the power of heating. */
const NEIGHBOURS = 1
/** Heating is the lower part of the readings around: draw-offs fill less than the rest of them. */
const HEATING_QUANTILE = 0.35
const LEAST_SPIKE_KW = 0.4

/**
 * Share of each hour's energy that is spikes of hot water, by hour index; only hours with six readings or more.
 * The readings give the shape, the meter gives the energy.
 */
export function spikeShares(heatPower: ReadonlyMap<number, readonly number[]>): Map<number, number> {
  const shares = new Map<number, number>()
  for (const [hour, readings] of heatPower) {
    if (readings.length < LIVE_READINGS_NEEDED) continue
    const around: number[] = []
    for (let other = hour - NEIGHBOURS; other <= hour + NEIGHBOURS; other++) {
      const more = heatPower.get(other)
      if (more !== undefined) around.push(...more)
    }
    const heating = quantile(around, HEATING_QUANTILE)
    const noise = robustDeviation(around.filter((power) => power <= heating))
    const limit = heating + Math.max(LEAST_SPIKE_KW, 4 * noise)
    let total = 0
    let spikes = 0
    for (const power of readings) {
      total += Math.max(0, power)
      if (power > limit) spikes += power - Math.max(0, heating)
    }
    shares.set(hour, total > 0 ? Math.min(1, spikes / total) : 0)
  }
  return shares
}
