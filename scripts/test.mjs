/** `npm test`: installs what is missing, then runs every check; see run-tests.ts. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepare } from './install.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
try {
  await prepare(root)
  const { register } = await import('tsx/esm/api')
  register({ tsconfig: join(root, 'tsconfig.json') })
  const { runTests } = await import('./run-tests.ts')
  process.exitCode = await runTests(root, process.argv.slice(2))
} catch (error) {
  process.stderr.write(`${error?.name === 'InstallProblem' ? error.message : (error?.stack ?? error)}\n`)
  process.stdout.write('0 passed, 1 failed\n')
  process.exitCode = 1
}
