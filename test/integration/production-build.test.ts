/**
 * `npm run build` as the image uses it: plain Node runs what it makes, with no TypeScript and no bundler at run time.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside node_modules: ignored by git, yet the compiled code finds its dependencies above it.
const out = path.join(root, 'node_modules', '.cache', `bvpro-build-${process.pid}`)

/** Runs a module expression in a fresh Node, without the loader these tests are run by. */
async function inPlainNode(code: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: root, env: {} })
  return stdout
}

const compiled = (file: string) => JSON.stringify(pathToFileURL(path.join(out, 'src', file)).href)

describe('npm run build', () => {
  beforeAll(async () => {
    await run(process.execPath, ['scripts/build.mjs', '--out', out], { cwd: root })
  })
  afterAll(() => rm(out, { recursive: true, force: true }))

  test('makes a command line that plain Node runs', async () => {
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string }
    const help = await inPlainNode(
      `process.exitCode = await (await import(${compiled('cli/main.js')})).main(['--help'])`,
    )
    for (const command of ['up', 'worker', 'api', 'doctor']) expect(help).toMatch(new RegExp(`^ +${command}\\b`, 'm'))
    const said = await inPlainNode(`console.log((await import(${compiled('runtime/version.js')})).bvproVersion())`)
    expect(said.trim()).toBe(version)
  })

  test('makes every process loadable', async () => {
    const modules = ['up', 'run-worker', 'run-api'].map((name) => `await import(${compiled(`runtime/${name}.js`)})`)
    const code = `${modules.join('\n')}\nconsole.log('loaded'); process.exit(0)`
    expect(await inPlainNode(code)).toContain('loaded')
  })

  test('gives workers their workflow code prebuilt', async () => {
    const bundle = path.join(out, 'workflow-bundle.js')
    const module = compiled('runtime/workflow-bundle.js')
    const code = `console.log(await (await import(${module})).workflowBundlePath('/nowhere')); process.exit(0)`
    expect((await inPlainNode(code)).trim()).toBe(bundle)
    const text = await readFile(bundle, 'utf8')
    expect(() => new Script(text)).not.toThrow()
    for (const workflow of ['house', 'reconcileEntities']) expect(text).toContain(workflow)
  })

  test('computes in threads that find the compiled tasks', async () => {
    const code = `const pool = (await import(${compiled('runtime/compute-pool.js')})).createComputePool()
      console.log((await pool.run('heatLoss', { hours: [], place: null })).kwPerK)
      await pool.close()`
    expect((await inPlainNode(code)).trim()).toBe('null')
  })

  test('brings the files of the pages along, and no tests', async () => {
    await expect(inPlainNode(`await import(${compiled('web/assets.js')}); console.log('read')`)).resolves.toContain(
      'read',
    )
    const files = await readdir(out, { recursive: true })
    expect(files.filter((file) => /\.test\.|\.tsx?$/.test(file))).toEqual([])
  })

  test('refuses to write where it would delete the sources', async () => {
    const refused = run(process.execPath, ['scripts/build.mjs', '--out', '.'], { cwd: root })
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('holds the sources') })
    expect(existsSync(path.join(root, 'src', 'workflows', 'index.ts'))).toBe(true)
  })
})
