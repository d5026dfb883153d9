/** The benchmark as a picture: the heat loss coefficient of each house with its interval, and errors by lead time. */

interface HouseRow {
  readonly uaTrue: number
  readonly ua: number
  readonly low: number
  readonly high: number
}

interface ForecastRow {
  readonly heat: string
  readonly leads: readonly { readonly leadHours: number; readonly rmse: number; readonly persistenceRmse: number }[]
}

const INK = '#1f2933'
const COLOURS: Readonly<Record<string, string>> = { power: '#c2410c', supply: '#1d4ed8' }

export function benchPlot(houses: readonly HouseRow[], forecasts: readonly ForecastRow[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 640" font-family="system-ui, sans-serif" font-size="12" fill="${INK}" role="img">`,
    '<title>Thermal benchmark</title>',
    '<rect width="960" height="640" fill="#ffffff"/>',
    ...coefficients(houses),
    ...errors(forecasts),
    '</svg>',
  ].join('\n')}\n`
}

function coefficients(houses: readonly HouseRow[]): string[] {
  const top = 40
  const height = 260
  const y = (ratio: number) => top + height - ((ratio - 0.6) / 0.8) * height
  const x = (index: number) => 70 + ((index + 0.5) / houses.length) * 870
  const grid = [0.6, 0.8, 0.9, 1, 1.1, 1.2, 1.4].flatMap((ratio) => [
    `<line x1="70" x2="940" y1="${y(ratio)}" y2="${y(ratio)}" stroke="${ratio === 1 ? INK : '#e2e8f0'}"/>`,
    `<text x="62" y="${y(ratio) + 4}" text-anchor="end">${ratio}</text>`,
  ])
  const marks = houses.flatMap(({ uaTrue, ua, low, high }, index) => {
    const bound = (value: number) => y(Math.min(1.4, Math.max(0.6, value / uaTrue))).toFixed(1)
    const colour = low <= uaTrue && uaTrue <= high ? '#0f766e' : '#b91c1c'
    return [
      `<line x1="${x(index).toFixed(1)}" x2="${x(index).toFixed(1)}" y1="${bound(low)}" y2="${bound(high)}" stroke="${colour}" stroke-width="2"/>`,
      `<circle cx="${x(index).toFixed(1)}" cy="${bound(ua)}" r="3.5" fill="${colour}"/>`,
    ]
  })
  return [
    '<text x="70" y="26" font-size="15" font-weight="600">Heat loss coefficient over the true one, with 95 % intervals (red: missed)</text>',
    ...grid,
    ...marks,
  ]
}

function errors(forecasts: readonly ForecastRow[]): string[] {
  const top = 370
  const height = 210
  const worst = Math.max(...forecasts.flatMap(({ leads }) => leads.map(({ persistenceRmse }) => persistenceRmse)))
  const x = (hours: number) => 70 + (hours / 48) * 870
  const y = (kelvin: number) => top + height - (kelvin / (worst * 1.1)) * height
  const path = (points: readonly (readonly [number, number])[]) =>
    points.map(([hours, kelvin]) => `${x(hours).toFixed(1)},${y(kelvin).toFixed(1)}`).join(' ')
  const grid: string[] = []
  for (let kelvin = 0; kelvin <= worst * 1.1; kelvin += 0.1) {
    grid.push(
      `<line x1="70" x2="940" y1="${y(kelvin).toFixed(1)}" y2="${y(kelvin).toFixed(1)}" stroke="#e2e8f0"/>`,
      `<text x="62" y="${(y(kelvin) + 4).toFixed(1)}" text-anchor="end">${kelvin.toFixed(1)} K</text>`,
    )
  }
  const lines = forecasts.flatMap(({ heat, leads }, index) => [
    `<polyline points="${path(leads.map(({ leadHours, rmse }) => [leadHours, rmse]))}" fill="none" stroke="${COLOURS[heat] ?? INK}" stroke-width="2"/>`,
    `<text x="${80 + index * 210}" y="${top + height + 44}" fill="${COLOURS[heat] ?? INK}">forecast, ${heat} known</text>`,
  ])
  const first = forecasts[0]
  return [
    `<text x="70" y="${top - 14}" font-size="15" font-weight="600">Root mean square error of the indoor forecast by lead time (grey: persistence)</text>`,
    ...grid,
    ...[1, 6, 12, 24, 48].map(
      (hours) => `<text x="${x(hours)}" y="${top + height + 20}" text-anchor="middle">${hours} h</text>`,
    ),
    ...(first === undefined
      ? []
      : [
          `<polyline points="${path(first.leads.map(({ leadHours, persistenceRmse }) => [leadHours, persistenceRmse]))}" fill="none" stroke="#64748b" stroke-width="2" stroke-dasharray="5 4"/>`,
        ]),
    ...lines,
  ]
}
