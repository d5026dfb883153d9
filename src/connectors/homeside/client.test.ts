import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { supplyTemperatureAt } from '../../domain/heating/curve.ts'
import { createLogger } from '../../runtime/log.ts'
import {
  BadConfig,
  CredentialsMissing,
  CredentialsRejected,
  EntityNotFound,
  Pending,
  RateLimited,
  Unavailable,
} from '../errors.ts'
import { resetCircuitBreakers } from '../http.ts'
import { createHomeSideClient, type HomeSideClientOptions } from './index.ts'
import { createTestClock } from './testing/clock.ts'
import {
  ACCOUNT,
  type Answer,
  type Call,
  type FakePortal,
  fixture,
  fixtureEntries,
  hang,
  resetConnection,
  startPortal,
} from './testing/portal.ts'

let portal: FakePortal
const clock = createTestClock()

async function open(houses: string, variables: string) {
  await portal?.close()
  portal = await startPortal({ houses, variables })
}

beforeEach(() => open('houselist.json', 'variables-901.json'))
afterEach(async () => {
  await portal.close()
  resetCircuitBreakers()
})

function client(options: Partial<HomeSideClientOptions> = {}) {
  return createHomeSideClient({ baseUrl: portal.url, credentials: async () => ACCOUNT, clock, ...options })
}

const calls = () => portal.received.map(({ call }) => call)
const SIGN_IN: Call[] = ['authorize', 'houses', 'token']
const pending = () => ({ json: fixture('variables-902-pending.json') })
const nothing = () => ({
  json: {
    variables: fixtureEntries('variables-902.json').map((entry) => ({ ...entry, value: null, type: 'Pending' })),
  },
})

describe('signing in and reading', () => {
  test('house 901: three steps, one reading, 17 of 17 fields', async () => {
    const reading = await client().read()
    expect(calls()).toEqual([...SIGN_IN, 'variables'])
    expect(Object.keys(reading.fields)).toHaveLength(17)
    expect(reading).toMatchObject({ missing: [], rejected: [], renewed: false })
    expect(reading.house).toEqual({
      clientId: '38/Account/HEM_FJV_901/HEM_FJV_Villa_901',
      houseId: 'HEM_FJV_Villa_901',
      name: 'Testvillan 901',
    })
    expect(supplyTemperatureAt(reading.curve?.y ?? {}, -3.4)).toBeCloseTo(42.07)
    expect(supplyTemperatureAt(reading.curve?.yref ?? {}, -3.4)).toBeCloseTo(41.72)
  })

  test('house 902: 13 of 17 fields', async () => {
    await open('houselist-902.json', 'variables-902.json')
    const reading = await client().read({ overrides: { AI_ZON1_GT_RUM_1_Output: 'room_temperature' } })
    expect(Object.keys(reading.fields)).toHaveLength(13)
    expect(reading.fields.room_temperature).toBe(22.6)
    expect(supplyTemperatureAt(reading.curve?.y ?? {}, 2.6)).toBeCloseTo(27.7)
  })

  test('the query key goes bare into the header, and not at all into the sign-in', async () => {
    await client().read()
    expect(portal.received.map(({ authorization }) => authorization)).toEqual([
      undefined,
      ...Array(3).fill('INVENTED-querykey-1'),
    ])
  })

  test('blanks go out of the user name, the password stays as typed', async () => {
    await client({ credentials: async () => ({ username: ' FC 2000 000 001 ', password: ACCOUNT.password }) }).read()
    expect(portal.received[0]?.body).toEqual({
      user: { Account: 'homeside', UserName: 'FC2000000001', Password: 'invented pass word' },
      lang: 'sv',
    })
  })

  test('a session is kept from one reading to the next', async () => {
    const house = client()
    await house.read()
    await house.read()
    expect(calls()).toEqual([...SIGN_IN, 'variables', 'variables'])
  })

  test('concurrent calls share one sign-in', async () => {
    const house = client()
    await Promise.all([house.read(), house.read(), house.listHouses()])
    expect(portal.count('authorize')).toBe(1)
    expect(portal.count('token')).toBe(1)
  })

  test('forget signs in anew', async () => {
    const house = client()
    await house.read()
    house.forget()
    await house.read()
    expect(calls()).toEqual([...SIGN_IN, 'variables', ...SIGN_IN, 'variables'])
  })

  test('changed credentials sign in anew', async () => {
    let credentials = ACCOUNT
    const house = client({ credentials: async () => credentials })
    await house.read()
    credentials = { ...ACCOUNT, password: 'another one' }
    await expect(house.read()).rejects.toThrow(CredentialsRejected)
    credentials = ACCOUNT
    await expect(house.read()).resolves.toMatchObject({ renewed: false })
  })
})

