/** Finds the program that runs the Temporal dev server, or obtains it: download first, build from source last. */
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { buildInCache, cacheDirectory, type Environment, type ReportStep } from './cache.ts'
import { CommandFailed, findOnPath, isExecutable, lastLines, run } from './executable.ts'
import { downloadTemporalArtifact } from './sdk-download.ts'
import { StartupFault } from './startup-fault.ts'

/** Newer tags carry a `replace` line in their go.mod, which `go install` refuses. */
const CLI_MODULE = 'github.com/temporalio/cli/cmd/temporal@v1.5.1'
const BUILD_TIMEOUT_MS = 30 * 60_000
const VERSION_TIMEOUT_MS = 20_000

export interface FindTemporalOptions {
  readonly env?: Environment
  /** A program the installation names; `TEMPORAL_CLI_PATH` of `env` unless given. */
  readonly cliPath?: string | undefined
  /** The project's cache; see `cacheDirectory`. */
  readonly cacheDirectory?: string
  readonly report?: ReportStep
  /** Base URL of the SDK's download service; another one in tests. */
  readonly downloadUrl?: string
  /** Breaks off: a download or build under way is ended, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
}

export interface TemporalBinary {
  readonly path: string
  readonly source: 'TEMPORAL_CLI_PATH' | 'PATH' | 'cache' | 'download' | 'build'
  /** First line of `temporal --version`. */
  readonly version: string
}

/** No usable program; the message lists everything that was tried and what a person can do about it. */
export class TemporalBinaryNotFound extends StartupFault {
  override readonly name = 'TemporalBinaryNotFound'
  readonly tried: readonly string[]
  constructor(tried: readonly string[]) {
    super(
      [
        'The Temporal dev server was not found and could not be obtained. Tried:',
        ...tried.map((attempt) => `  - ${attempt}`),
        'What you can do, one of:',
        '  - install the Temporal CLI (https://docs.temporal.io/cli) so that `temporal` is on PATH',
        '  - set TEMPORAL_CLI_PATH to a `temporal` program you have',
        '  - set TEMPORAL_ADDRESS to a Temporal server that runs already',
        '  - install Go (https://go.dev/dl) and start again: BVPro then builds it, once',
      ].join('\n'),
    )
    this.tried = tried
  }
}

/** First line of `--version`; throws with the reason when this is not a Temporal CLI that runs here. */
export async function temporalVersion(path: string): Promise<string> {
  const output = await run(path, ['--version'], { timeoutMs: VERSION_TIMEOUT_MS })
  const line = output.split('\n').find((candidate) => /temporal version/i.test(candidate))
  if (line === undefined) throw new Error(`${path} is not the Temporal CLI (it answers "${lastLines(output, 1)}")`)
  return line.trim()
}

/**
 * Looks where a program is at once: `TEMPORAL_CLI_PATH`, PATH, the project's cache. A named program that does not
 * run is an error and no reason to look further: who names one wants that one.
 *
 * @param tried collects why each place was no good
 */
export async function findInstalledTemporal(
  env: Environment,
  cache: string,
  tried: string[],
): Promise<TemporalBinary | undefined> {
  if (env.TEMPORAL_CLI_PATH) {
    const path = env.TEMPORAL_CLI_PATH
    try {
      return { path, source: 'TEMPORAL_CLI_PATH', version: await temporalVersion(path) }
    } catch (error) {
      throw new StartupFault(`TEMPORAL_CLI_PATH names no usable Temporal CLI: ${reason(error)}. Correct or unset it.`)
    }
  }
  tried.push('TEMPORAL_CLI_PATH: not set')
  const onPath = findOnPath('temporal', env)
  const cached = join(cache, 'bin', 'temporal')
  const places = [
    { source: 'PATH' as const, path: onPath, absent: '`temporal` on PATH: none' },
    {
      source: 'cache' as const,
      path: isExecutable(cached) ? cached : undefined,
      absent: `project cache: no ${cached}`,
    },
  ]
  for (const { source, path, absent } of places) {
    if (path === undefined) {
      tried.push(absent)
      continue
    }
    try {
      return { path, source, version: await temporalVersion(path) }
    } catch (error) {
      tried.push(`${source === 'PATH' ? '`temporal` on PATH' : 'project cache'}: ${reason(error)}`)
    }
  }
  return undefined
}

