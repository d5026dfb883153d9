import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'

let directory: string
let code: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bvpro-bundle-'))
  code = await readFile(await workflowBundlePath(directory), 'utf8')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** Module ids of the bundle, such as `./src/workflows/house.ts` and `./node_modules/…`. */
function modules(): string[] {
  return [...code.matchAll(/^\/\*\*\*\/ "(\.[^"]+)"/gm)].map((match) => match[1] ?? '')
}

describe('the workflow bundle', () => {
  test('holds the workflows and is looked into at module level', () => {
    expect(modules()).toEqual(expect.arrayContaining([expect.stringContaining('src/workflows/house.ts')]))
  })

  test('holds no module outside workflows, domain, the activity contract and the SDK', () => {
    const foreign = modules().filter(
      (id) =>
        !/src\/(workflows|domain)\//.test(id) &&
        !/src\/activities\/contract\.ts$/.test(id) &&
        !/node_modules\/(@temporalio|long|ms|nexus-rpc|protobufjs|@protobufjs|luxon|heap-js|suncalc)\b/.test(id),
    )
    expect(foreign.filter((id) => id.includes('node_modules') || id.includes('src/'))).toEqual([])
  })

  test('holds no zod and no Node built-in', () => {
    expect(modules().filter((id) => /node_modules\/zod\//.test(id))).toEqual([])
    for (const builtin of builtinModules.filter((name) => !name.startsWith('_') && name !== 'assert')) {
      expect(modules()).not.toContain(`node:${builtin}`)
    }
    expect(code).not.toMatch(/require\("node:/)
  })

  test('stays under 2.5 MB, so that a helper behind an index does not pull a library in unnoticed', () => {
    expect(code.length).toBeLessThan(2_500_000)
  })
})
