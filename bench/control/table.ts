/** The results of the control benchmark as text: one line per scenario and mode, and whether the numbers are reached. */
import { mean } from '../../src/domain/numeric/statistics.ts'
import type { Truth } from './buildings.ts'
import { type Month, SHARE_OF_SEASON } from './scenarios.ts'

export interface Outcome extends Truth {
  readonly cost: number | null
  readonly peakKw: number | null
  readonly moves: number
}

export interface Row {
  readonly scenario: string
  readonly mode: 'rules' | 'optimise'
  readonly month: Month
  readonly priced: boolean
  readonly fault: string
  readonly uaKwPerK: number
  readonly baseline: Outcome
  readonly result: Outcome
  readonly rmse24h: number | null
  readonly persistence24h: number | null
  readonly order: number | null
  readonly decisions: number
  readonly planned: number
  /** How many decisions each limit held back. */
  readonly heldBack: Readonly<Record<string, number>>
  readonly decisionMs: number
  readonly slowestMs: number
}

/** K·h over the days that count below which a difference in comfort is none. */
const SAME_COMFORT = 0.5
const SAME_HEAT = 0.002

export function table(rows: readonly Row[], header: boolean): string {
  const head = [
    '| Scenario | Mode | Heat saved | Possible | Cost saved | K·h outside the band, baseline → mode | Mean indoor, baseline → mode | Peak kW | Hours below the floor | Writes a day | Planned; held back by | Model order, error 24 h | ms per decision, worst |',
    '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|',
  ]
  const lines = rows.map((row) => {
    const { scenario, mode, baseline, result, rmse24h, order } = row
    return [
      '',
      scenario,
      mode,
      percent(saved(result.kwh, baseline.kwh)),
      percent(saved(row.baseline.leastKwh, baseline.kwh)),
      percent(result.cost === null || baseline.cost === null ? null : saved(result.cost, baseline.cost)),
      `${discomfort(baseline).toFixed(1)} → ${discomfort(result).toFixed(1)}`,
      `${(baseline.indoorKh / baseline.hours).toFixed(2)} → ${(result.indoorKh / result.hours).toFixed(2)}`,
      `${baseline.peakKw?.toFixed(1) ?? '?'} → ${result.peakKw?.toFixed(1) ?? '?'}`,
      `${baseline.belowFloorHours.toFixed(1)} → ${result.belowFloorHours.toFixed(1)}`,
      ((24 * result.moves) / result.hours).toFixed(1),
      limitsOf(row),
      `${order ?? '–'}, ${rmse24h?.toFixed(2) ?? '–'}`,
      `${row.decisionMs.toFixed(1)}, ${row.slowestMs.toFixed(0)}`,
      '',
    ]
      .join(' | ')
      .trim()
  })
  return [...(header ? head : []), ...lines].join('\n')
}

/** Which share of the decisions was planned, and which shares were held back by which limit. */
function limitsOf({ decisions, planned, heldBack }: Row): string {
  const whole = (count: number) => `${Math.round((100 * count) / Math.max(1, decisions))} %`
  const held = Object.entries(heldBack).filter(([, count]) => count > 0.005 * decisions)
  return [whole(planned), ...held.map(([name, count]) => `${name} ${whole(count)}`)].join('; ')
}

