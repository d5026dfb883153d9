/** The code that runs inside workflows: prebuilt in an image, else bundled once per content and kept in the cache. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWorkflowCode } from '@temporalio/worker'
import { ensureCacheFolder } from './servers/cache.ts'

const SOURCE_ROOT = fileURLToPath(new URL('..', import.meta.url))
const WORKFLOWS_ENTRY = fileURLToPath(new URL('../workflows/index.ts', import.meta.url))
/** Written by `npm run build` beside the compiled sources. */
const PREBUILT = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url))

/** Folders whose content can end up in the bundle. */
const BUNDLED_FOLDERS = ['workflows', 'domain', 'activities']

/** @returns path of the bundle file */
export async function workflowBundlePath(cacheDirectory: string): Promise<string> {
  if (existsSync(PREBUILT)) return PREBUILT
  const cached = join(cacheDirectory, `workflow-bundle-${await contentHash()}.js`)
  if (existsSync(cached)) return cached
  const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS_ENTRY, logger: quietBundler })
  await ensureCacheFolder(cacheDirectory)
  // Renamed into place: two processes that start at once must not read each other's half file.
  const draft = `${cached}.${process.pid}`
  await writeFile(draft, code)
  await rename(draft, cached)
  return cached
}

async function contentHash(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of BUNDLED_FOLDERS) {
    const names = await readdir(join(SOURCE_ROOT, folder), { recursive: true })
    for (const name of names.filter((candidate) => candidate.endsWith('.ts')).sort()) {
      hash.update(name).update(await readFile(join(SOURCE_ROOT, folder, name)))
    }
  }
  const sdk = fileURLToPath(import.meta.resolve('@temporalio/workflow/package.json'))
  return hash
    .update(await readFile(sdk))
    .digest('hex')
    .slice(0, 20)
}

/** The bundler's progress is of no interest to an operator; its failures are thrown. */
const quietBundler = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
