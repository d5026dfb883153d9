/** A change over the API cannot have stored credentials sent to another server. */
import { describe, expect, test } from 'vitest'
import { createApi } from '../api.ts'
import { fakeDependencies } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const KVARNEN = { kind: 'building', id: 'TE901_KVARNEN' } as const
const CONNECTION = { system: 'arrigo', host: 'bms.example.com', account: 'KvarnenLocal' }

function setUp(connection: object | null = CONNECTION) {
  const fakes = fakeDependencies()
  if (connection === null) fakes.config.putBroken(KVARNEN, [{ path: 'connection', message: 'expected an object' }])
  else fakes.config.put(KVARNEN, { friendly_name: 'Kvarnen', connection })
  const ask = asker(createApi(fakes.dependencies))
  const patch = (change: unknown) =>
    ask('/api/v1/entities/building/TE901_KVARNEN/config', {
      method: 'PATCH',
      body: JSON.stringify(change),
      headers: { 'Content-Type': 'application/merge-patch+json' },
    })
  return { ...fakes, patch }
}

const documentOf = ({ config }: ReturnType<typeof setUp>) => config.files.get('building:TE901_KVARNEN')?.document

describe('the server of a building', () => {
  test.each([
    ['another host', { host: 'bms.example.org' }],
    ['another port of the host', { host: 'bms.example.com:8443' }],
    ['the same host without encryption', { host: 'http://bms.example.com' }],
    ['the host as a user name of another', { host: 'https://bms.example.com.example.org' }],
  ])('stays: %s is 422, and nothing is written', async (_, connection) => {
    const set = setUp()
    const response = await set.patch({ connection })
    expect(response.status).toBe(422)
    expect((await jsonOf<ProblemAnswer>(response)).errors).toMatchObject([{ path: 'connection.host' }])
    expect(documentOf(set)).toMatchObject({ connection: CONNECTION })
  })

  test.each(['bms.example.com:443', 'https://BMS.example.com', 'https://bms.example.com/arrigo/api'])(
    'may be written differently: %s',
    async (host) => {
      expect((await setUp().patch({ connection: { host } })).status).toBe(200)
    },
  )

  test('stays when the whole connection is replaced, or another kind of server gets an address', async () => {
    const { patch } = setUp()
    expect((await patch({ connection: { ...CONNECTION, host: 'bms.example.org' } })).status).toBe(422)
    const response = await patch({ connection: { system: 'ebo', base_url: 'https://ebo.example.org' } })
    expect((await jsonOf<ProblemAnswer>(response)).errors).toMatchObject([{ path: 'connection.base_url' }])
  })

  test('stays unknown while the file has faults: no address can be given over the API', async () => {
    const { patch } = setUp(null)
    expect((await patch({ connection: { host: 'bms.example.com' } })).status).toBe(422)
  })

  test('may be left out of a change of anything else', async () => {
    const set = setUp()
    expect((await set.patch({ friendly_name: 'Kvarnen 2', connection: { account: 'Other' } })).status).toBe(200)
    expect(documentOf(set)).toMatchObject({
      friendly_name: 'Kvarnen 2',
      connection: { ...CONNECTION, account: 'Other' },
    })
  })
})

describe('a reference to shared credentials', () => {
  test('cannot be set or exchanged: they would go to this server', async () => {
    for (const connection of [CONNECTION, { ...CONNECTION, credential_ref: 'KVARNEN_BMS' }]) {
      const response = await setUp(connection).patch({ connection: { credential_ref: 'TOWN_HALL_BMS' } })
      expect(response.status).toBe(422)
      expect((await jsonOf<ProblemAnswer>(response)).errors).toMatchObject([{ path: 'connection.credential_ref' }])
    }
  })

  test('can be taken away', async () => {
    const set = setUp({ ...CONNECTION, credential_ref: 'KVARNEN_BMS' })
    expect((await set.patch({ connection: { credential_ref: null } })).status).toBe(200)
    expect(documentOf(set)).toMatchObject({ connection: CONNECTION })
  })
})
