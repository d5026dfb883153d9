/**
 * `npm run build`: compiles src/ to dist/src/ so that plain Node runs it, copies what is not TypeScript (style sheets,
 * browser modules) and bundles the workflow code, so that a worker in production starts without webpack. dist/ mirrors
 * the root of the checkout: a path such as `../../package.json` means the same in both. Takes `--out FOLDER`.
 */
import { spawnSync } from 'node:child_process'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = path.join(root, 'src')
const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } })
const out = path.resolve(root, values.out)

/** Refuses an output folder whose removal would take sources with it. */
function assertSafeOutput() {
  const fromOut = path.relative(out, source)
  if (!fromOut.startsWith('..')) throw new Error(`the output folder ${out} holds the sources; choose another`)
  if (!path.relative(source, out).startsWith('..')) throw new Error(`the output folder ${out} lies inside src/`)
}

async function compile() {
  const { bin } = JSON.parse(await readFile(path.join(root, 'node_modules/typescript/package.json'), 'utf8'))
  const tsc = path.join(root, 'node_modules/typescript', bin.tsc)
  const result = spawnSync(process.execPath, [tsc, '--project', 'tsconfig.build.json', '--outDir', out], {
    cwd: root,
    stdio: 'inherit',
  })
  if (result.error) throw result.error
  if (result.status !== 0) throw new Error('the TypeScript compiler found errors; nothing usable was built')
}

/** @returns {Promise<string[]>} files below `folder`, relative to it */
async function filesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
}

/** The compiler follows imports: a source that imports a test helper would take it into production. */
async function assertOnlySources() {
  const foreign = (await readdir(out)).filter((name) => name !== 'src')
  if (foreign.length > 0)
    throw new Error(`src/ imports from ${foreign.join('/, ')}/; production code stays within src/`)
}

async function copyAssets() {
  const assets = (await filesBelow(source)).filter((file) => !/\.(tsx?|md)$/.test(file))
  for (const file of assets) await cp(path.join(source, file), path.join(out, 'src', file))
  await cp(path.join(root, 'package.json'), path.join(out, 'package.json'))
  return assets.length
}

/** Bundles from the sources only where no prebuilt bundle is, so its path to them is never followed in dist/. */
const BUNDLER = path.join('src', 'runtime', 'workflow-bundle.js')

/**
 * The compiler rewrites `./x.ts` in imports, not in `new URL('./x.ts', import.meta.url)`: such a path points nowhere
 * in dist/ and would fail only when a worker thread is started, hours into production.
 */
async function assertNoSourcePaths() {
  const broken = []
  for (const file of (await filesBelow(out)).filter((name) => name.endsWith('.js') && name !== BUNDLER)) {
    const code = await readFile(path.join(out, file), 'utf8')
    for (const [, target] of code.matchAll(/new URL\(\s*['"`]([^'"`]+\.tsx?)['"`]/g)) broken.push(`${file}: ${target}`)
  }
  if (broken.length > 0) {
    throw new Error(
      `these files address a TypeScript source at run time; take the extension from import.meta.url:\n  ${broken.join('\n  ')}`,
    )
  }
}

/** @returns {Promise<number>} size of the bundle in kB */
async function bundleWorkflows() {
  // Loaded late, so that a compile error is told before webpack is loaded.
  const { bundleWorkflowCode, DefaultLogger } = createRequire(import.meta.url)('@temporalio/worker')
  const logger = new DefaultLogger('WARN', ({ level, message }) => process.stderr.write(`${level} ${message}\n`))
  const { code } = await bundleWorkflowCode({ workflowsPath: path.join(source, 'workflows/index.ts'), logger })
  await writeFile(path.join(out, 'workflow-bundle.js'), code)
  return Math.round(code.length / 1024)
}

async function build() {
  assertSafeOutput()
  await rm(out, { recursive: true, force: true })
  await compile()
  await assertOnlySources()
  const assets = await copyAssets()
  await assertNoSourcePaths()
  const kilobytes = await bundleWorkflows()
  const shown = path.relative(root, out)
  console.log(`built ${shown}/: compiled src/, copied ${assets} assets, workflow bundle of ${kilobytes} kB`)
}

try {
  await build()
} catch (error) {
  console.error(`build failed: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
