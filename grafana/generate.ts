/** Writes grafana/dashboards/*.json from the measurement registry: `npx tsx grafana/generate.ts`. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { fleetBoard } from './fleet.ts'

/** File name → board, as Grafana reads it. */
export function boards(): Readonly<Record<string, string>> {
  return { 'fleet.json': `${JSON.stringify(fleetBoard(), null, 2)}\n` }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of Object.entries(boards())) {
    await writeFile(new URL(`dashboards/${name}`, import.meta.url), text)
    console.log(`wrote grafana/dashboards/${name}`)
  }
}
