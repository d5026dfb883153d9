/** The simulated server as a server: tokens, schema, pages and trouble. */
import { buildSchema, parse, printSchema, validate } from 'graphql'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../runtime/log.ts'
import { ARRIGO_SDL } from './schema.ts'
import { ask, bearer, type Data, fixtureText, logIn, post, type Tokens } from './testing/ask.ts'
import { type ArrigoTown, type ArrigoTownOptions, startArrigoTown } from './town.ts'

const START = Date.UTC(2026, 0, 14, 9, 3)

let clock = START
const towns: ArrigoTown[] = []
afterEach(async () => {
  for (const town of towns.splice(0)) await town.close()
  clock = START
})

async function open(options: ArrigoTownOptions = {}): Promise<ArrigoTown> {
  const town = await startArrigoTown({ now: () => clock, log: silentLogger, ...options })
  towns.push(town)
  return town
}

describe('the token', () => {
  test('login names tokens, life and account; the minimum and the web form both do', async () => {
    const town = await open()
    const tokens = await logIn(town)
    expect(tokens).toMatchObject({ expires_in: 600, account: 'KvarnenLocal' })
    expect(tokens.authToken.split('.')).toHaveLength(3)
    const form = { ...JSON.parse(fixtureText('login-request.json')), username: town.username, password: town.password }
    expect((await post(town, 'login', form)).status).toBe(200)
  })

  test.each([
    ['a wrong password', { username: 'kvarnen operator', password: 'wrong' }, 401],
    ['another account', { username: 'kvarnen operator', password: 'Kvarn#hjulet 901', account: 'Other' }, 401],
    ['a trimmed user', { username: 'kvarnenoperator', password: 'Kvarn#hjulet 901' }, 401],
    ['nothing', {}, 400],
  ])('%s is refused', async (_name, body, status) => {
    expect((await post(await open(), 'login', body)).status).toBe(status)
  })

  test('anything but JSON is 415', async () => {
    const town = await open()
    const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' }
    for (const path of ['login', 'login/refresh', 'login/verify', 'logout', 'graphql']) {
      expect((await fetch(`${town.url}/arrigo/api/${path}`, form)).status).toBe(415)
    }
  })

  test('refresh needs the pair, rotates both, and the spent one is dead', async () => {
    const town = await open()
    const first = await logIn(town)
    const refresh = (refreshToken: string, authToken: string) =>
      post(town, 'login/refresh', { refreshToken }, bearer(authToken))
    expect((await post(town, 'login/refresh', { refreshToken: first.refreshToken })).status).toBe(401)
    expect((await post(town, 'login/refresh', {})).status).toBe(400)
    clock += 700_000
    const response = await refresh(first.refreshToken, first.authToken)
    const second = (await response.json()) as Tokens
    expect(response.status).toBe(200)
    expect(second.authToken).not.toBe(first.authToken)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect((await refresh(first.refreshToken, first.authToken)).status).toBe(401)
    expect((await refresh(second.refreshToken, first.authToken)).status).toBe(401)
    expect((await refresh(second.refreshToken, second.authToken)).status).toBe(200)
  })

  test('an expired token says so, an unknown one does not', async () => {
    const town = await open()
    const { authToken } = await logIn(town)
    expect((await ask(town, '{ __typename }', {}, authToken)).data).toEqual({ __typename: 'Root' })
    clock += 600_000
    const expired = await ask(town, '{ __typename }', {}, authToken)
    expect([expired.status, expired.headers.get('token-expired')]).toEqual([401, 'true'])
    const unknown = await ask(town, '{ __typename }', {}, 'invented')
    expect([unknown.status, unknown.headers.get('token-expired')]).toEqual([401, null])
  })

  test('verify, logout and the probe', async () => {
    const town = await open()
    const { authToken, refreshToken } = await logIn(town)
    expect((await post(town, 'login/verify', { authToken })).status).toBe(204)
    expect((await post(town, 'login/verify', { authToken: 'invented' })).status).toBe(400)
    expect((await post(town, 'logout', {}, bearer(authToken))).status).toBe(204)
    expect((await post(town, 'logout', { refreshToken })).status).toBe(401)
    expect((await post(town, 'login/refresh', { refreshToken }, bearer(authToken))).status).toBe(401)
    expect((await post(town, 'login/verify', { authToken })).status).toBe(204)
    const probe = await fetch(`${town.url}/Arrigo/API/login`)
    expect(await probe.json()).toEqual({ mainProject: 'KvarnenLocal', serviceStatus: 'Running' })
  })
})

