import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

const HOUSE = {
  kind: 'house',
  id: 'HEM_FJV_Villa_901',
  name: 'Villa Ek',
  health: 'offline',
  reason: 'the password is refused',
  reasonCode: 'CredentialsRejected',
  since: '2026-01-10T07:00:00Z',
  mode: 'rules',
  modeSince: '2026-01-10T06:50:00Z',
  paused: false,
  workflowId: 'house:HEM_FJV_Villa_901',
  lastPollAt: '2026-01-10T07:05:00Z',
  lastReading: { room_temperature: 21.3, outdoor_temperature: -3.4, supply_temp: 41.9 },
  origin: 'real',
  failingSince: null,
  pollSeconds: 300,
  ageSeconds: 60,
}

describe('the command line', () => {
  let home: string
  let server: Server
  let url: string
  let asked: string[]
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let out: string
  let err: string

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'bvpro-cli-'))
    asked = []
    out = ''
    err = ''
    answer = (_request, response) => response.end(JSON.stringify({ entities: [HOUSE] }))
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'without a token'}`)
      response.setHeader('content-type', 'application/json')
      answer(request, response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve))
    rmSync(home, { recursive: true, force: true })
  })

  function bvpro(line: string, env: Record<string, string> = {}): Promise<number> {
    const terminal: Terminal = {
      env: { BVPRO_HOME: home, BVPRO_URL: url, BVPRO_API_TOKEN: 'token-of-tests', ...env },
      colour: false,
      now: () => Date.parse('2026-01-10T07:06:00Z'),
      print: (text) => {
        out += `${text}\n`
      },
      printError: (text) => {
        err += `${text}\n`
      },
    }
    return main(line === '' ? [] : line.split(' '), terminal)
  }

  test.each([
    ['--help', 0],
    ['--version', 0],
    ['house list --help', 0],
    ['', 2],
    ['house', 2],
    ['hause list', 2],
    ['house show', 2],
    ['house list --frobnicate', 2],
    ['house list --health splendid', 2],
    ['house pause', 2],
    ['house pause HEM_FJV_Villa_901 --all', 2],
    ['up --port many', 2],
  ])('`bvpro %s` ends with %i and asks nothing of a server', async (line, code) => {
    expect(await bvpro(line)).toBe(code)
    expect(asked).toEqual([])
  })

  test('help goes to standard output with examples, complaints go to standard error', async () => {
    await bvpro('house list --help')
    expect(out).toContain('bvpro house list --health offline')
    expect(err).toBe('')
    out = ''
    await bvpro('house lst')
    expect(out).toBe('')
    expect(err).toContain('Did you mean list?')
  })

  test('lists as a table without colour codes when nobody sees them', async () => {
    expect(await bvpro('house list --health offline')).toBe(0)
    expect(asked).toEqual(['GET /api/v1/entities?kind=house&health=offline Bearer token-of-tests'])
    for (const part of ['Villa Ek', 'offline', '60 s ago', 'indoor 21.3 °C', 'the password is refused']) {
      expect(out).toContain(part)
    }
    expect(out).not.toContain('\u001b')
  })

  test('--json prints the answer of the API and nothing else', async () => {
    expect(await bvpro('house list --json')).toBe(0)
    expect(JSON.parse(out)).toEqual({ entities: [HOUSE] })
    expect(err).toBe('')
  })

  test('shows one, its id escaped in the address', async () => {
    answer = (_request, response) =>
      response.end(
        JSON.stringify({ ...HOUSE, config: { name: 'Villa Ek' }, control: { state: 'released' }, place: null }),
      )
    expect(await bvpro('house show a/b')).toBe(0)
    expect(asked[0]).toContain('/api/v1/entities/house/a%2Fb ')
    expect(out).toContain('"name": "Villa Ek"')
  })

  test('pauses one', async () => {
    answer = (_request, response) => response.writeHead(202).end('{"workflowId":"zone:hall"}')
    expect(await bvpro('zone pause hall')).toBe(0)
    expect(asked).toEqual(['POST /api/v1/entities/zone/hall/pause Bearer token-of-tests'])
    expect(out).toBe('zone hall: paused\n')
  })

  test('--dry-run looks whether it exists and changes nothing', async () => {
    expect(await bvpro('house poll HEM_FJV_Villa_901 --dry-run')).toBe(0)
    expect(asked).toEqual(['GET /api/v1/entities/house/HEM_FJV_Villa_901 Bearer token-of-tests'])
    expect(out).toContain('would be asked to read now')
  })

  test('pausing all ends with 1 when one refused, and says which and why', async () => {
    answer = (_request, response) =>
      response
        .writeHead(202)
        .end(
          '{"accepted":[{"kind":"house","id":"a"}],"refused":[{"kind":"house","id":"b","reason":"no workflow runs"}]}',
        )
    expect(await bvpro('house pause --all')).toBe(1)
    expect(out).toContain('house a: paused')
    expect(out).toContain('house b: refused: no workflow runs')
  })

  test('prints the detail of a problem document and ends with 1', async () => {
    answer = (_request, response) =>
      response.writeHead(404).end('{"title":"Not Found","status":404,"detail":"There is no house b."}')
    expect(await bvpro('house show b')).toBe(1)
    expect(err).toBe('bvpro: There is no house b.\n')
  })

  test('takes the token BVPro keeps in its data folder when none is given', async () => {
    mkdirSync(join(home, 'data'))
    writeFileSync(join(home, 'data', 'api-token'), 'token-of-this-installation\n')
    await bvpro('house list', { BVPRO_API_TOKEN: '' })
    expect(asked).toEqual([expect.stringContaining('Bearer token-of-this-installation')])
  })

  test('asks the address the environment file names', async () => {
    writeFileSync(join(home, '.env'), `BVPRO_URL=${url}\n`)
    expect(await bvpro('house list', { BVPRO_URL: '', BVPRO_PORT: '1' })).toBe(0)
    expect(asked).toHaveLength(1)
  })

  test('a refused token is explained, and never printed', async () => {
    answer = (_request, response) => response.writeHead(401).end('{"title":"Unauthorized"}')
    expect(await bvpro('house list')).toBe(1)
    expect(err).toContain('BVPRO_API_TOKEN')
    expect(err).not.toContain('token-of-tests')
  })

  test('says how to start BVPro when it does not run', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    expect(await bvpro('house list', { BVPRO_URL: '', BVPRO_PORT: String(port) })).toBe(1)
    expect(err).toBe(
      `bvpro: BVPro does not run at http://127.0.0.1:${port}. Start it with "bvpro up", or name another address with --url or BVPRO_URL.\n`,
    )
  })

  test('another program at the address is no BVPro', async () => {
    answer = (_request, response) => response.end('<html>Welcome</html>')
    expect(await bvpro('house list')).toBe(1)
    expect(err).toContain('does not answer like BVPro')
  })

  test('all faults of the environment are listed, without a stack trace', async () => {
    expect(await bvpro('house list', { BVPRO_PORT: 'x', BVPRO_POLL_SECONDS: '-1' })).toBe(1)
    expect(err).toContain('BVPRO_PORT')
    expect(err).toContain('BVPRO_POLL_SECONDS')
    expect(err).not.toContain('.ts:')
  })
})
