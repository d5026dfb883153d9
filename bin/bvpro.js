#!/usr/bin/env node
/**
 * Starts BVPro: installs what is missing, then runs the command line in this very process, so that signals, exit
 * codes and a kill reach BVPro itself. Runs the TypeScript sources of a checkout, or the compiled form of an image.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src', 'cli', 'main.ts')

async function load() {
  if (!existsSync(source)) return import(pathToFileURL(join(root, 'dist', 'src', 'cli', 'main.js')).href)
  const { prepare } = await import('../scripts/install.mjs')
  await prepare(root)
  const { register } = await import('tsx/esm/api')
  // The checkout's own settings, wherever BVPro is started from.
  register({ tsconfig: join(root, 'tsconfig.json') })
  process.setSourceMapsEnabled(true)
  return import(pathToFileURL(source).href)
}

// `bvpro house list | head` closes the pipe early; that is no fault.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  const { main } = await load()
  const exitCode = await main(process.argv.slice(2))
  if (exitCode !== 0) process.exitCode = exitCode
} catch (error) {
  const expected = error?.name === 'InstallProblem'
  process.stderr.write(`bvpro: ${expected ? error.message : (error?.stack ?? String(error))}\n`)
  process.exitCode = 1
}
