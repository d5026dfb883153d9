/** A command line is started often, and every module costs: what only some commands need is loaded by those. */
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Everything `file` imports before it runs, and what that imports: files of ours and names of packages. */
function importsOf(file: string, known = new Set<string>()): ReadonlySet<string> {
  if (known.has(file)) return known
  known.add(file)
  const text = readFileSync(join(ROOT, file), 'utf8')
  for (const [, clause = '', source = ''] of text.matchAll(/^(?:import|export)\s([^;]*?)\sfrom\s'([^']+)'/gm)) {
    if (clause.startsWith('type ')) continue
    if (source.startsWith('.')) importsOf(relative(ROOT, join(ROOT, dirname(file), source)), known)
    else known.add(source)
  }
  return known
}

test('the command line starts without stores, workflows, vendors, schemas and prompts', () => {
  const imported = [...importsOf('src/cli/main.ts')]
  expect(imported).toContain('src/cli/house-add.ts')
  expect(imported).toContain('commander')
  const heavy = /^(src\/(store|workflows|activities|api|config|simulators|web)\/|zod|hono|@|pg|kysely|libsql)/
  expect(imported.filter((name) => heavy.test(name))).toEqual([])
  const vendors = imported.filter((name) => name.startsWith('src/connectors/'))
  expect(vendors).toEqual(['src/connectors/errors.ts'])
})