describe('the schema', () => {
  test('is the one of the reference', () => {
    expect(printSchema(buildSchema(ARRIGO_SDL))).toBe(printSchema(buildSchema(fixtureText('schema.graphql'))))
  })

  test('answers every operation of the reference', async () => {
    const town = await open()
    const document = parse(fixtureText('operations.graphql'))
    expect(validate(buildSchema(ARRIGO_SDL), document)).toEqual([])
    const { authToken } = await logIn(town)
    for (const definition of document.definitions) {
      if (definition.kind !== 'OperationDefinition' || definition.loc === undefined) throw new Error('no operation')
      const query = definition.loc.source.body.slice(definition.loc.start, definition.loc.end)
      const { errors } = await ask(town, query, { first: 10, id: null }, authToken)
      expect([definition.name?.value, errors]).toEqual([definition.name?.value, undefined])
    }
  })

  test('refuses what it does not know, with 200 or 400, and reads nonsense as such', async () => {
    const town = await open()
    const unknown = await ask(town, '{ analogs { nonsense } }')
    expect([unknown.status, unknown.data]).toEqual([200, undefined])
    expect(unknown.errors?.[0]?.message).toContain('nonsense')
    town.setFault({ refusalStatus: 400 })
    expect((await ask(town, '{ analogs { nonsense } }')).status).toBe(400)
    expect((await ask(town, '{')).errors).toHaveLength(1)
    expect((await post(town, 'graphql', { no: 'query' }, bearer((await logIn(town)).authToken))).status).toBe(400)
  })
})

describe('paging', () => {
  const PAGE = `query ($first: Int, $after: String) {
    analogs(first: $first, after: $after) { totalCount pageInfo { hasNextPage hasPreviousPage endCursor } items { name } edges { cursor node { name } } }
  }`

  test('twelve hundred signals in pages of a hundred, each once, items and edges alike', async () => {
    const town = await open({ extraRooms: 1_200 })
    const { authToken } = await logIn(town)
    const names: string[] = []
    let after: string | null = null
    for (let page = 0; page < 50; page += 1) {
      const { analogs }: Data = (await ask(town, PAGE, { first: 100, after }, authToken)).data
      expect(analogs.edges.map((edge) => edge.node)).toEqual(analogs.items)
      expect(analogs.pageInfo.hasPreviousPage).toBe(page > 0)
      names.push(...analogs.items.map(({ name }) => name))
      after = analogs.pageInfo.endCursor
      if (!analogs.pageInfo.hasNextPage) break
      expect(analogs.items).toHaveLength(100)
    }
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(1_200)
  })

  test('backwards too; a cursor that is none is an error; no page is larger than the server allows', async () => {
    const town = await open({ rowsPerCall: 5 })
    const back = '{ folder { folders(last: 2) { pageInfo { hasPreviousPage hasNextPage } items { name } } } }'
    const { folders } = (await ask(town, back)).data.folder
    expect(folders.items.map(({ name }) => name)).toEqual(['KVARNEN3_KM1', 'KVARNEN1_ELM'])
    expect(folders.pageInfo).toEqual({ hasPreviousPage: true, hasNextPage: false })
    expect((await ask(town, PAGE, { after: 'nonsense' })).errors?.[0]?.path).toEqual(['analogs'])
    expect((await ask(town, PAGE, { first: -1 })).errors).toHaveLength(1)
    expect((await ask(town, PAGE, { first: 500 })).data.analogs.items).toHaveLength(5)
  })
})

