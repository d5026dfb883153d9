/** `bvpro gaps` and `bvpro schedule` against a server that answers like BVPro. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ScheduleView } from '../api/schedule-routes.ts'
import type { FillGapsProgress } from '../workflows/history-messages.ts'
import { fillLine } from './gaps.ts'
import { main } from './main.ts'
import type { Terminal } from './terminal.ts'

const NOW = Date.parse('2026-01-10T07:05:00Z')
const ACCEPTED = { workflowId: 'gaps:1f0c2b9a', progressUrl: '/api/v1/gaps/fill/1f0c2b9a' }
const PROGRESS: FillGapsProgress = {
  state: 'done',
  days: 14,
  dryRun: false,
  report: {
    looked: 12,
    withHoles: 1,
    before: { holes: 2, minutes: 150 },
    after: { holes: 1, minutes: 30 },
    fromHistory: 25,
    fromObservations: 4,
    worst: [
      {
        key: 'house:HEM_FJV_Villa_901',
        before: { holes: 2, minutes: 150 },
        after: { holes: 1, minutes: 30 },
        fromHistory: 25,
        fromObservations: 4,
        reason: 'no values for it',
      },
    ],
  },
  error: null,
}
const SCHEDULE: ScheduleView = {
  id: 'fillGaps',
  does: 'Finds holes and fills them.',
  workflowType: 'fillGaps',
  paused: false,
  note: null,
  nextTimes: ['2026-01-10T11:00:00Z'],
  running: [],
  lastRuns: [
    {
      workflowId: 'fillGaps-2026-01-10T06:30:00Z',
      scheduledAt: '2026-01-10T06:30:00Z',
      startedAt: '2026-01-10T06:30:00Z',
      state: 'done',
    },
  ],
}

let home: string
let server: Server
let url: string
let asked: { method: string | undefined; url: string | undefined; body: unknown }[]
/** Answers in order, the last one for ever: status and body. */
let answers: [number, unknown][]
let out: string
let err: string
let lines: string[]

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'bvpro-cli-'))
  asked = []
  out = ''
  err = ''
  lines = []
  server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      asked.push({ method: request.method, url: request.url, body: text === '' ? undefined : JSON.parse(text) })
      const [status, body] = (answers.length > 1 ? answers.shift() : answers[0]) ?? [500, {}]
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(home, { recursive: true, force: true })
})

function bvpro(...args: string[]): Promise<number> {
  const terminal: Terminal = {
    env: { BVPRO_HOME: home, BVPRO_URL: url, BVPRO_API_TOKEN: 'token-of-tests' },
    colour: false,
    now: () => NOW,
    print: (text) => {
      out += `${text}\n`
    },
    printError: (text) => {
      err += `${text}\n`
    },
    status: (text) => lines.push(text),
  }
  return main(args, terminal)
}

