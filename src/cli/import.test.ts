import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ImportProgress } from '../workflows/history-messages.ts'
import { progressLine } from './import.ts'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

const ID = 'HEM_FJV_Villa_901'
const PROGRESS: ImportProgress = {
  state: 'running',
  step: 'importing 2026-01-01 to 2026-01-08',
  percent: 42,
  chunksDone: 5,
  chunksTotal: 13,
  rows: 840,
  keptOut: 3,
  fields: { room_temperature: { values: 840, outOfRange: 2 } },
  from: '2025-10-17T05:00:00Z',
  to: '2026-01-15T05:00:00Z',
  resolutionMinutes: 60,
  dryRun: false,
  issues: ['the history has no signal for dh_power'],
  error: null,
}

let home: string
let server: Server
let url: string
let asked: { method: string | undefined; url: string | undefined; body: unknown }[]
/** Answers to the questions for progress, the last one for ever. */
let answers: (ImportProgress | 'away')[]
let out: string
let err: string
let lines: string[]

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'bvpro-cli-'))
  asked = []
  answers = [{ ...PROGRESS, state: 'done', step: 'done', percent: 100 }]
  out = ''
  err = ''
  lines = []
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      asked.push({ method: request.method, url: request.url, body: text === '' ? undefined : JSON.parse(text) })
      response.setHeader('content-type', 'application/json')
      if (request.method === 'POST') {
        response.writeHead(202)
        response.end(JSON.stringify({ workflowId: `import:house:${ID}`, progressUrl: request.url }))
        return
      }
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (answer === 'away') response.writeHead(503).end(JSON.stringify({ detail: 'Temporal cannot be reached' }))
      else response.end(JSON.stringify(answer))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(home, { recursive: true, force: true })
})

function bvpro(line: string): Promise<number> {
  const terminal: Terminal = {
    env: { BVPRO_HOME: home, BVPRO_URL: url, BVPRO_API_TOKEN: 'token-of-tests' },
    colour: false,
    now: Date.now,
    print: (text) => {
      out += `${text}\n`
    },
    printError: (text) => {
      err += `${text}\n`
    },
    status: (text) => lines.push(text),
  }
  return main(line.split(' '), terminal)
}

test('asks for 90 days of hours, waits, and tells what came of it', async () => {
  answers.unshift(PROGRESS)
  expect(await bvpro(`house import ${ID}`)).toBe(0)
  expect(asked[0]).toEqual({
    method: 'POST',
    url: `/api/v1/entities/house/${ID}/import`,
    body: { days: 90, resolutionMinutes: 60, dryRun: false },
  })
  expect(lines).toEqual([expect.stringContaining('42 %  importing 2026-01-01'), ''])
  expect(out).toContain('840 points from 2025-10-17T05:00:00Z to 2026-01-15T05:00:00Z imported')
  expect(out).toContain('3 points were left out')
  expect(out).toContain('no signal for dh_power')
})

test('flags reach the server; as JSON the last progress is all there is', async () => {
  expect(await bvpro(`building import TE901_KVARNEN --days 365 --resolution 15 --dry-run --json`)).toBe(0)
  expect(asked[0]).toMatchObject({
    url: '/api/v1/entities/building/TE901_KVARNEN/import',
    body: { days: 365, resolutionMinutes: 15, dryRun: true },
  })
  expect(JSON.parse(out)).toEqual({ ...PROGRESS, state: 'done', step: 'done', percent: 100 })
})

test('with --no-wait it returns at once', async () => {
  expect(await bvpro(`house import ${ID} --no-wait --json`)).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ workflowId: `import:house:${ID}` })
  expect(asked).toHaveLength(1)
})

describe('the end', () => {
  test('a failed import is exit code 1 with its reason', async () => {
    const error = { code: 'CredentialsRejected', message: 'HomeSide refused user name and password' }
    answers = [{ ...PROGRESS, state: 'failed', step: 'failed', error }]
    expect(await bvpro(`house import ${ID}`)).toBe(1)
    expect(err).toContain('HomeSide refused user name and password')
  })

  test('a cancelled one too', async () => {
    answers = [{ ...PROGRESS, state: 'cancelled', step: 'cancelled' }]
    expect(await bvpro(`house import ${ID}`)).toBe(1)
    expect(err).toContain('cancelled')
  })

  test('a BVPro that is away for a moment is waited for', async () => {
    answers.unshift('away')
    expect(await bvpro(`house import ${ID}`)).toBe(0)
    expect(lines[0]).toContain('waiting for BVPro')
  })
})

test.each([
  [`house import`],
  [`house import ${ID} --resolution 7`],
  [`house import ${ID} --days 0`],
  [`house import ${ID} --days many`],
  [`zone import hall`],
])('`bvpro %s` is wrong usage and asks nothing', async (line) => {
  expect(await bvpro(line)).toBe(2)
  expect(asked).toEqual([])
})

test('the bar is as long as the percentage says', () => {
  expect(progressLine({ percent: 0, step: 'finding the signals', rows: 0 })).toMatch(/^·{30} {3}0 %/)
  expect(progressLine({ percent: 100, step: 'done', rows: 1 })).toMatch(/^█{30} 100 %/)
})