describe('trouble', () => {
  const LIST = '{ folder { name } analogs(first: 500) { pageInfo { hasNextPage endCursor } items { id name value } } }'

  test('a part that fails leaves the rest', async () => {
    const town = await open()
    town.setFault({ partial: ['analogs'] })
    const { status, data, errors } = await ask(town, LIST)
    expect([status, data]).toEqual([200, { analogs: null, folder: { name: 'TE901_KVARNEN' } }])
    expect(errors).toMatchObject([{ message: 'Execution Timeout Expired.', path: ['analogs'] }])
  })

  test('a server without timeLengthComparer, items or edges names what it does not know', async () => {
    const town = await open()
    const filter = { signalId: ['MjEwMQ=='], timeLength: 3600, timeLengthComparer: 'equal' }
    const history =
      'query ($filter: AnalogEventFilter) { analogsHistory(first: 1, filter: $filter) { edges { node { value } } } }'
    town.setFault({ comparerRejected: true })
    expect((await ask(town, history, { filter })).errors?.[0]?.message).toContain('timeLengthComparer')
    town.setFault({ withoutItems: true })
    expect((await ask(town, LIST)).errors?.[0]?.message).toContain('"items"')
    town.setFault({ withoutEdges: true })
    expect((await ask(town, history, { filter })).errors?.[0]?.message).toContain('"edges"')
  })

  test('401 so many times, with and without reason; expiry after so many calls; HTML; dead connection', async () => {
    const town = await open()
    const { authToken } = await logIn(town)
    const status = async () => (await ask(town, '{ __typename }', {}, authToken)).status
    town.setFault({ unauthorized: 2 })
    expect([await status(), await status(), await status()]).toEqual([401, 401, 200])
    town.setFault({ tokenExpired: 1, htmlError: 1 })
    expect([await status(), await status(), await status()]).toEqual([500, 401, 200])
    town.setFault({ connectionReset: 1 })
    await expect(status()).rejects.toThrow('fetch failed')
    town.setFault({ expireAfterCalls: 2 })
    expect([await status(), await status(), await status(), await status()]).toEqual([200, 200, 401, 401])
    expect(() => town.setFault({ nonsense: true } as object)).toThrow()
  })

  test('sign-in refused in every way', async () => {
    const town = await open()
    const login = async () => (await post(town, 'login', { username: town.username, password: town.password })).status
    town.setFault({ wrongPassword: true })
    expect(await login()).toBe(401)
    town.setFault({ loginStatus: 409 })
    expect(await login()).toBe(409)
    town.setFault({ down: 503 })
    expect(await login()).toBe(503)
  })

  test('sensors that are dead, silent, gone or renumbered; times without a zone; cursors that lead nowhere', async () => {
    const town = await open()
    const [outdoor, mean] = ['KVARNEN1.GT_UTE', 'KVARNEN1.GT_UTE_MEDEL_24']
    town.setFault({ deadSensors: [outdoor], withoutValue: [mean], vanished: ['KVARNEN3.GT_UTE'], renumbered: true })
    const { items } = (await ask(town, LIST)).data.analogs
    expect(items[0]).toEqual({ id: Buffer.from('7101').toString('base64'), name: outdoor, value: 0 })
    expect(items[1]?.value).toBeNull()
    expect(items.some(({ name }) => name === 'KVARNEN3.GT_UTE')).toBe(false)
    town.setFault({ bareTimes: true, repeatedCursor: ['analogs'], truncated: ['folders'] })
    const { data } = await ask(
      town,
      '{ alarms(first: 1) { items { eventTime } } analogs(first: 5) { pageInfo { endCursor } } folder { folders(first: 2) { totalCount pageInfo { hasNextPage } } } }',
    )
    expect(data.alarms.items[0]?.eventTime).toMatch(/T\d\d:\d\d:\d\d$/)
    expect(data.analogs.pageInfo.endCursor).toBe('MA==')
    expect(data.folder.folders).toEqual({ totalCount: 8, pageInfo: { hasNextPage: false } })
    town.setFault({ endless: ['analogs'] })
    const last = Buffer.from('5000').toString('base64')
    const endless = (
      await ask(town, `{ analogs(first: 3, after: "${last}") { pageInfo { hasNextPage } items { name } } }`)
    ).data
    expect([endless.analogs.items.length, endless.analogs.pageInfo.hasNextPage]).toEqual([3, true])
  })
})
