/** Power that no plan can do without, so that no fee for power is paid in comfort. */

/** A building carries its rooms over the coldest hours of a day, but not over half of it. */
const CARRIED_HOURS = 12

/**
 * kW that hold a room at a temperature over the coldest half day foreseen, without help of sun and people.
 * @param kwPerK heat loss coefficient
 * @param indoor °C
 * @param outdoor °C of the coming hours
 */
export function neededPowerKw(kwPerK: number, indoor: number, outdoor: readonly number[]): number {
  const hours = Math.min(CARRIED_HOURS, outdoor.length)
  if (hours === 0) return 0
  const means = outdoor
    .slice(hours - 1)
    .map((_, from) => outdoor.slice(from, from + hours).reduce((sum, value) => sum + value, 0) / hours)
  return Math.max(0, kwPerK * (indoor - Math.min(...means)))
}
