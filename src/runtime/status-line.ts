/** The last line of `bvpro up`: how the fleet is, rewritten in place on a terminal, printed on change elsewhere. */

import { CONTROL_MODES } from '../domain/entity.ts'
import { deriveHealth } from '../domain/health.ts'
import type { EntityStatus } from '../store/application/port.ts'

/** One sentence such as `4 houses: 3 ok, 1 offline · 1 optimise, 3 monitor · last reading 3 s ago`. */
export function fleetSentence(rows: readonly EntityStatus[], now: number): string {
  if (rows.length === 0) return 'no house, building or zone is configured yet'
  const counts = new Map<string, number>()
  for (const row of rows) {
    const { health } = deriveHealth(row, now)
    counts.set(health, (counts.get(health) ?? 0) + 1)
  }
  const healths = [...counts].map(([health, count]) => `${count} ${health}`).join(', ')
  const newest = Math.max(...rows.map(({ lastGoodAt }) => lastGoodAt ?? 0))
  const age = newest === 0 ? 'no reading yet' : `last reading ${Math.max(0, Math.round((now - newest) / 1000))} s ago`
  return [`${kindCounts(rows)}: ${healths}`, ...modeCounts(rows), age].join(' · ')
}

/** How many houses are in which mode; nothing where none is in any but the first. */
function modeCounts(rows: readonly EntityStatus[]): string[] {
  const houses = rows.filter(({ kind }) => kind === 'house')
  const counts = CONTROL_MODES.flatMap((mode) => {
    const count = houses.filter((row) => row.mode === mode).length
    return count === 0 ? [] : [`${count} ${mode}`]
  })
  return houses.every(({ mode }) => mode === 'monitor') ? [] : [counts.reverse().join(', ')]
}

function kindCounts(rows: readonly EntityStatus[]): string {
  const kinds = (['house', 'building', 'zone'] as const).flatMap((kind) => {
    const count = rows.filter((row) => row.kind === kind).length
    return count === 0 ? [] : [`${count} ${kind}${count === 1 ? '' : 's'}`]
  })
  return kinds.join(', ')
}

const REFRESH_MS = 1_000

/** Shows the line until the returned function is called. */
export function showStatusLine(rows: () => Promise<EntityStatus[]>, output: NodeJS.WriteStream): () => void {
  let shown = ''
  const show = async () => {
    const sentence = await rows().then(
      (list) => fleetSentence(list, Date.now()),
      (error: unknown) => `the application store cannot be read: ${String(error)}`,
    )
    if (output.isTTY) {
      output.write(`\r\x1b[K${sentence.slice(0, (output.columns || 80) - 1)}`)
      return
    }
    // Ages change every second; a log file wants a line only when the healths change.
    const steady = sentence.replace(/ · last reading .*/, '')
    if (steady !== shown) output.write(`${sentence}\n`)
    shown = steady
  }
  const timer = setInterval(() => void show(), REFRESH_MS)
  void show()
  return () => {
    clearInterval(timer)
    if (output.isTTY) output.write('\n')
  }
}