describe('refused credentials', () => {
  test.each<[string, Answer]>([
    ['200 without a query key', { json: fixture('authorize-no-querykey.json') }],
    ['200 with an empty query key', { json: { querykey: '' } }],
    ['401', { status: 401, text: 'no' }],
  ])('%s', async (_name, answer) => {
    portal.always('authorize', answer)
    await expect(client().read()).rejects.toThrow(new CredentialsRejected('HomeSide refused user name and password'))
    expect(calls()).toEqual(['authorize'])
  })

  test.each<[string, Answer]>([
    ['403', { status: 403, json: {} }],
    ['a maintenance page', { text: '<html>Back soon</html>' }],
    ['JSON of another kind', { json: [] }],
  ])('%s at sign-in is an outage, not a wrong password', async (_name, answer) => {
    portal.next('authorize', answer)
    const house = client()
    await expect(house.read()).rejects.toThrow(Unavailable)
    await expect(house.read()).resolves.toBeDefined()
  })

  test('missing credentials are said so before anything is sent', async () => {
    for (const credentials of [
      { username: ' ', password: 'x' },
      { username: 'x', password: '' },
    ]) {
      await expect(client({ credentials: async () => credentials }).read()).rejects.toThrow(CredentialsMissing)
    }
    expect(calls()).toEqual([])
  })
})

describe('which house of the account', () => {
  beforeEach(() => open('houselist-two.json', 'variables-902.json'))

  test('lists all houses without opening one', async () => {
    const houses = await client().listHouses()
    expect(houses.map(({ houseId, name }) => `${houseId} ${name}`)).toEqual([
      'HEM_FJV_Villa_901 Testvillan 901',
      'HEM_FJV_Villa_902 Testvillan 902',
    ])
    expect(calls()).toEqual(['authorize', 'houses'])
  })

  test('the one whose client id ends in the house id', async () => {
    const { house } = await client({ houseId: 'HEM_FJV_Villa_902' }).read()
    expect(house.clientId).toBe('38/Account/HEM_FJV_902/HEM_FJV_Villa_902')
  })

  test('an unknown house id is answered with those that exist', async () => {
    await expect(client({ houseId: 'HEM_FJV_Villa_90' }).read()).rejects.toThrow(
      new EntityNotFound(
        'the HomeSide account has no house HEM_FJV_Villa_90; it has: HEM_FJV_Villa_901, HEM_FJV_Villa_902',
      ),
    )
  })

  test('several houses and none named is no guess', async () => {
    await expect(client().read()).rejects.toThrow(/several houses, name one of: HEM_FJV_Villa_901, HEM_FJV_Villa_902/)
  })

  test('an account without houses', async () => {
    portal.always('houses', { json: fixture('houselist-empty.json') })
    await expect(client().listHouses()).resolves.toEqual([])
    await expect(client().read()).rejects.toThrow(EntityNotFound)
  })

  test('a given client id needs no list', async () => {
    const clientId = '38/Account/HEM_FJV_902/HEM_FJV_Villa_902'
    const { house } = await client({ clientId }).read()
    expect(house).toEqual({ clientId, houseId: 'HEM_FJV_Villa_902', name: 'HEM_FJV_Villa_902' })
    expect(calls()).not.toContain('houses')
  })

  test('a client id of another house is a fault of the configuration', async () => {
    const clientId = '38/Account/HEM_FJV_902/HEM_FJV_Villa_902'
    await expect(client({ clientId, houseId: 'HEM_FJV_Villa_901' }).read()).rejects.toThrow(BadConfig)
  })

  test('"Method forbiden" is a fault of the configuration and is not retried', async () => {
    const clientId = '38/Account/HEM_FJV_903/HEM_FJV_Villa_903'
    await expect(client({ clientId }).read()).rejects.toThrow(BadConfig)
    expect(calls()).toEqual(['authorize', 'token'])
  })
})

