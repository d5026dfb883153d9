import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi } from './testing/fake-api.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/energy`
const OPERATION = '/api/v1/energy/operations/'
const HOUSE = ['--house', ID]

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

function accepted(workflowId: string) {
  return { status: 202, body: { workflowId, progressUrl: `${OPERATION}${encodeURIComponent(workflowId)}` } }
}

function operation(workflowId: string, rest: object) {
  const nothing = { pipeline: null, separation: null, recalibration: null }
  return { workflowId, state: 'done', step: 'done', error: null, ...nothing, ...rest }
}

const PIPELINE = {
  files: { imported: 1, failed: 0, hoursAdded: 48, hoursCorrected: 2, rowsRefused: 3 },
  separated: { entities: 2, days: 4, notSeparable: 1 },
  recalibrated: { accepted: 1, kept: 0 },
  failures: [],
}

describe('bvpro energy sync', () => {
  beforeEach(() => api.on('POST /api/v1/energy/sync', accepted('energy-inbox')))

  test('waits and tells what came of it', async () => {
    api.on(
      `GET ${OPERATION}energy-inbox`,
      operation('energy-inbox', { state: 'running', step: 'importing energy.txt', pipeline: PIPELINE }),
      operation('energy-inbox', { pipeline: PIPELINE }),
    )
    const { code, out, shown } = await api.bvpro(['energy', 'sync'])
    expect(code).toBe(0)
    expect(shown).toContain('importing energy.txt')
    expect(out).toContain('1 meter files imported: 48 hours new, 2 corrected, 3 rows refused')
    expect(out).toContain('4 days of 2 entities split, 1 not separable')
  })

  test('says with --dry-run where it would look, and starts nothing', async () => {
    const place = { inbox: 'main', place: '/srv/meters', lookedAt: '2026-01-10T07:05:00Z', error: null }
    api.on('GET /api/v1/energy/imports?limit=1', { places: [place], imports: [] })
    const { code, out } = await api.bvpro(['energy', 'sync', '--dry-run'])
    expect([code, out]).toEqual([0, expect.stringContaining('/srv/meters, last looked at 2026-01-10T07:05:00Z')])
    const asJson = await api.bvpro(['energy', 'sync', '--dry-run', '--json'])
    expect(JSON.parse(asJson.out)).toEqual({ dryRun: true, places: [place] })
    expect(api.bodies('POST /api/v1/energy/sync')).toEqual([])
  })

  test('returns at once with --no-wait', async () => {
    const { code, out } = await api.bvpro(['energy', 'sync', '--no-wait', '--json'])
    expect([code, JSON.parse(out).workflowId]).toEqual([0, 'energy-inbox'])
    expect(api.asked).toHaveLength(1)
  })

  test('fails with its reason, and when a single step failed', async () => {
    const failures = [{ what: 'energy.txt', message: 'the disk is full' }]
    api.on(`GET ${OPERATION}energy-inbox`, operation('energy-inbox', { pipeline: { ...PIPELINE, failures } }))
    expect(await api.bvpro(['energy', 'sync'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('energy.txt: the disk is full'),
    })
    const error = { code: 'CredentialsRejected', message: 'Dropbox does not accept the refresh token' }
    api.on(`GET ${OPERATION}energy-inbox`, operation('energy-inbox', { state: 'failed', error }))
    expect(await api.bvpro(['energy', 'sync'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('does not accept the refresh token'),
    })
  })
})

describe('bvpro energy import', () => {
  const PREVIEW = {
    dryRun: true,
    hours: 24,
    from: '2025-11-30T23:00:00Z',
    to: '2025-12-01T23:00:00Z',
    kwh: 51,
    trimmedDays: 1,
    added: 20,
    changed: 1,
    unchanged: 3,
    problems: [{ line: 7, message: '"ett" is no number such as 1 234,5' }],
    separation: null,
  }
  const CSV = 'Datum;Förbrukning\n2025-12-01 00:00;2,000\n'
  const dryCall = `POST ${PATH}/upload?dryRun=true`
  const realCall = `POST ${PATH}/upload?dryRun=false`
  let csv: string

  beforeEach(() => {
    csv = join(api.home, 'export.csv')
    writeFileSync(csv, CSV)
    api.on(dryCall, PREVIEW)
    api.on(realCall, { ...PREVIEW, dryRun: false, separation: `separate:house:${ID}` })
  })

  test('shows what a portal’s export would change, then stores it', async () => {
    const { code, out } = await api.bvpro(['energy', 'import', csv, ...HOUSE, '--yes'])
    expect(code).toBe(0)
    expect(out).toContain('24 hours from 2025-11-30T23:00:00Z to 2025-12-01T23:00:00Z, 51.0 kWh')
    expect(out).toContain('line 7: "ett" is no number')
    expect(out).toContain(`stored: 20 hours new, 1 changed; its days are split as separate:house:${ID}`)
    expect(api.bodies(realCall)).toEqual([CSV])
  })

  test('in a dry run stores nothing', async () => {
    const { code, out } = await api.bvpro(['energy', 'import', csv, ...HOUSE, '--dry-run', '--json'])
    expect([code, JSON.parse(out)]).toEqual([0, PREVIEW])
    expect(api.bodies(realCall)).toEqual([])
  })

  test('stores nothing without a yes', async () => {
    const { code, err } = await api.bvpro(['energy', 'import', csv, ...HOUSE])
    expect([code, err]).toEqual([2, expect.stringContaining('--yes')])
    expect(api.bodies(realCall)).toEqual([])
  })

  test('asks nothing where nothing would change', async () => {
    api.on(dryCall, { ...PREVIEW, added: 0, changed: 0, unchanged: 24 })
    const { code, out } = await api.bvpro(['energy', 'import', csv, ...HOUSE])
    expect([code, out]).toEqual([0, expect.stringContaining('stored already')])
  })

  test('puts a supplier’s file into the inbox and waits for its import', async () => {
    const file = join(api.home, 'energy 1.txt')
    writeFileSync(file, 'timestamp;kwh\n')
    api.on('POST /api/v1/energy/files?name=energy%201.txt', {
      status: 201,
      body: { name: 'energy 1.txt', place: '/in' },
    })
    api.on('POST /api/v1/energy/sync', accepted('energy-inbox'))
    api.on(`GET ${OPERATION}energy-inbox`, operation('energy-inbox', { pipeline: PIPELINE }))
    const { code, out } = await api.bvpro(['energy', 'import', file])
    expect([code, out]).toEqual([0, expect.stringContaining('energy 1.txt lies in /in')])
    expect(api.bodies('POST /api/v1/energy/files?name=energy%201.txt')).toEqual(['timestamp;kwh\n'])
  })

  test.each([
    ['a.csv'],
    ['a.csv', ...HOUSE, '--building', 'B'],
    ['a.xls', ...HOUSE],
    ['a.txt', ...HOUSE],
    ['a.txt', '--dry-run'],
  ])('%s %s %s %s is wrong usage', async (...args) => {
    expect((await api.bvpro(['energy', 'import', ...args])).code).toBe(2)
    expect(api.asked).toEqual([])
  })

  test('a file that is not there is told without a stack', async () => {
    const { code, err } = await api.bvpro(['energy', 'import', join(api.home, 'none.csv'), ...HOUSE])
    expect([code, err]).toEqual([1, expect.stringContaining('ENOENT')])
    expect(err).not.toContain('    at ')
  })
})

describe('bvpro energy separate and recalibrate', () => {
  const SEPARATE = `separate:house:${ID}`
  const RECALIBRATE = `recalibrate:house:${ID}`
  const entity = { kind: 'house', id: ID }

  test('days are split as asked', async () => {
    api.on(`POST ${PATH}/separate`, accepted(SEPARATE))
    const separation = { entity, days: ['2026-01-01', '2026-01-02'], separable: true, method: 'smoother', reason: null }
    api.on(`GET ${OPERATION}${encodeURIComponent(SEPARATE)}`, operation(SEPARATE, { separation }))
    const { code, out } = await api.bvpro(['energy', 'separate', ...HOUSE, '--from', '2026-01-01', '--dry-run'])
    expect([code, out]).toEqual([0, expect.stringContaining('2 days from 2026-01-01 to 2026-01-02 would be split')])
    expect(api.bodies(`POST ${PATH}/separate`)).toEqual([{ from: '2026-01-01', dryRun: true }])
  })

  test('a heat loss is not worked out with --dry-run; the present one is told', async () => {
    const heatLoss = { kwPerK: 0.162, low: 0.15, high: 0.17, validFrom: '2026-01-04', accepted: true }
    api.on(`GET ${PATH}`, { days: [], heatLoss, lastCalculation: null })
    const { code, out } = await api.bvpro(['energy', 'recalibrate', ...HOUSE, '--dry-run'])
    expect([code, out]).toEqual([0, expect.stringContaining('at present it is 162 W/K')])
    expect(api.bodies(`POST ${PATH}/recalibrate`)).toEqual([])
  })

  test('a heat loss that is not accepted says why', async () => {
    api.on(`POST ${PATH}/recalibrate`, accepted(RECALIBRATE))
    const outcome = {
      entity,
      accepted: false,
      kwPerK: 0.3,
      low: 0.1,
      high: 0.5,
      inForce: 0.162,
      reason: 'too few days',
    }
    const recalibration = { done: [outcome], failures: [] }
    api.on(`GET ${OPERATION}${encodeURIComponent(RECALIBRATE)}`, operation(RECALIBRATE, { recalibration }))
    const { code, out } = await api.bvpro(['energy', 'recalibrate', ...HOUSE])
    expect(code).toBe(0)
    expect(out).toContain('300 W/K (100 to 500)')
    expect(out).toContain('not accepted: too few days')
    expect(out).toContain('in force: 162 W/K')
  })

  test.each([
    ['separate'],
    ['separate', ...HOUSE, '--from', 'yesterday'],
    ['recalibrate'],
    ['show', '--from', '2026-01-01'],
  ])('bvpro energy %s %s is wrong usage', async (...args) => {
    expect((await api.bvpro(['energy', ...args])).code).toBe(2)
    expect(api.asked).toEqual([])
  })
})

test('bvpro energy show prints the days and the heat loss, unknown left empty', async () => {
  const day = { dhwLowKwh: 7.1, dhwHighKwh: 10.2, method: 'smoother', grade: 'B', complete: true }
  const unknown = { heatingKwh: null, dhwKwh: null, dhwLowKwh: null, dhwHighKwh: null, method: null, grade: 'C' }
  const energy = {
    days: [
      { date: '2026-01-09', totalKwh: 50, heatingKwh: 41.2, dhwKwh: 8.8, ...day },
      { date: '2026-01-10', totalKwh: 12, ...unknown, complete: false },
    ],
    heatLoss: { kwPerK: 0.162, low: 0.151, high: 0.173, validFrom: '2026-01-04', accepted: true },
    lastCalculation: null,
  }
  api.on(`GET ${PATH}?from=2026-01-09&to=2026-01-10`, energy)
  const args = ['energy', 'show', ...HOUSE, '--from', '2026-01-09', '--to', '2026-01-10']
  const { code, out } = await api.bvpro(args)
  expect(code).toBe(0)
  expect(out).toMatch(/2026-01-09.*50\.0.*41\.2.*8\.8.*7\.1 to 10\.2.*smoother.*B/)
  expect(out).toMatch(/2026-01-10.*12\.0 \(part\)/)
  expect(out).not.toContain('null')
  expect(out).toContain('heat loss: 162 W/K (151 to 173) since 2026-01-04')
  expect(JSON.parse((await api.bvpro([...args, '--json'])).out)).toEqual(energy)
})
