import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi, operation } from './testing/fake-api.ts'

const EK = { id: 'HEM_FJV_Villa_901', name: 'Villa Ek', configured: true }
const ALM = { id: 'HEM_FJV_Villa_905', name: 'Villa Alm', configured: false }
const ASK = { id: 'HEM_FJV_Villa_906', name: 'Villa Ask', configured: false }
const ACCOUNT = { username: 'FC2000000001', password: 'en #mening' }
const PASSWORD = { input: `${ACCOUNT.password}\n` }
const PROGRESS_URL = '/api/v1/operations/onboard%3Ahouse%3Ac1'
const ACCEPTED = { status: 202, body: { workflowId: 'onboard:house:c1', progressUrl: PROGRESS_URL } }
const ADD = ['house', 'add', '--username', ACCOUNT.username, '--password-stdin']
const DONE = operation(
  {
    'sign in': ['done', 'Villa Alm'],
    'keep credentials': 'done',
    'write configuration': 'done',
    start: 'done',
    'first reading': 'done',
    'import history': ['done', '2160 points'],
  },
  { state: 'done', entityId: ALM.id, percent: 100 },
)

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
  api.on('POST /api/v1/houses/discover', { houses: [ALM] })
  api.on('POST /api/v1/houses', ACCEPTED)
  api.on(`GET ${PROGRESS_URL}`, DONE)
})
afterEach(() => api.close())

describe('the account', () => {
  test('takes the password from standard input, without the line end', async () => {
    expect(await api.bvpro(ADD, PASSWORD)).toMatchObject({ code: 0 })
    expect(api.bodies('POST /api/v1/houses')).toEqual([{ ...ACCOUNT, houseId: ALM.id }])
  })

  test('takes it from BVPRO_PASSWORD', async () => {
    await api.bvpro(['house', 'add', '--username', ACCOUNT.username], { env: { BVPRO_PASSWORD: ACCOUNT.password } })
    expect(api.bodies('POST /api/v1/houses')).toEqual([{ ...ACCOUNT, houseId: ALM.id }])
  })

  test('may be a reference instead', async () => {
    expect((await api.bvpro(['house', 'add', '--reference', 'c0123'])).code).toBe(0)
    expect(api.bodies('POST /api/v1/houses/discover')).toEqual([{ reference: 'c0123' }])
    expect(api.bodies('POST /api/v1/houses')).toEqual([{ reference: 'c0123', houseId: ALM.id }])
  })

  test.each([
    ['no user name', ['house', 'add'], '--username'],
    ['no password', ['house', 'add', '--username', 'FC1'], '--password-stdin or BVPRO_PASSWORD'],
    ['an empty standard input', ['house', 'add', '--username', 'FC1', '--password-stdin'], 'no password'],
    ['a reference beside a user name', ['house', 'add', '--reference', 'c1', '--username', 'FC1'], '--reference'],
  ])('%s is wrong usage where nobody can be asked, and the flag is named', async (_case, args, complaint) => {
    const { code, err } = await api.bvpro(args)
    expect([code, api.asked]).toEqual([2, []])
    expect(err).toContain(complaint)
  })

  test('has no flag for the password itself', async () => {
    expect((await api.bvpro([...ADD, '--password', 'x'])).code).toBe(2)
  })
})

describe('of several houses', () => {
  beforeEach(() => {
    api.on('POST /api/v1/houses/discover', { houses: [EK, ALM, ASK] })
  })

  test('one is named', async () => {
    await api.bvpro([...ADD, '--house', ASK.id], PASSWORD)
    expect(api.bodies('POST /api/v1/houses')).toEqual([{ ...ACCOUNT, houseId: ASK.id }])
    expect(api.bodies('POST /api/v1/houses/discover')).toEqual([])
  })

  test('all that are not in service are added with --all', async () => {
    const { code, out } = await api.bvpro([...ADD, '--all', '--lat', '56.67', '--lon', '12.86'], PASSWORD)
    expect(code).toBe(0)
    expect(api.bodies('POST /api/v1/houses')).toMatchObject([
      { houseId: ALM.id, lat: 56.67, lon: 12.86 },
      { houseId: ASK.id, lat: 56.67, lon: 12.86 },
    ])
    expect(out).toContain(`house ${ASK.id}:`)
  })

  test('one that fails keeps no other from being added; as JSON they are a list', async () => {
    const error = { code: 'Unavailable', message: 'HomeSide did not answer' }
    const failed = operation({ 'sign in': ['failed', error.message] }, { state: 'failed', error })
    api.on(`GET ${PROGRESS_URL}`, failed, DONE)
    const { code, out, err } = await api.bvpro([...ADD, '--all', '--json'], PASSWORD)
    expect([code, err]).toEqual([1, 'bvpro: HomeSide did not answer\n'])
    expect(JSON.parse(out)).toMatchObject({ additions: [{ state: 'failed' }, { state: 'done', entityId: ALM.id }] })
  })

  test('Ctrl-C names all that go on, those not waited for yet, too', async () => {
    api.on(`GET ${PROGRESS_URL}`, operation({ 'sign in': 'running' }))
    const { code, err } = await api.bvpro([...ADD, '--all'], { ...PASSWORD, interruptAfter: `GET ${PROGRESS_URL}` })
    expect(code).toBe(1)
    expect(err.match(/bvpro operations show/g)).toHaveLength(2)
  })

  test('none is guessed: the answer names those that could be meant', async () => {
    const { code, err } = await api.bvpro(ADD, PASSWORD)
    expect(code).toBe(2)
    expect(err).toContain('HEM_FJV_Villa_905 (Villa Alm), HEM_FJV_Villa_906 (Villa Ask)')
    expect(err).not.toContain('Villa Ek')
    expect(api.bodies('POST /api/v1/houses')).toEqual([])
  })

  test.each([
    ['--all', '--house', 'x'],
    ['--all', '--name', 'x'],
    ['--all', '--meter-id', '1'],
    ['--lat', '56'],
    ['--lat', '91', '--lon', '12'],
    ['--import-days', 'many'],
  ])('%s %s %s is wrong usage', async (...flags) => {
    expect((await api.bvpro([...ADD, ...flags], PASSWORD)).code).toBe(2)
    expect(api.asked).toEqual([])
  })
})

