/** A picture of an analysis as SVG: forecasts a day ahead with their band against what came, and the errors by lead. */

import { scoreByLead } from '../../domain/thermal/scores.ts'
import type { IssuedForecast } from '../../domain/thermal/walk-forward.ts'

const WIDTH = 960
const HEIGHT = 620
const LEFT = 60
const RIGHT = 20
const DAY_MS = 86_400_000
/** Days shown, the last ones of the file: more could not be told apart. */
const SHOWN_DAYS = 14
const INK = '#1f2933'
const MEASURED = '#1f2933'
const FORECAST = '#c2410c'
const QUIET = '#64748b'

interface Panel {
  readonly top: number
  readonly height: number
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}

/** @param title plain text */
export function thermalPlot(title: string, forecasts: readonly IssuedForecast[]): string {
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 24, title, 'font-size="15" font-weight="600"'),
    ...(forecasts.length === 0
      ? [text(LEFT, 60, 'No forecasts: the file is too short.')]
      : [...coursePanel(forecasts), ...errorPanel(forecasts)]),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

function coursePanel(forecasts: readonly IssuedForecast[]): string[] {
  const last = forecasts.reduce(
    (latest, { time, actual }) => (Number.isNaN(actual) ? latest : Math.max(latest, time)),
    0,
  )
  const shown = forecasts.filter(
    ({ leadHours, time }) => leadHours === 24 && time > last - SHOWN_DAYS * DAY_MS && time <= last,
  )
  if (shown.length === 0) return [text(LEFT, 60, 'No forecasts 24 h ahead have an outcome.')]
  const measured = shown.filter(({ actual }) => !Number.isNaN(actual))
  const values = [...shown.flatMap(({ q10, q90 }) => [q10, q90]), ...measured.map(({ actual }) => actual)]
  const first = shown[0] as IssuedForecast
  const panel: Panel = {
    top: 60,
    height: 270,
    x: [first.time, Math.max(last, first.time + 1)],
    y: padded(Math.min(...values), Math.max(...values)),
  }
  const band = [
    ...shown.map(({ time, q90 }) => point(panel, time, q90)),
    ...[...shown].reverse().map(({ time, q10 }) => point(panel, time, q10)),
  ].join(' ')
  const days: string[] = []
  for (let day = Math.ceil(panel.x[0] / DAY_MS) * DAY_MS; day <= last; day += 2 * DAY_MS) {
    const label = new Date(day).toISOString().slice(5, 10)
    days.push(text(horizontal(panel, day), panel.top + panel.height + 18, label, 'text-anchor="middle"'))
  }
  return [
    text(LEFT, 48, 'Indoor temperature, °C: measured, and forecast 24 h before with its 80 % band'),
    ...frame(panel, '°C'),
    `<polygon points="${band}" fill="${FORECAST}" fill-opacity="0.18"/>`,
    line(
      panel,
      shown.map(({ time, mean }) => [time, mean]),
      FORECAST,
    ),
    line(
      panel,
      measured.map(({ time, actual }) => [time, actual]),
      MEASURED,
    ),
    ...days,
    ...legend(panel.top + panel.height + 36, [
      ['measured', MEASURED],
      ['forecast', FORECAST],
    ]),
  ]
}

function errorPanel(forecasts: readonly IssuedForecast[]): string[] {
  const leads = [...new Set(forecasts.map(({ leadHours }) => leadHours))].sort((one, other) => one - other)
  const scores = scoreByLead(forecasts, leads)
  const farthest = scores.at(-1)?.leadHours ?? 1
  const worst = Math.max(0.1, ...scores.flatMap(({ rmse, persistenceRmse }) => [rmse, persistenceRmse]))
  const panel: Panel = { top: 415, height: 140, x: [0, farthest], y: [0, worst * 1.1] }
  const ticks = [0, 6, 12, 24, 36, 48].filter((hours) => hours <= farthest)
  return [
    text(LEFT, 403, 'Root mean square error by lead time, K'),
    ...frame(panel, 'K'),
    line(
      panel,
      scores.map(({ leadHours, persistenceRmse }) => [leadHours, persistenceRmse]),
      QUIET,
      '5 4',
    ),
    line(
      panel,
      scores.map(({ leadHours, rmse }) => [leadHours, rmse]),
      FORECAST,
    ),
    ...ticks.map((hours) =>
      text(horizontal(panel, hours), panel.top + panel.height + 18, `${hours} h`, 'text-anchor="middle"'),
    ),
    ...legend(panel.top + panel.height + 36, [
      ['forecast', FORECAST],
      ['persistence', QUIET],
    ]),
  ]
}

function padded(low: number, high: number): [number, number] {
  const margin = Math.max(0.2, 0.08 * (high - low))
  return [low - margin, high + margin]
}

function horizontal({ x }: Panel, value: number): number {
  return LEFT + ((value - x[0]) / (x[1] - x[0])) * (WIDTH - LEFT - RIGHT)
}

function vertical({ y, top, height }: Panel, value: number): number {
  return top + height - ((value - y[0]) / (y[1] - y[0])) * height
}

function point(panel: Panel, x: number, y: number): string {
  return `${horizontal(panel, x).toFixed(1)},${vertical(panel, y).toFixed(1)}`
}

function line(panel: Panel, points: readonly (readonly [number, number])[], colour: string, dash = ''): string {
  const path = points.map(([x, y]) => point(panel, x, y)).join(' ')
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.6"${dashes}/>`
}

function frame(panel: Panel, unit: string): string[] {
  const [low, high] = panel.y
  const step = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10].find((candidate) => (high - low) / candidate <= 6) ?? 20
  const lines: string[] = []
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    const y = vertical(panel, value).toFixed(1)
    lines.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="#e2e8f0"/>`,
      text(LEFT - 8, Number(y) + 4, `${value.toFixed(step < 0.1 ? 2 : step < 1 ? 1 : 0)} ${unit}`, 'text-anchor="end"'),
    )
  }
  return lines
}

function legend(y: number, entries: readonly (readonly [string, string])[]): string[] {
  return entries.flatMap(([label, colour], index) => {
    const x = LEFT + index * 130
    return [
      `<line x1="${x}" x2="${x + 22}" y1="${y - 4}" y2="${y - 4}" stroke="${colour}" stroke-width="2.4"/>`,
      text(x + 28, y, label),
    ]
  })
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeText(content)}</text>`
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