/**
 * Order: `TEMPORAL_CLI_PATH` → `temporal` on PATH → project cache → the SDK's download → `go install`. What was
 * downloaded or built stays in the cache, so only the first start takes time. Several processes may do this at once.
 *
 * Throws `TemporalBinaryNotFound` listing every attempt.
 */
export async function findTemporalBinary(options: FindTemporalOptions = {}): Promise<TemporalBinary> {
  const environment = options.env ?? process.env
  const env = options.cliPath === undefined ? environment : { ...environment, TEMPORAL_CLI_PATH: options.cliPath }
  const cache = options.cacheDirectory ?? cacheDirectory(env)
  const report = options.report ?? (() => {})
  const tried: string[] = []
  const found = await findInstalledTemporal(env, cache, tried)
  if (found !== undefined) return found

  const target = join(cache, 'bin', 'temporal')
  const { signal } = options
  const obtain = async (scratch: string): Promise<TemporalBinary> => {
    // Another process may have put it there while this one waited for the lock.
    const meanwhile = await findInstalledTemporal(env, cache, [])
    if (meanwhile !== undefined) return meanwhile

    const download = () =>
      downloadTemporalArtifact('cli', scratch, {
        report,
        signal,
        ...(options.downloadUrl === undefined ? {} : { baseUrl: options.downloadUrl }),
      })
    const build = () => buildWithGo(env, scratch, report, signal)
    const obtained =
      (await attempt('SDK download', tried, report, signal, download)) ??
      (await attempt('go install', tried, report, signal, build))
    if (obtained === undefined) throw new TemporalBinaryNotFound(tried)
    await rename(obtained.path, target)
    return {
      path: target,
      source: obtained.name === 'SDK download' ? ('download' as const) : ('build' as const),
      version: obtained.version,
    }
  }
  return buildInCache(cache, 'temporal', report, obtain, signal)
}

async function attempt<Name extends string>(
  name: Name,
  tried: string[],
  report: ReportStep,
  signal: AbortSignal | undefined,
  obtain: () => Promise<string>,
): Promise<{ name: Name; path: string; version: string } | undefined> {
  try {
    const path = await obtain()
    return { name, path, version: await temporalVersion(path) }
  } catch (error) {
    signal?.throwIfAborted()
    tried.push(`${name}: ${reason(error)}`)
    report(`${name} of the Temporal dev server failed: ${reason(error)}`)
    return undefined
  }
}

/** Builds the CLI from the Go module proxy into `scratch`; about three minutes on two cores. */
async function buildWithGo(
  env: Environment,
  scratch: string,
  report: ReportStep,
  signal: AbortSignal | undefined,
): Promise<string> {
  const go = findOnPath('go', env)
  if (go === undefined) throw new Error('Go is not installed')
  report('building the Temporal dev server, about three minutes, once')
  const startedAt = Date.now()
  const progress = setInterval(() => {
    report(`still building the Temporal dev server (${Math.round((Date.now() - startedAt) / 1000)} s)`)
  }, 30_000)
  try {
    await run(go, ['install', CLI_MODULE], {
      timeoutMs: BUILD_TIMEOUT_MS,
      signal,
      // A module in the working directory or one named by the user must not take part in this build.
      env: { ...env, GOBIN: scratch, GO111MODULE: 'on', GOWORK: 'off', GOFLAGS: withoutModFlags(env.GOFLAGS) },
      cwd: scratch,
    })
  } finally {
    clearInterval(progress)
  }
  return join(scratch, 'temporal')
}

function withoutModFlags(flags: string | undefined): string {
  return (flags ?? '')
    .split(/\s+/)
    .filter((flag) => !flag.startsWith('-mod'))
    .join(' ')
}

function reason(error: unknown): string {
  if (error instanceof CommandFailed && error.output.trim() !== '') {
    return `${error.message} (${lastLines(error.output)})`
  }
  return error instanceof Error ? error.message : String(error)
}
