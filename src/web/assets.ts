/** The static files of the pages, served as they are: no build step, no foreign host. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Env, Hono } from 'hono'
import { Problem } from '../api/problem.ts'

const FILES = {
  'bvpro.css': { file: './style/bvpro.css', type: 'text/css; charset=utf-8' },
  'reference.css': { file: './style/reference.css', type: 'text/css; charset=utf-8' },
  'overview.js': { file: './client/overview.js', type: 'text/javascript; charset=utf-8' },
  'morph.js': { file: './client/morph.js', type: 'text/javascript; charset=utf-8' },
  'icon.svg': { file: './style/icon.svg', type: 'image/svg+xml' },
} as const

export type AssetName = keyof typeof FILES

interface Asset {
  readonly content: string
  readonly type: string
}

function readAsset({ file, type }: { file: string; type: string }): Asset {
  return { content: readFileSync(new URL(file, import.meta.url), 'utf8'), type }
}

const ASSETS = new Map<string, Asset>(
  Object.entries(FILES).map(([name, description]) => [name, readAsset(description)]),
)

/** Changes with any of the files, so that a page never runs with the files of another version. */
const VERSION = createHash('sha256')
  .update([...ASSETS.values()].map(({ content }) => content).join('\0'))
  .digest('hex')
  .slice(0, 12)

/** Address of an asset. The version is a folder, so that modules importing each other stay within one version. */
export function assetUrl(name: AssetName): string {
  return `/assets/${VERSION}/${name}`
}

export function registerAssets(app: Hono<Env>): void {
  app.get('/assets/:version/:name', (context) => {
    const { version, name } = context.req.param()
    const asset = ASSETS.get(name)
    if (asset === undefined) throw new Problem(404, `There is no file ${name}.`)
    const current = version === VERSION
    return context.body(asset.content, 200, {
      'Content-Type': asset.type,
      'Cache-Control': current ? 'public, max-age=31536000, immutable' : 'no-cache',
    })
  })
}