test('an account whose houses are all in service is told so', async () => {
  api.on('POST /api/v1/houses/discover', { houses: [EK] })
  const { code, err } = await api.bvpro(ADD, PASSWORD)
  expect(code).toBe(1)
  expect(err).toContain('in service already: HEM_FJV_Villa_901 (Villa Ek)')
})

describe('waiting', () => {
  test('tells each step once, as it is settled, and how the import goes', async () => {
    api.on(
      `GET ${PROGRESS_URL}`,
      operation({ 'sign in': 'running', start: 'pending', 'import history': 'pending' }),
      operation(
        {
          'sign in': ['done', 'Villa Alm'],
          start: 'done',
          'import history': ['running', '50 %, importing 2026-01-01'],
        },
        { entityId: ALM.id, percent: 91 },
      ),
      DONE,
    )
    const { code, out, shown } = await api.bvpro(ADD, PASSWORD)
    expect(code).toBe(0)
    expect(out.match(/sign in/g)).toHaveLength(1)
    expect(out).toContain('✓ sign in: Villa Alm')
    expect(out).toContain('✓ import history: 2160 points')
    expect(out).toContain(`house ${ALM.id}: added`)
    expect(shown).toContainEqual(expect.stringContaining('  0 %  sign in'))
    expect(shown).toContainEqual(expect.stringContaining(' 91 %  import history: 50 %, importing 2026-01-01'))
    expect(out).not.toContain('\u001b')
  })

  test('ends with 1 and the reason when the on-boarding failed, its steps taken back', async () => {
    const error = { code: 'CredentialsRejected', message: 'HomeSide refused user name and password' }
    api.on(
      `GET ${PROGRESS_URL}`,
      operation({ 'sign in': ['failed', error.message], 'keep credentials': 'skipped' }, { state: 'failed', error }),
    )
    const { code, out, err } = await api.bvpro(ADD, PASSWORD)
    expect(code).toBe(1)
    expect(out).toContain('✗ sign in')
    expect(err).toBe(`bvpro: ${error.message}\n`)
  })

  test('says once what is waited for', async () => {
    const waiting = operation({ 'sign in': 'running' }, { waitingFor: 'HomeSide answers with status 503' })
    api.on(`GET ${PROGRESS_URL}`, waiting, waiting, DONE)
    const { out } = await api.bvpro(ADD, PASSWORD)
    expect(out.match(/waiting: HomeSide answers with status 503/g)).toHaveLength(1)
  })

  test('as JSON prints the end of it and nothing else', async () => {
    const { out } = await api.bvpro([...ADD, '--json'], PASSWORD)
    expect(JSON.parse(out)).toEqual({ workflowId: 'onboard:house:c1', ...DONE })
  })

  test('is left out with --no-wait', async () => {
    const { out } = await api.bvpro([...ADD, '--no-wait', '--json'], PASSWORD)
    expect(JSON.parse(out)).toEqual(ACCEPTED.body)
    expect(api.bodies(`GET ${PROGRESS_URL}`)).toEqual([])
  })
})

test('a dry run says what would be added and adds nothing', async () => {
  const config = { customer_id: ALM.id, friendly_name: 'Villa Alm' }
  api.on('POST /api/v1/houses?dryRun=true', { id: ALM.id, config, returning: false, houses: [ALM] })
  const { code, out } = await api.bvpro([...ADD, '--dry-run'], PASSWORD)
  expect(code).toBe(0)
  expect(out).toContain('house HEM_FJV_Villa_905: would be added')
  expect(out).toContain('"friendly_name": "Villa Alm"')
  expect(out).not.toContain(ACCOUNT.password)
  expect(api.bodies('POST /api/v1/houses')).toEqual([])
})

test('every fault the server found is told', async () => {
  api.on('POST /api/v1/houses', {
    status: 422,
    body: { detail: 'lat: expected a number, and 1 more', errors: [{ path: 'importDays', message: 'too many' }] },
  })
  const { code, err } = await api.bvpro(ADD, PASSWORD)
  expect(code).toBe(1)
  expect(err).toContain('lat: expected a number')
  expect(err).toContain('importDays: too many')
})
