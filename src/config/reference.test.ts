import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { buildingSchema, parseBuilding } from './building.ts'
import { loadEnvironment } from './environment.ts'
import { houseSchema, parseHouse } from './house.ts'
import { environmentVariables, fieldPaths, withTables } from './reference.ts'
import { parseSettings, settingsSchema } from './settings.ts'
import { parseVariables } from './variables.ts'
import { parseZone, zoneSchema } from './zone.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const textOf = (name: string) => readFileSync(pathOf(name), 'utf8')
const jsonOf = (name: string): unknown => JSON.parse(textOf(name))

test('docs/configuration.md holds the tables of the present schemas (write them anew with `vitest -u`)', async () => {
  const document = textOf('docs/configuration.md')
  expect(document.match(/<!-- table: \w+ -->/g)).toHaveLength(6)
  await expect(withTables(document)).toMatchFileSnapshot(pathOf('docs/configuration.md'))
})

test('every field says what it means', () => {
  for (const schema of [houseSchema, buildingSchema, zoneSchema, settingsSchema]) {
    for (const [path, meaning] of fieldPaths(schema))
      expect([path, meaning]).toEqual([path, expect.stringMatching(/\.$/)])
  }
  for (const [name, node] of environmentVariables()) {
    expect([name, node.description]).toEqual([name, expect.stringMatching(/\.$/)])
  }
})

describe('.env.example', () => {
  const lines = textOf('.env.example')
    .split('\n')
    .filter((line) => /^#?[A-Za-z_0-9]+=/.test(line))
  const names = lines.map((line) => line.replace(/^#?([A-Za-z_0-9]+)=.*$/, '$1'))
  const ofEntities = /^(HOUSE|BUILDING)_\w+_(USERNAME|PASSWORD|METER_IDS)$/

  test('names every variable once and nothing else', () => {
    const others = names.filter((name) => !ofEntities.test(name))
    expect([...others].sort()).toEqual(
      environmentVariables()
        .map(([name]) => name)
        .sort(),
    )
    expect(names.filter((name) => ofEntities.test(name))).toHaveLength(6)
  })

  test('is valid as it stands, and shows the true defaults', () => {
    const shown = Object.fromEntries(
      lines.map((line) => line.replace(/^#/, '').split(/=(.*)/s).slice(0, 2) as [string, string]),
    )
    for (const [name, node] of environmentVariables()) {
      if (node.default !== undefined) expect([name, shown[name]]).toEqual([name, node.default])
    }
    expect(() => loadEnvironment({ env: { ...shown, INFLUX_URL: '' } })).not.toThrow()
  })
})

describe('examples', () => {
  test.each([
    ['profiles/EXAMPLE.json', houseSchema, parseHouse],
    ['buildings/EXAMPLE.json', buildingSchema, parseBuilding],
    ['zones/EXAMPLE.json', zoneSchema, parseZone],
    ['settings.example.json', settingsSchema, parseSettings],
  ] as const)('%s is valid and shows every field', (name, schema, parse) => {
    const document = jsonOf(name)
    expect(parse(document)).toMatchObject({ problems: [], unknownKeys: [] })
    const optional = /^daily_tasks\.(gap_fill\.time|energy_pipeline\.times)$/
    const missing = fieldPaths(schema).filter(([path]) => !optional.test(path) && !holds(document, path.split('.')))
    expect(missing).toEqual([])
  })

  test('variables_config.example.json holds the 17 variables every house is asked for', () => {
    const { config, problems, unknownKeys } = parseVariables(jsonOf('variables_config.example.json'))
    expect([problems, unknownKeys]).toEqual([[], []])
    expect(Object.keys(config ?? {})).toHaveLength(17)
    expect(parseVariables({ AI_GT_UTE_Output: 'outdoor_temperature' }).config).toEqual({
      AI_GT_UTE_Output: { field: 'outdoor_temperature', unit: '', meaning: '' },
    })
    expect(parseVariables({ AI_GT_UTE_Output: { field: 'time' } }).problems[0]?.path).toBe('AI_GT_UTE_Output.field')
  })
})

/** Whether a document holds a path such as `analog_signals.<name>.fetch` or `sub_areas[].id`, in at least one place. */
function holds(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true
  if (value === null || typeof value !== 'object') return false
  if (step === '<name>') return Object.values(value).some((one) => holds(one, rest))
  const key = step.replace(/\[\]$/, '')
  if (!Object.hasOwn(value, key)) return false
  const inner: unknown = Reflect.get(value, key)
  if (key === step) return holds(inner, rest)
  return Array.isArray(inner) && inner.some((one) => holds(one, rest))
}