/** The figures that were to be reached. */
export function overview(rows: readonly Row[]): string {
  const optimise = rows.filter(({ mode }) => mode === 'optimise')
  const flat = optimise.filter(({ priced, fault }) => !priced && fault === 'none')
  const priced = optimise.filter((row) => row.priced)
  // With a price, heat is stored on purpose: there money stands for heat.
  const worse = rows.filter(({ result, baseline, priced }) => {
    const more = priced ? saved(result.cost ?? 0, baseline.cost ?? 1) : saved(result.kwh, baseline.kwh)
    return more < -SAME_HEAT && discomfort(result) > discomfort(baseline) + SAME_COMFORT
  })
  const colder = rows.filter(({ result, baseline }) => result.belowFloorHours > baseline.belowFloorHours + 0.25)
  const lessComfort = flat.filter(({ result, baseline }) => discomfort(result) > discomfort(baseline) + SAME_COMFORT)
  const against = optimise.filter((row) => {
    const rules = rows.find(({ scenario, mode }) => scenario === row.scenario && mode === 'rules')
    if (rules === undefined) return false
    const lessHeat = row.priced
      ? (row.result.cost ?? 0) <= (rules.result.cost ?? 0) * (1 + SAME_HEAT)
      : row.result.kwh <= rules.result.kwh * (1 + SAME_HEAT)
    return (
      lessHeat && discomfort(row.result) <= Math.max(discomfort(rules.result), discomfort(row.baseline)) + SAME_COMFORT
    )
  })
  const heatOf = (row: Row) => saved(row.result.kwh, row.baseline.kwh)
  const possibleOf = (row: Row) => saved(row.baseline.leastKwh, row.baseline.kwh)
  const cost = mean(priced.map(({ result, baseline }) => saved(result.cost ?? 0, baseline.cost ?? 1)))
  const writes = mean(optimise.map(({ result }) => (24 * result.moves) / result.hours))
  const slowest = Math.max(...rows.map(({ slowestMs }) => slowestMs))
  return [
    '# Control benchmark',
    '',
    `${new Set(rows.map(({ scenario }) => scenario)).size} scenarios, 14 learning days and 10 days that count, setpoint 21 °C, band 20 to 22 °C. Heat and comfort are the building's own truth, not its sensors'. "Possible" is what a thermostat without any lag would have saved that holds the low edge of the band exactly.`,
    '',
    `- Heat saved by \`optimise\`, flat price, no fault: mean ${percent(mean(flat.map(heatOf)))} of ${percent(mean(flat.map(possibleOf)))} possible, least ${percent(Math.min(...flat.map(heatOf)))}; months weighted by their share of a season ${percent(overSeason(flat, heatOf))} of ${percent(overSeason(flat, possibleOf))}; of all heat together ${percent(together(flat, ({ result }) => result.kwh))} of ${percent(together(flat, ({ baseline }) => baseline.leastKwh))}.`,
    `- Discomfort above the baseline's by more than ${SAME_COMFORT} K·h: ${lessComfort.length} of ${flat.length}${lessComfort.length === 0 ? '' : ` (${lessComfort.map(({ scenario }) => scenario).join('; ')})`}.`,
    `- Cost saved by \`optimise\`, price varies: mean ${percent(cost)}.`,
    `- Worse than the baseline in both heat (cost, where the price varies) and comfort: ${worse.length === 0 ? 'none' : worse.map(({ scenario, mode }) => `${scenario} (${mode})`).join('; ')}.`,
    `- \`optimise\` better than or equal to \`rules\`: ${against.length} of ${optimise.length}.`,
    `- Longer below the indoor floor than the baseline: ${colder.length === 0 ? 'none' : colder.map(({ scenario, mode }) => `${scenario} (${mode})`).join('; ')}.`,
    `- Writes a day by \`optimise\`: mean ${writes.toFixed(1)}. Slowest single decision: ${slowest.toFixed(0)} ms.`,
  ].join('\n')
}

/** Means of the months, weighted by their share of a season. */
function overSeason(rows: readonly Row[], read: (row: Row) => number): number {
  let sum = 0
  let weight = 0
  for (const [month, share] of Object.entries(SHARE_OF_SEASON)) {
    const found = rows.filter((row) => row.month === month)
    if (found.length === 0) continue
    sum += share * mean(found.map(read))
    weight += share
  }
  return sum / weight
}

/** Share saved of the heat of all buildings as if each lost as much per kelvin. */
function together(rows: readonly Row[], read: (row: Row) => number): number {
  const total = (of: (row: Row) => number) => rows.reduce((sum, row) => sum + of(row) / row.uaKwPerK, 0)
  return saved(
    total(read),
    total(({ baseline }) => baseline.kwh),
  )
}

function saved(result: number, baseline: number): number {
  return baseline > 0 ? 1 - result / baseline : 0
}

function discomfort({ underKh, overKh }: Truth): number {
  return underKh + overKh
}

function percent(share: number | null): string {
  return share === null || !Number.isFinite(share) ? '?' : `${(100 * share).toFixed(1)} %`
}
