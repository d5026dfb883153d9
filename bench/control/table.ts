/** The results of the control benchmark as text: one line per scenario and mode, and whether the numbers are reached. */
import type { Truth } from './buildings.ts'

export interface Outcome extends Truth {
  readonly cost: number | null
  readonly peakKw: number | null
  readonly moves: number
}

export interface Row {
  readonly scenario: string
  readonly mode: 'rules' | 'optimise'
  readonly priced: boolean
  readonly fault: string
  readonly baseline: Outcome
  readonly result: Outcome
  readonly rmse24h: number | null
  readonly persistence24h: number | null
  readonly order: number | null
  readonly decisionMs: number
}

/** K·h over the days that count below which a difference in comfort is none. */
const SAME_COMFORT = 0.5
const SAME_HEAT = 0.002

export function table(rows: readonly Row[], header: boolean): string {
  const head = [
    '| Scenario | Mode | Heat saved | Cost saved | K·h outside the band, baseline → mode | Peak kW | Hours below the floor | Writes | Model order, error 24 h | ms per decision |',
    '|---|---|---:|---:|---:|---:|---:|---:|---:|---:|',
  ]
  const lines = rows.map(({ scenario, mode, baseline, result, rmse24h, order, decisionMs }) =>
    [
      '',
      scenario,
      mode,
      percent(saved(result.kwh, baseline.kwh)),
      percent(result.cost === null || baseline.cost === null ? null : saved(result.cost, baseline.cost)),
      `${discomfort(baseline).toFixed(1)} → ${discomfort(result).toFixed(1)}`,
      `${baseline.peakKw?.toFixed(1) ?? '?'} → ${result.peakKw?.toFixed(1) ?? '?'}`,
      `${baseline.belowFloorHours.toFixed(1)} → ${result.belowFloorHours.toFixed(1)}`,
      `${result.moves}`,
      `${order ?? '–'}, ${rmse24h?.toFixed(2) ?? '–'}`,
      decisionMs.toFixed(1),
      '',
    ]
      .join(' | ')
      .trim(),
  )
  return [...(header ? head : []), ...lines].join('\n')
}

/** The figures that were to be reached. */
export function overview(rows: readonly Row[]): string {
  const optimise = rows.filter(({ mode }) => mode === 'optimise')
  const flat = optimise.filter(({ priced, fault }) => !priced && fault === 'none')
  const priced = optimise.filter((row) => row.priced)
  const worse = rows.filter(
    ({ result, baseline }) =>
      saved(result.kwh, baseline.kwh) < -SAME_HEAT && discomfort(result) > discomfort(baseline) + SAME_COMFORT,
  )
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
  const heat = mean(flat.map(({ result, baseline }) => saved(result.kwh, baseline.kwh)))
  const cost = mean(priced.map(({ result, baseline }) => saved(result.cost ?? 0, baseline.cost ?? 1)))
  return [
    '# Control benchmark',
    '',
    `${new Set(rows.map(({ scenario }) => scenario)).size} scenarios, 14 learning days and 10 days that count, setpoint 21 °C, band 20 to 22 °C. Heat and comfort are the building's own truth, not its sensors'.`,
    '',
    `- Heat saved by \`optimise\`, flat price, no fault: mean ${percent(heat)}, least ${percent(Math.min(...flat.map(({ result, baseline }) => saved(result.kwh, baseline.kwh))))}; discomfort above the baseline's by more than ${SAME_COMFORT} K·h in ${lessComfort.length} of ${flat.length}.`,
    `- Cost saved by \`optimise\`, price varies: mean ${percent(cost)}.`,
    `- Worse than the baseline in both heat and comfort: ${worse.length === 0 ? 'none' : worse.map(({ scenario, mode }) => `${scenario} (${mode})`).join('; ')}.`,
    `- \`optimise\` better than or equal to \`rules\`: ${against.length} of ${optimise.length}.`,
    `- Longer below the indoor floor than the baseline: ${colder.length === 0 ? 'none' : colder.map(({ scenario, mode }) => `${scenario} (${mode})`).join('; ')}.`,
  ].join('\n')
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

function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((total, value) => total + value, 0) / values.length
}
