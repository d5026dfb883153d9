/** docs/events.md lists what the code logs: an operator greps for an event and must find what it means. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const sources = readdirSync(`${ROOT}/src`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/testing\//.test(file))
  .map((file) => readFileSync(`${ROOT}/src/${file}`, 'utf8'))
  .join('\n')

/** First column of the table: one or several names in backticks. */
const documented = readFileSync(`${ROOT}/docs/events.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))

test('every event that is logged is listed', () => {
  const logged = new Set(
    [...sources.matchAll(/\.(?:debug|info|warn|error)\(\s*'([^'\s]+)'/g)].map(([, name]) => name ?? ''),
  )
  expect(logged.size).toBeGreaterThan(30)
  expect([...logged].filter((name) => !documented.includes(name)).sort()).toEqual([])
})

test('every listed event is logged, once in the list', () => {
  expect(documented.filter((name) => !sources.includes(`'${name}'`))).toEqual([])
  expect(documented.filter((name, index) => documented.indexOf(name) !== index)).toEqual([])
})
