/** Removing and restoring over REST: what is told, what is asked of the workflow, and what is refused. */
import { describe, expect, test } from 'vitest'
import { Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies, TEST_NOW, TEST_TOKEN } from '../testing/fakes.ts'

const HOUSE = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
const PATH = '/api/v1/entities/house/HEM_FJV_Villa_901'

function setUp() {
  const fakes = fakeDependencies()
  const app = createApi(fakes.dependencies)
  const ask = (method: string, path: string) =>
    app.request(path, { method, headers: { authorization: `Bearer ${TEST_TOKEN}` } })
  const rows = (id: string) =>
    fakes.timeSeries.write([
      { measurement: 'heating_system', tags: { house_id: id }, time: TEST_NOW, fields: { supply_temp: 40 } },
    ])
  return { ...fakes, ask, rows }
}

describe('a dry run', () => {
  test('names what would go, credentials by name only, and asks nothing', async () => {
    const { addHouse, ask, rows, credentials, removals } = setUp()
    addHouse()
    credentials.names.set('house:HEM_FJV_Villa_901', ['HOUSE_HEM_FJV_VILLA_901_PASSWORD'])
    await rows(HOUSE.id)
    await rows(`${HOUSE.id}_TEST`)
    const response = await ask('DELETE', `${PATH}?dryRun=true&graceDays=0.5`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      mode: 'soft',
      files: ['HEM_FJV_Villa_901.json'],
      credentials: ['HOUSE_HEM_FJV_VILLA_901_PASSWORD'],
      series: [
        { measurement: 'heating_system', rows: 1, oldest: '2026-01-10T07:05:12Z', newest: '2026-01-10T07:05:12Z' },
      ],
      purgeAfter: '2026-01-10T19:05:12Z',
    })
    expect(removals.asked).toEqual([])
  })

  test('of a hard removal lists what was set aside, too, and has no day', async () => {
    const { addHouse, ask, config } = setUp()
    addHouse()
    await config.setAside(HOUSE)
    const removal = await (await ask('DELETE', `${PATH}?dryRun=true&mode=hard`)).json()
    expect(removal).toMatchObject({ files: ['HEM_FJV_Villa_901.json.removed'], purgeAfter: null })
  })

  test('of a removal that waits tells its own day', async () => {
    const { addHouse, ask, config, application } = setUp()
    addHouse()
    await config.setAside(HOUSE)
    const purgeAfter = Date.parse('2026-02-01T00:00:00Z')
    await application.putDocument('offboarding', 'house:HEM_FJV_Villa_901', { entity: HOUSE, purgeAfter })
    expect(await (await ask('DELETE', `${PATH}?dryRun=true`)).json()).toMatchObject({
      purgeAfter: '2026-02-01T00:00:00Z',
    })
  })
})

describe('a removal', () => {
  test('begins, and answers where its progress is told', async () => {
    const { addHouse, ask, removals } = setUp()
    addHouse()
    const response = await ask('DELETE', `${PATH}?mode=soft&graceDays=0.001`)
    expect(response.status).toBe(202)
    expect(await response.json()).toEqual({
      workflowId: 'offboard:house:HEM_FJV_Villa_901',
      progressUrl: '/api/v1/operations/offboard%3Ahouse%3AHEM_FJV_Villa_901',
    })
    expect(removals.asked).toEqual(['soft house:HEM_FJV_Villa_901 0.001'])
  })

  test('that runs is refused a second time, but can be hastened or told to abandon control', async () => {
    const { addHouse, ask } = setUp()
    addHouse()
    await ask('DELETE', PATH)
    const again = await ask('DELETE', PATH)
    expect(again.status).toBe(409)
    expect(await again.text()).toContain('Restore it')
    expect((await ask('DELETE', `${PATH}?mode=hard`)).status).toBe(202)
    expect((await ask('DELETE', `${PATH}?abandonControl=true`)).status).toBe(202)
  })

  test('needs no file: rows or names of credentials are enough; what nobody knows is 404', async () => {
    const { ask, rows, credentials } = setUp()
    expect((await ask('DELETE', PATH)).status).toBe(404)
    await rows(`${HOUSE.id}_TEST`)
    expect((await ask('DELETE', PATH)).status).toBe(404)
    credentials.names.set('house:HEM_FJV_Villa_901', ['HOUSE_HEM_FJV_VILLA_901_PASSWORD'])
    expect((await ask('DELETE', PATH)).status).toBe(202)
  })

  test.each(['mode=brutal', 'graceDays=-1', 'graceDays=soon', 'graceDays=4000', 'abandonControl=perhaps'])(
    'with %s is 422',
    async (query) => {
      const { addHouse, ask, removals } = setUp()
      addHouse()
      expect((await ask('DELETE', `${PATH}?${query}`)).status).toBe(422)
      expect(removals.asked).toEqual([])
    },
  )

  test('is 503 while Temporal is away', async () => {
    const { addHouse, ask, removals } = setUp()
    addHouse()
    removals.remove = async () => {
      throw new Unavailable('the Temporal server cannot be reached')
    }
    expect((await ask('DELETE', PATH)).status).toBe(503)
  })
})

describe('restoring', () => {
  test('is possible while the file is set aside, and while a removal has not come that far', async () => {
    const { addHouse, ask, config, application, removals } = setUp()
    addHouse({ offboarding: true })
    expect((await ask('POST', `${PATH}/restore`)).status).toBe(202)
    await config.setAside(HOUSE)
    expect((await ask('POST', `${PATH}/restore?dryRun=true`)).status).toBe(200)
    application.rows.clear()
    expect(await (await ask('POST', `${PATH}/restore`)).json()).toMatchObject({
      workflowId: 'offboard:house:HEM_FJV_Villa_901',
    })
    expect(removals.asked).toEqual(['restore house:HEM_FJV_Villa_901', 'restore house:HEM_FJV_Villa_901'])
  })

  test('of what is in service, or being deleted already, is 409; of the unknown 404', async () => {
    const { addHouse, ask, config, removals } = setUp()
    expect((await ask('POST', `${PATH}/restore`)).status).toBe(404)
    addHouse()
    expect((await ask('POST', `${PATH}/restore`)).status).toBe(409)
    await config.setAside(HOUSE)
    removals.tooLate = true
    expect((await ask('POST', `${PATH}/restore`)).status).toBe(409)
  })
})

test('the audit is told newest first', async () => {
  const { ask, application } = setUp()
  for (const [minute, action] of ['removal.begun', 'removal.done'].entries()) {
    const at = `2026-01-10T07:0${minute}:00.000Z`
    await application.putDocument('audit', `${at}-x`, { at, by: 'administrator', action, entity: HOUSE, detail: null })
  }
  const answer = (await (await ask('GET', '/api/v1/audit?limit=1')).json()) as { entries: unknown[] }
  expect(answer.entries).toEqual([
    { at: '2026-01-10T07:01:00.000Z', by: 'administrator', action: 'removal.done', entity: HOUSE, detail: null },
  ])
  expect((await ask('GET', '/api/v1/audit?limit=0')).status).toBe(422)
})
