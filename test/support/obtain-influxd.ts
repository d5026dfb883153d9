/**
 * InfluxDB 2.7 for the tests of the InfluxDB adapter: `influxd` on PATH, else built from the Go module proxy. The
 * query language Flux is a Rust library inside it, so Go and Rust are both needed.
 */
import { chmod, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildInCache, type ReportStep } from '../../src/runtime/servers/cache.ts'
import { CommandFailed, findOnPath, isExecutable, lastLines, run } from '../../src/runtime/servers/executable.ts'

/** The newest 2.x that Go 1.26.8 and older build. */
const MODULE = 'github.com/influxdata/influxdb/v2'
const VERSION = 'v2.7.12'

/** Repeats InfluxDB's own `replace` line, which Go heeds in the main module only. */
const GO_MOD = `module bvpro/influxd

go 1.23

require ${MODULE} ${VERSION}

replace github.com/nats-io/nats-streaming-server v0.11.2 => github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803
`

const TOOLS_GO = `//go:build tools

package tools

import _ "${MODULE}/cmd/influxd"
`

/** Flux denies compiler warnings, and compilers newer than it have new ones. */
const RUSTC_WRAPPER = `#!/bin/sh
exec "$@" --cap-lints=warn
`

/** Path of `influxd`. Throws with the reason when it cannot be had. Building takes about four minutes, once. */
export async function obtainInfluxd(cache: string, report: ReportStep): Promise<string> {
  const onPath = findOnPath('influxd')
  if (onPath !== undefined) return onPath
  const target = join(cache, 'bin', 'influxd')
  if (isExecutable(target)) return target
  return buildInCache(cache, 'influxd', report, async (scratch) => {
    if (!isExecutable(target)) await rename(await build(scratch, report), target)
    return target
  })
}

async function build(scratch: string, report: ReportStep): Promise<string> {
  const go = findOnPath('go')
  const missing = [go === undefined ? 'Go' : '', findOnPath('cargo') === undefined ? 'Rust' : ''].filter(Boolean)
  if (go === undefined || missing.length > 0)
    throw new Error(`no influxd, and to build it ${missing.join(' and ')} is missing`)

  await writeFile(join(scratch, 'go.mod'), GO_MOD)
  await writeFile(join(scratch, 'tools.go'), TOOLS_GO)
  const wrapper = join(scratch, 'rustc-wrapper')
  await writeFile(wrapper, RUSTC_WRAPPER)
  await chmod(wrapper, 0o755)
  const env = {
    ...process.env,
    GOBIN: scratch,
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOFLAGS: '-mod=mod -buildvcs=false',
  }

  const step = async (sentence: string, args: readonly string[], extra: Record<string, string> = {}) => {
    report(sentence)
    try {
      await run(go, args, { cwd: scratch, env: { ...env, ...extra }, timeoutMs: 30 * 60_000 })
    } catch (error) {
      const said = error instanceof CommandFailed ? ` (${lastLines(error.output)})` : ''
      throw new Error(`${error instanceof Error ? error.message : String(error)}${said}`)
    }
  }
  // -e: some tests of its dependencies import modules that are gone.
  await step(`resolving the modules of InfluxDB ${VERSION}`, ['mod', 'tidy', '-e'])
  await step('building the pkg-config that finds Flux', ['install', 'github.com/influxdata/pkg-config@latest'])
  const output = join(scratch, 'influxd')
  await step(
    'building InfluxDB, about four minutes, once',
    ['build', '-tags', 'sqlite_foreign_keys,sqlite_json', '-o', output, `${MODULE}/cmd/influxd`],
    {
      PKG_CONFIG: join(scratch, 'pkg-config'),
      RUSTC_WRAPPER: wrapper,
      RUSTUP_TOOLCHAIN: process.env.RUSTUP_TOOLCHAIN ?? 'stable',
    },
  )
  return output
}