describe('every way in which a session dies', () => {
  const NO_HEADER = fixture('error-no-authorization.json')
  const symptoms: [string, Call, Answer][] = [
    ['401 for the list of houses', 'houses', { status: 401, json: {} }],
    ['an error instead of the list of houses', 'houses', { json: NO_HEADER }],
    ['401 for the house token', 'token', { status: 401, json: {} }],
    ['200 with an error for the house token', 'token', { json: fixture('bmstoken-error.json') }],
    ['200 without a house token', 'token', { json: { uid: 'u', extendUid: 'e' } }],
    ['an empty answer for the house token', 'token', { text: '' }],
    ['"no authorization header sent" as JSON', 'token', { json: NO_HEADER }],
    ['401 for the variables', 'variables', { status: 401, text: '' }],
    ['200 with an empty list of variables', 'variables', { json: fixture('variables-empty.json') }],
    ['200 with {}', 'variables', { json: {} }],
    ['200 with an error', 'variables', { json: { error: 'token' } }],
    ['200 with null', 'variables', { json: null }],
    ['"no authorization header sent" as bare text', 'variables', { text: 'no authorization header sent' }],
    ['"no authorization header sent" with 403', 'variables', { status: 403, json: NO_HEADER }],
    [
      'variables without one that is wanted',
      'variables',
      { json: { variables: [{ variable: 'HEM_FJV_Villa_901.ZON1Temp', value: 21, type: 'Response' }] } },
    ],
  ]

  test.each(symptoms)('%s: signs in anew, takes a new house token and goes on', async (_name, call, answer) => {
    portal.next(call, answer)
    const reading = await client().read()
    expect(reading.renewed).toBe(true)
    expect(Object.keys(reading.fields)).toHaveLength(17)
    expect(portal.count('authorize')).toBe(2)
    expect(portal.received.at(-1)?.body.token).toBe('INVENTED-bms-token-2')
  })

  test.each(symptoms)(
    '%s, and again after the new sign-in: gives up, then starts afresh',
    async (_name, call, answer) => {
      const house = client()
      portal.always(call, answer)
      await expect(house.read()).rejects.toThrow(Unavailable)
      expect(portal.count('authorize')).toBe(2)
      expect(portal.count(call)).toBe(2)

      portal.always(call, undefined)
      await expect(house.read()).resolves.toMatchObject({ renewed: false })
      expect(portal.count('authorize')).toBe(3)
    },
  )

  test('a session that died between two readings is renewed without looking the house up again', async () => {
    const house = client()
    await house.read()
    portal.expireSessions()
    await expect(house.read()).resolves.toMatchObject({ renewed: true })
    expect(calls()).toEqual([...SIGN_IN, 'variables', 'variables', 'authorize', 'token', 'variables'])
  })

  test('callers who meet the same dead session sign in once between them', async () => {
    const house = client()
    await house.read()
    portal.expireSessions()
    const readings = await Promise.all([house.read(), house.read(), house.read()])
    expect(readings.map(({ renewed }) => renewed)).toEqual([true, true, true])
    expect(portal.count('authorize')).toBe(2)
    expect(portal.count('token')).toBe(2)
  })

  test('a password that was changed meanwhile ends in CredentialsRejected', async () => {
    const house = client()
    await house.read()
    portal.expireSessions()
    portal.always('authorize', { json: {} })
    await expect(house.read()).rejects.toThrow(CredentialsRejected)
  })
})

describe('pending answers', () => {
  beforeEach(() => open('houselist-902.json', 'variables-902.json'))

  test('waits until the house has answered, beating all the while', async () => {
    portal.next('variables', pending(), pending())
    let beats = 0
    const heartbeat = () => {
      beats += 1
    }
    const reading = await client().read({ heartbeat })
    expect(Object.keys(reading.fields)).toHaveLength(13)
    expect(portal.count('variables')).toBe(3)
    expect(beats).toBeGreaterThanOrEqual(3)
  })

  test('waits after a new sign-in too', async () => {
    portal.next('variables', { json: {} }, pending(), pending())
    const reading = await client().read()
    expect(reading.renewed).toBe(true)
    expect(Object.keys(reading.fields)).toHaveLength(13)
    expect(portal.count('variables')).toBe(4)
  })

  test('what never comes is not waited for beyond a minute', async () => {
    portal.always('variables', pending())
    const before = clock.now()
    const reading = await client().read()
    expect(clock.now() - before).toBe(55_000)
    expect(portal.count('variables')).toBe(12)
    expect(reading.fields).toEqual({ outdoor_temperature: 2.6, supply_temp: 27.9 })
    expect(reading.missing).toHaveLength(15)
    expect(reading.curve).toBeNull()
    expect(reading.registers).toMatchObject({ axis: 'unknown', complete: { y: true, yref: true } })
  })

  test('a house that tells nothing at all ends as Pending within the same minute, one new sign-in included', async () => {
    portal.always('variables', nothing())
    const before = clock.now()
    await expect(client().read()).rejects.toThrow(Pending)
    expect(clock.now() - before).toBe(55_000)
    expect(portal.count('authorize')).toBe(2)
  })

  test('the end of the waiting time cuts a hanging re-read without calling it an outage', async () => {
    portal.next('variables', pending(), hang)
    const impatient = client({ timing: { pendingBudgetMs: 40, pendingPollMs: 10 } })
    await expect(impatient.read()).resolves.toMatchObject({ fields: { outdoor_temperature: 2.6 } })
  })

  test('real time passes without an injected clock', async () => {
    portal.next('variables', pending())
    const house = createHomeSideClient({
      baseUrl: portal.url,
      credentials: async () => ACCOUNT,
      timing: { pendingPollMs: 1 },
    })
    await expect(house.read()).resolves.toMatchObject({ missing: { length: 4 } })
  })
})

