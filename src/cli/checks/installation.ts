/** Node.js and the installed dependencies. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CheckOutcome, failed, messageOf, ok } from './check.ts'

interface PackageFile {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly dependencies: Readonly<Record<string, string>>
}

/** The nearest folder upwards with BVPro's package.json: the checkout, or what was installed. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('BVPro is installed without its package.json')
    folder = above
  }
  return folder
}

function readPackage(): PackageFile {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as PackageFile
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    text
      .replace(/^[^\d]*/, '')
      .split('.')
      .map(Number),
  )
  for (let index = 0; index < 3; index++) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

export function checkNode(version = process.versions.node, required = readPackage().engines.node): CheckOutcome {
  const name = 'Node.js'
  if (compareVersions(version, required) >= 0) return ok(name, version)
  return failed(name, `${version}, needed is ${required}`, 'install a newer Node.js from https://nodejs.org')
}

/** Every dependency is there in the version package.json names (they are all pinned exactly). */
export function checkDependencies(root = packageRoot()): CheckOutcome {
  const name = 'dependencies'
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PackageFile
  const wrong: string[] = []
  for (const [dependency, version] of Object.entries(dependencies)) {
    try {
      const file = join(root, 'node_modules', dependency, 'package.json')
      const installed = (JSON.parse(readFileSync(file, 'utf8')) as PackageFile).version
      if (installed !== version) wrong.push(`${dependency} is ${installed}, not ${version}`)
    } catch (error) {
      wrong.push(`${dependency}: ${messageOf(error)}`)
    }
  }
  if (wrong.length === 0) return ok(name, `all ${Object.keys(dependencies).length} installed`)
  return failed(name, wrong.join('; '), `run "npm ci" in ${root}`)
}
