/** The version in package.json, one folder further up in the compiled form. */
import { readFileSync } from 'node:fs'

export function bvproVersion(): string {
  for (const above of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(above, import.meta.url), 'utf8')) as { version: string }).version
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  throw new Error('BVPro is installed without its package.json')
}