describe('outages', () => {
  test.each<[string, Answer]>([
    ['500', { status: 500, json: { error: 'no authorization header sent' } }],
    ['404', { status: 404, text: 'not here' }],
    ['a page of HTML', { text: '<html><body>Service window</body></html>' }],
    ['broken JSON', { text: '{"variables":[' }],
    ['a connection that is reset', resetConnection],
    ['an answer that never ends', endless],
  ])('%s is Unavailable, and the session is kept', async (_name, answer) => {
    const house = client()
    await house.read()
    portal.next('variables', answer)
    await expect(house.read()).rejects.toThrow(Unavailable)
    await house.read()
    expect(portal.count('authorize')).toBe(1)
  })

  test('a portal that hangs is given up at the time limit', async () => {
    portal.next('variables', hang)
    await expect(client({ timing: { requestMs: 200 } }).read()).rejects.toThrow(/did not answer within 0\.2 s/)
  })

  test('429 is passed on with the time the portal asked for', async () => {
    portal.next('variables', (response) => void response.writeHead(429, { 'retry-after': '7' }).end())
    const error = await client()
      .read()
      .catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RateLimited)
    expect(error).toMatchObject({ retryAfterMs: 7_000 })
  })

  test('a caller who gives up gets away at once, also while others sign in', async () => {
    portal.next('authorize', hang)
    const controller = new AbortController()
    const reading = client().read({ signal: controller.signal })
    controller.abort(new Error('cancelled'))
    await expect(reading).rejects.toThrow('cancelled')
  })

  function endless(response: Parameters<Extract<Answer, (...args: never[]) => void>>[0]): void {
    const block = Buffer.alloc(1 << 20, 0x20)
    const pump = () => {
      while (!response.destroyed && response.write(block)) {}
      if (!response.destroyed) response.once('drain', pump)
    }
    pump()
  }
})

describe('secrets', () => {
  test('an address that would carry the password in clear text is refused before anything is sent', async () => {
    const exposed = client({ baseUrl: 'http://portal.example' })
    await expect(exposed.read()).rejects.toThrow(BadConfig)
    await expect(exposed.listHouses()).rejects.toThrow(BadConfig)
  })

  test('neither errors nor the log name user, password or tokens', async () => {
    const lines: string[] = []
    const log = createLogger('debug', { write: (line: string) => void lines.push(line) })
    const messages: string[] = []
    for (const [call, answer] of [
      ['authorize', { json: { error: `no user ${ACCOUNT.username} ${ACCOUNT.password}` } }],
      ['houses', { json: { error: 'INVENTED-querykey-1' } }],
      ['token', { json: { error: 'INVENTED-querykey-1' } }],
      ['variables', { text: 'INVENTED-bms-token-1' }],
      ['variables', { json: { error: 'INVENTED-bms-token-1' } }],
    ] as [Call, Answer][]) {
      portal.always(call, answer)
      await client({ log })
        .read()
        .catch((error: Error) => messages.push(`${error.message} ${error.stack} ${JSON.stringify(error)}`))
      portal.always(call, undefined)
    }
    await client({ log }).read()
    log.info('echo', { text: `INVENTED-querykey-1 and ${ACCOUNT.password}` })

    expect(messages).toHaveLength(5)
    expect(lines.length).toBeGreaterThan(1)
    for (const text of [...messages, ...lines]) expect(text).not.toMatch(/FC2000000001|invented pass word|INVENTED-/)
  })
})
