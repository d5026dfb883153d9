/** A picture of a simulation as SVG: indoor and supply temperatures of the mode and of the baseline, and the weather. */
import type { StepRecord } from './run.ts'
import type { SimulationReport } from './simulation.ts'

const WIDTH = 960
const LEFT = 56
const RIGHT = 16
const PANEL_HEIGHT = 150
const PANEL_GAP = 56
const TOP = 64
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const BASELINE = '#64748b'
const MODE = '#c2410c'
const OUTDOORS = '#1d4ed8'

interface Line {
  readonly colour: string
  readonly points: readonly (readonly [number, number])[]
}

/** @param title plain text */
export function simulationPlot(
  title: string,
  report: SimulationReport,
  band: { readonly low: number; readonly high: number },
): string {
  const { baseline, result } = report.series
  const line = (records: readonly StepRecord[], colour: string, read: (record: StepRecord) => number | null): Line => ({
    colour,
    points: records.flatMap((record) => {
      const value = read(record)
      return value === null ? [] : [[record.time, value] as const]
    }),
  })
  const both = (read: (record: StepRecord) => number | null) => [
    line(baseline, BASELINE, read),
    line(result, MODE, read),
  ]
  const panels: readonly (readonly [string, readonly Line[], readonly number[]])[] = [
    [
      'Indoor temperature, °C, and the comfort band',
      both(({ outputs }) => outputs.indoorTemperature),
      [band.low, band.high],
    ],
    ['Supply temperature, °C', both(({ outputs, asked }) => outputs.supplyTemperature ?? asked), []],
    ['Heating power, kW', both(({ outputs }) => outputs.heatPowerKw), []],
    ['Outdoor temperature, °C', [line(result, OUTDOORS, ({ outdoor }) => outdoor)], []],
  ]
  const height = TOP + panels.length * (PANEL_HEIGHT + PANEL_GAP)
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 24, title, 'font-size="15" font-weight="600"'),
    `<line x1="${LEFT}" x2="${LEFT + 22}" y1="36" y2="36" stroke="${BASELINE}" stroke-width="2.4"/>`,
    text(LEFT + 28, 40, 'baseline'),
    `<line x1="${LEFT + 110}" x2="${LEFT + 132}" y1="36" y2="36" stroke="${MODE}" stroke-width="2.4"/>`,
    text(LEFT + 138, 40, report.mode),
    ...panels.flatMap(([name, lines, marks], index) =>
      panel(TOP + index * (PANEL_HEIGHT + PANEL_GAP), name, lines, marks),
    ),
    '</svg>',
  ].join('\n')}\n`
}

function panel(top: number, name: string, lines: readonly Line[], marks: readonly number[]): string[] {
  const points = lines.flatMap((line) => line.points)
  const [head, ...rest] = [text(LEFT, top + 10, name)]
  if (points.length === 0) return [head as string, ...rest, text(LEFT, top + 40, 'unknown')]
  const times = points.map(([time]) => time)
  const values = [...points.map(([, value]) => value), ...marks]
  const from = times.reduce((least, time) => Math.min(least, time))
  const to = Math.max(
    times.reduce((most, time) => Math.max(most, time)),
    from + 1,
  )
  const lowest = values.reduce((least, value) => Math.min(least, value))
  const highest = values.reduce((most, value) => Math.max(most, value))
  const room = Math.max(0.2, 0.06 * (highest - lowest))
  const x = (time: number) => LEFT + ((time - from) / (to - from)) * (WIDTH - LEFT - RIGHT)
  const y = (value: number) =>
    top + 18 + PANEL_HEIGHT - ((value - lowest + room) / (highest - lowest + 2 * room)) * PANEL_HEIGHT
  const step = [0.5, 1, 2, 5, 10, 20].find((candidate) => (highest - lowest) / candidate <= 5) ?? 50
  const grid: string[] = []
  for (let value = Math.ceil(lowest / step) * step; value <= highest; value += step) {
    grid.push(
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#e2e8f0"/>`,
      text(LEFT - 6, y(value) + 4, `${Number(value.toFixed(1))}`, 'text-anchor="end"'),
    )
  }
  const dayStep = Math.max(1, Math.ceil((to - from) / DAY_MS / 8)) * DAY_MS
  for (let day = Math.ceil(from / DAY_MS) * DAY_MS; day <= to; day += dayStep) {
    const label = new Date(day).toISOString().slice(5, 10)
    grid.push(text(x(day), top + PANEL_HEIGHT + 34, label, 'text-anchor="middle"'))
  }
  return [
    head as string,
    ...rest,
    ...grid,
    ...marks.map(
      (mark) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(mark).toFixed(1)}" y2="${y(mark).toFixed(1)}" stroke="#15803d" stroke-dasharray="5 4"/>`,
    ),
    ...lines.map(({ colour, points: path }) => {
      const drawn = path.map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
      return `<polyline points="${drawn}" fill="none" stroke="${colour}" stroke-width="1.4"/>`
    }),
  ]
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escapeText(content)}</text>`
}

function escapeText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
