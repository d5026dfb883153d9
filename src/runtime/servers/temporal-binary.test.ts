import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from './executable.ts'
import { findTemporalBinary, TemporalBinaryNotFound } from './temporal-binary.ts'

const CLI = '#!/bin/sh\necho "temporal version 9.9.9 (Server 1.99.0, UI 2.99.0)"\n'

describe('where the Temporal dev server is found', () => {
  let folder: string
  let cache: string
  let downloads: Server
  let downloadUrl: string
  let answer: RequestListener
  const asked: string[] = []

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bvpro-binary-'))
    cache = join(folder, 'cache')
    asked.length = 0
    answer = (_request, response) => response.writeHead(503).end()
    downloads = createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    })
    await new Promise<void>((resolve) => downloads.listen(0, '127.0.0.1', resolve))
    downloadUrl = `http://127.0.0.1:${(downloads.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    await new Promise((resolve) => downloads.close(resolve))
    rmSync(folder, { recursive: true, force: true })
  })

  function program(path: string, script = CLI): string {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, script)
    chmodSync(path, 0o755)
    return path
  }

  /** An empty PATH but for the tools named, so that nothing on this machine plays a part. */
  const find = (env: Record<string, string> = {}) =>
    findTemporalBinary({ env: { PATH: join(folder, 'path'), ...env }, cacheDirectory: cache, downloadUrl })

  test('TEMPORAL_CLI_PATH goes before PATH, and PATH before the cache', async () => {
    const named = program(join(folder, 'named'))
    const onPath = program(join(folder, 'path', 'temporal'))
    const cached = program(join(cache, 'bin', 'temporal'))
    expect(await find({ TEMPORAL_CLI_PATH: named })).toMatchObject({ path: named, source: 'TEMPORAL_CLI_PATH' })
    expect(await find()).toMatchObject({ path: onPath, source: 'PATH' })
    rmSync(onPath)
    expect(await find()).toMatchObject({ path: cached, source: 'cache', version: expect.stringContaining('9.9.9') })
    expect(asked).toEqual([])
  })

  test('another program called `temporal` on PATH is passed over', async () => {
    program(join(folder, 'path', 'temporal'), '#!/bin/sh\necho "a logic prover"\n')
    const cached = program(join(cache, 'bin', 'temporal'))
    expect((await find()).path).toBe(cached)
  })

  test('a TEMPORAL_CLI_PATH that does not work is an error, not a reason to take another', async () => {
    program(join(folder, 'path', 'temporal'))
    await expect(find({ TEMPORAL_CLI_PATH: join(folder, 'absent') })).rejects.toThrow(
      /TEMPORAL_CLI_PATH names no usable/,
    )
  })

  test('downloads it as the SDK does, and finds it in the cache the next time', async () => {
    program(join(folder, 'archive', 'temporal'))
    await run('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', join(folder, 'archive'), 'temporal'], {
      timeoutMs: 10_000,
    })
    const archive = readFileSync(join(folder, 'a.tar.gz'))
    answer = (request, response) => {
      if (request.url?.startsWith('/cli/default?')) {
        response.end(JSON.stringify({ archiveUrl: `${downloadUrl}/a.tar.gz`, fileToExtract: 'temporal' }))
      } else response.end(archive)
    }
    // tar is found on the real PATH by the process itself.
    const found = await find()
    expect(found).toMatchObject({ path: join(cache, 'bin', 'temporal'), source: 'download' })
    expect(asked[0]).toMatch(/sdk-name=sdk-typescript/)
    expect(asked[1]).toBe('/a.tar.gz')
    expect((await find()).source).toBe('cache')
    expect(asked).toHaveLength(2)
  })

  test('two processes that need it at once download it once', async () => {
    program(join(folder, 'archive', 'temporal'))
    await run('tar', ['-czf', join(folder, 'a.tar.gz'), '-C', join(folder, 'archive'), 'temporal'], {
      timeoutMs: 10_000,
    })
    const archive = readFileSync(join(folder, 'a.tar.gz'))
    answer = (request, response) => {
      if (request.url?.startsWith('/cli/')) {
        response.end(JSON.stringify({ archiveUrl: `${downloadUrl}/a.tar.gz`, fileToExtract: 'temporal' }))
      } else response.end(archive)
    }
    const found = await Promise.all([find(), find(), find()])
    expect(new Set(found.map(({ path }) => path)).size).toBe(1)
    expect(asked.filter((url) => url === '/a.tar.gz')).toHaveLength(1)
  })

  test('builds it with Go when the download fails', async () => {
    const go = `#!/bin/sh\nprintf '%s\\n' '#!/bin/sh' 'echo "temporal version 0.0.0-DEV"' > "$GOBIN/temporal"\n/bin/chmod +x "$GOBIN/temporal"\n`
    program(join(folder, 'path', 'go'), go)
    expect(await find()).toMatchObject({ source: 'build', path: join(cache, 'bin', 'temporal') })
  })

  test('when nothing works, says everything that was tried and what to do', async () => {
    const failure = await find().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(TemporalBinaryNotFound)
    const { message, tried } = failure as TemporalBinaryNotFound
    expect(tried).toEqual([
      'TEMPORAL_CLI_PATH: not set',
      '`temporal` on PATH: none',
      `project cache: no ${join(cache, 'bin', 'temporal')}`,
      expect.stringMatching(/^SDK download: 127\.0\.0\.1:\d+ answered 503$/),
      'go install: Go is not installed',
    ])
    expect(message).toContain('TEMPORAL_ADDRESS')
    expect(message).toContain('https://docs.temporal.io/cli')
  })

  test('a download that is not the program is not kept', async () => {
    answer = (request, response) => {
      if (request.url?.startsWith('/cli/')) {
        response.end(JSON.stringify({ archiveUrl: `${downloadUrl}/a.tar.gz`, fileToExtract: 'temporal' }))
      } else response.end('a captive portal’s welcome page')
    }
    await expect(find()).rejects.toThrow(/SDK download: tar ended with code/)
    await expect(find()).rejects.toThrow(/project cache: no/)
  })
})
