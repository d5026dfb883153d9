/** Control that an earlier system has left in a profile: its baseline is taken over, and written back. */
import type { HouseConfig } from '../../config/house.ts'
import { BadConfig } from '../../connectors/errors.ts'
import { CURVE_POINTS } from '../../domain/heating/curve.ts'
import type { Baseline } from '../../domain/safety/house-control.ts'

/** What the profile says once nothing is held. The baseline stays: people look at it when they doubt the curve. */
export const RELEASED_PROFILE = {
  heat_curve_control: {
    in_control: false,
    entered_at: null,
    reason: null,
    ml_last_offset: null,
    pi_integral: 0,
    pi_last_error_sign: null,
    pi_last_update_iso: null,
  },
}

/**
 * The baseline of a profile that says `in_control`.
 * @throws BadConfig unless all ten points of both curves are there: a missing one must never be taken for 0 °C
 */
export function earlierBaseline(
  id: string,
  { heat_curve_control: { baseline, entered_at } }: Pick<HouseConfig, 'heat_curve_control'>,
): Baseline {
  const missing: string[] = []
  const seriesOf = (key: 'yref' | 'curve') =>
    CURVE_POINTS.map((point) => {
      const value = (baseline[key] as Readonly<Record<string, unknown>> | null | undefined)?.[String(point)]
      if (typeof value === 'number' && Number.isFinite(value)) return value
      missing.push(`${key} ${point}`)
      return Number.NaN
    })
  const [yref, y] = [seriesOf('yref'), seriesOf('curve')]
  if (missing.length > 0) {
    throw new BadConfig(
      `the baseline in the profile of ${id} is not complete (${missing.join(', ')} missing), so nothing is written; set the curve at the house, then abandon control`,
    )
  }
  const since = entered_at === null ? Number.NaN : Date.parse(entered_at)
  return {
    capturedAt: Number.isFinite(since) ? since : 0,
    yref,
    y,
    adaption: baseline.adaption === true,
    setpoint: typeof baseline.setpoint === 'number' ? baseline.setpoint : null,
  }
}
