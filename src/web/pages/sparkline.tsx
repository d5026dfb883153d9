/** A small curve of the last 24 hours with its range in words; gaps stay gaps. */
import { formatTemperature } from '../format.ts'
import type { Curve } from '../history.ts'
import type { Language } from '../language.ts'
import type { Texts } from '../texts.ts'

const WIDTH = 240
const HEIGHT = 36
const PADDING = 3
/** A flat day is drawn flat: noise of a tenth of a degree must not look like a mountain. */
const LEAST_SPAN_K = 1

/** SVG path commands; a value between two gaps becomes a dot (a line of no length with round caps). */
export function sparklinePath(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  const low = Math.min(...known)
  const high = Math.max(...known)
  const span = Math.max(high - low, LEAST_SPAN_K)
  const middle = (low + high) / 2
  const stepX = (WIDTH - 2 * PADDING) / Math.max(values.length - 1, 1)
  let pen: 'up' | 'down' = 'up'
  const commands = values.flatMap((value, index) => {
    if (value === null) {
      pen = 'up'
      return []
    }
    const x = (PADDING + index * stepX).toFixed(1)
    const y = (HEIGHT / 2 - ((value - middle) / span) * (HEIGHT - 2 * PADDING)).toFixed(1)
    const start = pen === 'up'
    pen = 'down'
    return start ? [`M${x} ${y}h0`] : [`L${x} ${y}`]
  })
  return commands.join('')
}

interface SparklineProps {
  readonly curve: Curve
  readonly language: Language
  readonly texts: Texts
}

export function Sparkline({ curve: { quantity, values }, language, texts }: SparklineProps) {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return null
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => formatTemperature(value, language))
  const range = texts.range(low ?? '', high ?? '')
  return (
    <figure class={`curve ${quantity}`}>
      <figcaption>
        <span>
          {texts.quantities[quantity]}, {texts.lastDay}
        </span>
        <span class="range">{range}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <path d={sparklinePath(values)} />
      </svg>
    </figure>
  )
}
