import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi, operation } from './testing/fake-api.ts'

const CONNECTION = { host: 'kvarnen.example.se', username: 'kvarnen operator', password: 'en #mening' }
const PASSWORD = { input: `${CONNECTION.password}\n` }
const FLAGS = ['--host', CONNECTION.host, '--username', CONNECTION.username, '--password-stdin']
const PROGRESS_URL = '/api/v1/operations/onboard%3Abuilding%3Ac1'
const FOUND = {
  buildingName: 'Kvarnen kontor',
  signals: [
    signal('KVARNEN1.GT_UTE', 'climate', -3.4, 'outdoor_temp_fvc'),
    signal('KVARNEN1.AI_VS1_GT_TILL_1_Output', 'heating', 41.9, 'vs1_supply_temp'),
    signal('KVARNEN1.BUS_VM1_Utgång', 'water_metering', null, null),
  ],
  alarms: 2,
  folders: [{ id: '1', name: 'KVARNEN1_FVC', title: 'FVC' }],
}

function signal(name: string, category: string, value: number | null, fieldName: string | null) {
  return { name, title: name, type: 'analog', category, unit: '°C', value, fieldName }
}

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
  api.on('POST /api/v1/buildings', {
    status: 202,
    body: { workflowId: 'onboard:building:c1', progressUrl: PROGRESS_URL },
  })
  api.on(`GET ${PROGRESS_URL}`, operation({ start: 'done' }, { state: 'done', entityId: 'TE901_KVARNEN' }))
  api.on('POST /api/v1/buildings/discover', FOUND)
})
afterEach(() => api.close())

describe('discover', () => {
  test('shows signals by category with their values, and adds nothing', async () => {
    const { code, out } = await api.bvpro(['building', 'discover', ...FLAGS], PASSWORD)
    expect(code).toBe(0)
    expect(out).toContain('Kvarnen kontor: 3 signals, 2 alarms, 1 folders')
    expect(out.indexOf('climate')).toBeLessThan(out.indexOf('heating'))
    for (const part of ['-3.4 °C', 'vs1_supply_temp', 'KVARNEN1.BUS_VM1_Utgång', '–']) expect(out).toContain(part)
    expect(api.asked).toEqual([{ method: 'POST', url: '/api/v1/buildings/discover', body: CONNECTION }])
  })

  test('as JSON is the answer of the API', async () => {
    const { out } = await api.bvpro(['building', 'discover', ...FLAGS, '--account', 'KvarnenLocal', '--json'], PASSWORD)
    expect(JSON.parse(out)).toEqual(FOUND)
    expect(api.bodies('POST /api/v1/buildings/discover')).toEqual([{ ...CONNECTION, account: 'KvarnenLocal' }])
  })
})

describe('add', () => {
  test('unattended takes what the server of BVPro takes when nothing is said: all signals', async () => {
    const { code, out } = await api.bvpro(['building', 'add', ...FLAGS], PASSWORD)
    expect(code).toBe(0)
    expect(api.bodies('POST /api/v1/buildings')).toEqual([CONNECTION])
    expect(out).toContain('building TE901_KVARNEN: added')
  })

  test('passes on what is said of the building', async () => {
    const flags = ['--id', 'TE901_X', '--name', 'X', '--meter-id', '1', '--meter-id', '2', '--import-days', '0']
    await api.bvpro(['building', 'add', ...FLAGS, ...flags], PASSWORD)
    expect(api.bodies('POST /api/v1/buildings')).toEqual([
      { ...CONNECTION, buildingId: 'TE901_X', name: 'X', meterIds: ['1', '2'], importDays: 0 },
    ])
  })

  test.each(['all', 'category=heating,meters'])('--signals %s goes as it is', async (choice) => {
    await api.bvpro(['building', 'add', ...FLAGS, '--signals', choice], PASSWORD)
    expect(api.bodies('POST /api/v1/buildings')).toEqual([{ ...CONNECTION, signals: choice }])
  })

  test.each([
    ['one name a line', '# wanted\nKVARNEN1.GT_UTE\n\n'],
    ['a JSON array', '["KVARNEN1.GT_UTE"]'],
  ])('--signals @file holds %s', async (_case, text) => {
    const file = join(api.home, 'signals')
    writeFileSync(file, text)
    await api.bvpro(['building', 'add', ...FLAGS, '--signals', `@${file}`], PASSWORD)
    expect(api.bodies('POST /api/v1/buildings')).toEqual([{ ...CONNECTION, signals: ['KVARNEN1.GT_UTE'] }])
  })

  test.each([
    ['is empty', ''],
    ['holds something else', '[1]'],
    ['is broken JSON', '["a"'],
  ])('a file that %s is refused before anybody signs in', async (_case, text) => {
    const file = join(api.home, 'signals')
    writeFileSync(file, text)
    const { code, err } = await api.bvpro(['building', 'add', ...FLAGS, '--signals', `@${file}`], PASSWORD)
    expect([code, api.asked]).toEqual([1, []])
    expect(err).toContain('holds no names of signals')
  })

  test('a dry run shows the configuration', async () => {
    api.on('POST /api/v1/buildings?dryRun=true', { id: 'TE901_KVARNEN', config: { friendly_name: 'Kvarnen kontor' } })
    const { out } = await api.bvpro(['building', 'add', ...FLAGS, '--dry-run', '--json'], PASSWORD)
    expect(JSON.parse(out)).toMatchObject({ dryRun: true, id: 'TE901_KVARNEN' })
    expect(api.bodies('POST /api/v1/buildings')).toEqual([])
  })

  test.each([
    [['building', 'add']],
    [['building', 'add', '--host', 'x']],
    [['building', 'add', ...FLAGS, '--signals', 'some']],
    [['building', 'discover']],
  ])('%j is wrong usage', async (args) => {
    expect((await api.bvpro(args, PASSWORD)).code).toBe(2)
    expect(api.asked).toEqual([])
  })
})
