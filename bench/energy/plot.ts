/** The benchmark as a picture: true share of hot water against the one found, by BVPro and by the method before it. */
import type { HomeResult } from './summary.ts'

const SIZE = 420
const MARGIN = 52
const MOST = 0.6

export function plotOf(results: readonly HomeResult[]): string {
  const good = results.filter((result) => result.obstacle === null)
  const span = SIZE - 2 * MARGIN
  const x = (share: number) => (MARGIN + (span * Math.min(share, MOST)) / MOST).toFixed(1)
  const y = (share: number) => (SIZE - MARGIN - (span * Math.min(share, MOST)) / MOST).toFixed(1)
  const dot = (result: HomeResult, share: number | null, colour: string) =>
    share === null
      ? ''
      : `<circle cx="${x(result.trueDhwShare)}" cy="${y(share)}" r="3.2" fill="${colour}" fill-opacity="0.75"><title>${result.name}</title></circle>`
  const ticks = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    .map(
      (share) =>
        `<text x="${x(share)}" y="${SIZE - MARGIN + 16}" text-anchor="middle">${share * 100}</text>` +
        `<text x="${MARGIN - 8}" y="${y(share)}" text-anchor="end" dy="4">${share * 100}</text>` +
        `<path d="M${x(share)} ${y(0)}V${y(MOST)}M${x(0)} ${y(share)}H${x(MOST)}" stroke="#e4e4e4"/>`,
    )
    .join('')
  const band = `<path d="M${x(0)} ${y(0.06)}L${x(MOST - 0.06)} ${y(MOST)}H${x(MOST)}L${x(0.06)} ${y(0)}H${x(0)}Z" fill="#2a7" fill-opacity="0.1"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" font-family="sans-serif" font-size="11" fill="#333">
<rect width="${SIZE}" height="${SIZE}" fill="#fff"/>${ticks}${band}
<path d="M${x(0)} ${y(0)}L${x(MOST)} ${y(MOST)}" stroke="#777"/>
${good.map((result) => dot(result, result.existingDhwShare, '#c63')).join('\n')}
${good.map((result) => dot(result, result.dhwShare, '#165fa8')).join('\n')}
<text x="${SIZE / 2}" y="${SIZE - 12}" text-anchor="middle">true share of hot water, %</text>
<text transform="translate(14 ${SIZE / 2}) rotate(-90)" text-anchor="middle">share found, %</text>
<text x="${MARGIN}" y="20" font-size="13">Hot water of ${good.length} simulated homes</text>
<circle cx="${MARGIN + 4}" cy="34" r="3.2" fill="#165fa8"/><text x="${MARGIN + 12}" y="38">BVPro</text>
<circle cx="${MARGIN + 64}" cy="34" r="3.2" fill="#c63"/><text x="${MARGIN + 72}" y="38">existing method</text>
<text x="${SIZE - MARGIN}" y="38" text-anchor="end">band: ± 6 percentage points</text>
</svg>
`
}