describe('gaps fill', () => {
  test('asks for everything of 14 days, waits, and tells before and after', async () => {
    answers = [
      [202, ACCEPTED],
      [200, { ...PROGRESS, state: 'running' }],
      [200, PROGRESS],
    ]
    expect(await bvpro('gaps', 'fill')).toBe(0)
    expect(asked[0]).toEqual({ method: 'POST', url: '/api/v1/gaps/fill', body: { days: 14, dryRun: false } })
    expect(asked[1]?.url).toBe(ACCEPTED.progressUrl)
    expect(lines).toEqual([fillLine(PROGRESS), ''])
    expect(out).toMatch(/before\s*│ 2\s*│ 150/)
    expect(out).toMatch(/after\s*│ 1\s*│ 30/)
    expect(out).toContain('25 points put in from vendors, 4 from weather stations')
    expect(out).toMatch(/house:HEM_FJV_Villa_901.*no values for it/)
  })

  test('flags reach the server; as JSON the last progress is all there is', async () => {
    answers = [
      [202, ACCEPTED],
      [200, PROGRESS],
    ]
    expect(await bvpro('gaps', 'fill', '--kind', 'house', '--id', 'A', '--days', '30', '--dry-run', '--json')).toBe(0)
    expect(asked[0]?.body).toEqual({ entities: [{ kind: 'house', id: 'A' }], days: 30, dryRun: true })
    expect(JSON.parse(out)).toEqual(PROGRESS)
  })

  test('with --no-wait it returns at once', async () => {
    answers = [[202, ACCEPTED]]
    expect(await bvpro('gaps', 'fill', '--no-wait', '--json')).toBe(0)
    expect(JSON.parse(out)).toEqual(ACCEPTED)
    expect(asked).toHaveLength(1)
  })

  test.each([
    ['failed', { code: 'StoreUnavailable', message: 'the store is full' }, 'the store is full'],
    ['cancelled', null, 'cancelled'],
  ] as const)('one that %s is exit code 1', async (state, error, said) => {
    answers = [
      [202, ACCEPTED],
      [200, { ...PROGRESS, state, error }],
    ]
    expect(await bvpro('gaps', 'fill')).toBe(1)
    expect(err).toContain(said)
  })

  test.each([
    [['--kind', 'house']],
    [['--id', 'A']],
    [['--kind', 'ship', '--id', 'A']],
    [['--days', '0']],
    [['--days', 'many']],
  ])('with %j it is wrong usage and asks nothing', async (flags) => {
    answers = [[202, ACCEPTED]]
    expect(await bvpro('gaps', 'fill', ...flags)).toBe(2)
    expect(asked).toEqual([])
  })
})

describe('schedule', () => {
  test('list tells next time, last run and how it ended', async () => {
    const paused = { ...SCHEDULE, id: 'byHand', paused: true, note: 'being rebuilt', nextTimes: [], lastRuns: [] }
    answers = [[200, { schedules: [SCHEDULE, paused] }]]
    expect(await bvpro('schedule', 'list')).toBe(0)
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/api/v1/schedules' })
    expect(out).toMatch(/fillGaps.*2026-01-10T11:00:00Z.*done 35 min ago/)
    expect(out).toContain('fillGaps: Finds holes and fills them.')
    expect(out).toMatch(/byHand.*paused.*never.*being rebuilt/)
  })

  test('list as JSON is the answer', async () => {
    answers = [[200, { schedules: [SCHEDULE] }]]
    expect(await bvpro('schedule', 'list', '--json')).toBe(0)
    expect(JSON.parse(out)).toEqual({ schedules: [SCHEDULE] })
  })

  test.each([
    [['trigger', 'fillGaps'], '/api/v1/schedules/fillGaps/trigger', undefined, 'triggered'],
    [
      ['trigger', 'fillGaps', '--dry-run'],
      '/api/v1/schedules/fillGaps/trigger?dryRun=true',
      undefined,
      'would be triggered',
    ],
    [['pause', 'fillGaps', '--note', 'no server'], '/api/v1/schedules/fillGaps/pause', { note: 'no server' }, 'paused'],
    [['resume', 'fillGaps'], '/api/v1/schedules/fillGaps/resume', undefined, 'resumed'],
  ])('%j asks %s', async (args, path, body, said) => {
    answers = [[200, { action: args[0], dryRun: false, schedule: SCHEDULE }]]
    expect(await bvpro('schedule', ...args)).toBe(0)
    expect(asked).toEqual([{ method: 'POST', url: path, body }])
    expect(out).toContain(`schedule fillGaps: ${said}`)
  })

  test('a refusal is exit code 1 with its reason', async () => {
    answers = [[409, { detail: 'A run of fillGaps has not ended yet; wait for its end, or cancel it.' }]]
    expect(await bvpro('schedule', 'trigger', 'fillGaps')).toBe(1)
    expect(err).toContain('has not ended yet')
  })

  test('without an id it is wrong usage', async () => {
    answers = [[200, {}]]
    expect(await bvpro('schedule', 'pause')).toBe(2)
    expect(asked).toEqual([])
  })
})
