import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi, operation } from './testing/fake-api.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}`
const PROGRESS_URL = `/api/v1/operations/offboard%3Ahouse%3A${ID}`
const ACCEPTED = { status: 202, body: { workflowId: `offboard:house:${ID}`, progressUrl: PROGRESS_URL } }
const DUE = '2026-02-09T07:05:00Z'
const PREVIEW = {
  files: ['profiles/HEM_FJV_Villa_901.json'],
  credentials: ['HOUSE_HEM_FJV_VILLA_901_PASSWORD'],
  series: [
    { measurement: 'heating_system', rows: 17_280, oldest: '2025-11-11T07:00:00Z', newest: '2026-01-10T07:00:00Z' },
  ],
  purgeAfter: DUE,
}
const GRACE = operation(
  { 'release control': 'done', 'stop loop': 'done', 'grace period': 'running', 'delete data': 'pending' },
  { dueAt: DUE },
)

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
})
afterEach(() => api.close())

describe('remove', () => {
  test('softly ends when the days of grace have begun, and says when the data go and how to get them back', async () => {
    api.on(`DELETE ${PATH}?mode=soft`, ACCEPTED)
    api.on(`GET ${PROGRESS_URL}`, operation({ 'release control': 'running' }), GRACE)
    const { code, out } = await api.bvpro(['house', 'remove', ID, '--yes'])
    expect(code).toBe(0)
    expect(out).toContain('✓ stop loop')
    expect(out).toContain(`deleted at ${DUE}`)
    expect(out).toContain(`bvpro house restore ${ID}`)
  })

  test('hard ends when the data are gone', async () => {
    api.on(`DELETE ${PATH}?mode=hard`, ACCEPTED)
    api.on(`GET ${PROGRESS_URL}`, operation({ 'delete data': ['done', '17280 rows'] }, { state: 'done' }))
    const { code, out } = await api.bvpro(['house', 'remove', ID, '--mode', 'hard', '--yes'])
    expect([code, out]).toEqual([0, `  ✓ delete data: 17280 rows\nhouse ${ID}: deleted\n`])
  })

  test('passes days of grace, a part of a day too, and the wish to abandon control', async () => {
    api.on(`DELETE ${PATH}?mode=soft&graceDays=0.001&abandonControl=true`, ACCEPTED)
    const line = ['house', 'remove', ID, '--grace-days', '0.001', '--abandon-control', '--yes', '--no-wait', '--json']
    expect(JSON.parse((await api.bvpro(line)).out)).toEqual(ACCEPTED.body)
  })

  test('a dry run tells files, names of credentials and rows, and removes nothing', async () => {
    api.on(`DELETE ${PATH}?mode=soft&dryRun=true`, PREVIEW)
    const { code, out } = await api.bvpro(['house', 'remove', ID, '--dry-run'])
    expect(code).toBe(0)
    for (const part of [PREVIEW.files[0], PREVIEW.credentials[0], 'heating_system', '17280', DUE]) {
      expect(out).toContain(part)
    }
    expect(api.asked).toHaveLength(1)
    const { out: json } = await api.bvpro(['house', 'remove', ID, '--dry-run', '--json'])
    expect(JSON.parse(json)).toEqual({ dryRun: true, ...PREVIEW })
  })

  test('Ctrl-C leaves off waiting and says how to look at what goes on', async () => {
    api.on(`DELETE ${PATH}?mode=soft`, ACCEPTED)
    api.on(`GET ${PROGRESS_URL}`, operation({ 'release control': 'running' }))
    const { code, err } = await api.bvpro(['house', 'remove', ID, '--yes'], { interruptAfter: `GET ${PROGRESS_URL}` })
    expect(code).toBe(1)
    expect(err).toContain(`"bvpro operations show offboard:house:${ID}"`)
    expect(api.bodies(`DELETE ${PATH}?mode=soft`)).toHaveLength(1)
  })

  test('without a terminal to type the id on, --yes has to be given', async () => {
    const { code, err } = await api.bvpro(['house', 'remove', ID])
    expect([code, api.asked]).toEqual([2, []])
    expect(err).toContain('--yes')
  })

  test('a vendor that is away is told of while the release is tried again', async () => {
    api.on(`DELETE ${PATH}?mode=soft`, ACCEPTED)
    const waitingFor = 'HomeSide does not answer; the heat curve is given back as soon as it does'
    api.on(`GET ${PROGRESS_URL}`, operation({ 'release control': 'running' }, { waitingFor }), GRACE)
    expect((await api.bvpro(['house', 'remove', ID, '--yes'])).out).toContain(`waiting: ${waitingFor}`)
  })

  test('a removal that was called off ends with 1', async () => {
    api.on(`DELETE ${PATH}?mode=soft`, ACCEPTED)
    api.on(`GET ${PROGRESS_URL}`, operation({ 'stop loop': 'undone' }, { state: 'cancelled' }))
    const { code, out, err } = await api.bvpro(['house', 'remove', ID, '--yes'])
    expect(code).toBe(1)
    expect(out).toContain('↺ stop loop')
    expect(err).toContain('cancelled')
  })

  test.each([
    ['house', 'remove', ID, '--mode', 'gentle', '--yes'],
    ['house', 'remove', ID, '--mode', 'hard', '--grace-days', '3', '--yes'],
    ['zone', 'remove', 'hall', '--abandon-control', '--yes'],
    ['house', 'remove', '--yes'],
  ])('`%s %s %s %s %s` is wrong usage', async (...args) => {
    expect((await api.bvpro(args)).code).toBe(2)
    expect(api.asked).toEqual([])
  })
})

describe('restore', () => {
  test('ends when the removal is called off', async () => {
    api.on('POST /api/v1/entities/zone/hall/restore', ACCEPTED)
    api.on(`GET ${PROGRESS_URL}`, operation({ 'grace period': 'running' }), operation({}, { state: 'cancelled' }))
    const { code, out } = await api.bvpro(['zone', 'restore', 'hall'])
    expect([code, out]).toEqual([0, 'zone hall: restored\n'])
  })

  test('comes too late when the data are gone', async () => {
    api.on('POST /api/v1/entities/zone/hall/restore', { status: 409, body: { detail: 'Its data are deleted.' } })
    expect(await api.bvpro(['zone', 'restore', 'hall'])).toMatchObject({
      code: 1,
      err: 'bvpro: Its data are deleted.\n',
    })
  })
})
