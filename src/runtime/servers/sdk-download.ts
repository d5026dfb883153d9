/**
 * Programs the Temporal SDKs download for their tests, from the same place and by the same two steps as the SDK's
 * own ephemeral servers: an answer naming an archive and the file in it, then the archive. Done here so that it has
 * time limits, can be reported, and leaves a file that outlives the test that asked for it.
 */
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { ReportStep } from './cache.ts'
import { run } from './executable.ts'

export type TemporalArtifact = 'cli' | 'temporal-test-server'

export interface DownloadOptions {
  /** Base URL of the download service; another one in tests. */
  readonly baseUrl?: string
  readonly platform?: NodeJS.Platform
  readonly arch?: string
  readonly report: ReportStep
  readonly signal?: AbortSignal | undefined
}

/** Long enough for a slow line to answer, short enough that nobody without a network waits. */
const ANSWER_TIMEOUT_MS = 8_000
const ARCHIVE_TIMEOUT_MS = 5 * 60_000

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
const PLATFORMS: Readonly<Partial<Record<NodeJS.Platform, string>>> = { linux: 'linux', darwin: 'darwin' }

function sdkVersion(): string {
  const require = createRequire(import.meta.url)
  const { version } = require('@temporalio/testing/package.json') as { version: string }
  return version
}

/** fetch wraps the reason of a failure ("ENOTFOUND host") in `cause`; that is the part worth showing. */
function fetchFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer in time'
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message
}

async function get(url: URL, timeoutMs: number, signal: AbortSignal | undefined): Promise<Response> {
  const deadline = AbortSignal.timeout(timeoutMs)
  let response: Response
  try {
    response = await fetch(url, { signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]) })
  } catch (error) {
    signal?.throwIfAborted()
    throw new Error(`${url.host}: ${fetchFailure(error)}`)
  }
  if (!response.ok) throw new Error(`${url.host} answered ${response.status}`)
  return response
}

/** The archive that holds the program for this machine, and the program's path in it. */
async function locate(artifact: TemporalArtifact, options: DownloadOptions): Promise<{ archive: URL; file: string }> {
  const platformName = options.platform ?? process.platform
  const platform = PLATFORMS[platformName]
  const arch = ARCHITECTURES[options.arch ?? process.arch]
  if (platform === undefined || arch === undefined) {
    throw new Error(`there is no download for ${platformName} on ${options.arch ?? process.arch}`)
  }
  const url = new URL(`/${artifact}/default`, options.baseUrl ?? 'https://temporal.download')
  url.search = new URLSearchParams({
    arch,
    platform,
    format: 'tar.gz',
    'sdk-name': 'sdk-typescript',
    'sdk-version': sdkVersion(),
  }).toString()
  const answer: unknown = await (await get(url, ANSWER_TIMEOUT_MS, options.signal)).json()
  const { archiveUrl, fileToExtract } = (answer ?? {}) as { archiveUrl?: unknown; fileToExtract?: unknown }
  if (typeof archiveUrl !== 'string' || typeof fileToExtract !== 'string') {
    throw new Error(`${url.host} answered without archiveUrl and fileToExtract`)
  }
  return { archive: new URL(archiveUrl), file: fileToExtract }
}

/**
 * Downloads a program into `scratch` and resolves with the path of the executable in it. Throws with the reason
 * when the service cannot be reached, has nothing for this machine, or the archive cannot be unpacked.
 */
export async function downloadTemporalArtifact(
  artifact: TemporalArtifact,
  scratch: string,
  options: DownloadOptions,
): Promise<string> {
  const { archive, file } = await locate(artifact, options)
  options.report(`downloading ${basename(archive.pathname)} from ${archive.host}`)
  const response = await get(archive, ARCHIVE_TIMEOUT_MS, options.signal)
  if (response.body === null) throw new Error(`${archive.host} answered with an empty archive`)
  const archivePath = join(scratch, 'archive.tar.gz')
  await pipeline(Readable.fromWeb(response.body as ReadableStream), createWriteStream(archivePath))
  const unpacked = join(scratch, 'unpacked')
  await mkdir(unpacked)
  await run('tar', ['-xzf', archivePath, '-C', unpacked], { timeoutMs: 60_000, signal: options.signal })
  const executable = join(scratch, artifact)
  await rename(join(unpacked, file), executable)
  await chmod(executable, 0o755)
  return executable
}
