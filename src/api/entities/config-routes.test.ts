/** Reading and editing configurations without losing anybody's change. */
import { describe, expect, test } from 'vitest'
import { Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

function setUp() {
  const fakes = fakeDependencies()
  const { id } = fakes.addHouse()
  const ask = asker(createApi(fakes.dependencies))
  const path = `/api/v1/entities/house/${id}/config`
  const patch = (change: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method: 'PATCH',
      body: JSON.stringify(change),
      headers: { 'Content-Type': 'application/merge-patch+json', ...headers },
    })
  return { ...fakes, id, ask, path, patch }
}

test('a configuration comes with an ETag and without secrets', async () => {
  const { ask, path, config, id } = setUp()
  config.put({ kind: 'house', id }, { friendly_name: 'Villa Ek', password: 'planted' })
  const response = await ask(path)
  expect(response.headers.get('ETag')).toBe(`"${id}-1"`)
  expect(await response.json()).toEqual({ friendly_name: 'Villa Ek' })
})

test('a file with faults is 409 and lists them; an unknown one is 404', async () => {
  const { ask, path, config, id } = setUp()
  const problems = [{ path: 'comfort', message: 'expected an object' }]
  config.putBroken({ kind: 'house', id }, problems)
  const response = await ask(path)
  expect(response.status).toBe(409)
  expect((await jsonOf<ProblemAnswer>(response)).errors).toEqual(problems)
  expect((await ask('/api/v1/entities/house/nobody/config')).status).toBe(404)
})

describe('a change', () => {
  test('merges, answers the whole and its new ETag, and wakes the reconciliation', async () => {
    const { patch, operations, id } = setUp()
    const response = await patch(
      { comfort: { acceptable_deviation: 0.5 }, friendly_name: null },
      { 'If-Match': `"${id}-1"` },
    )
    expect(response.status).toBe(200)
    expect(response.headers.get('ETag')).toBe(`"${id}-2"`)
    expect(await response.json()).toEqual({
      customer_id: id,
      comfort: { target_indoor_temp: 21, acceptable_deviation: 0.5 },
    })
    expect(operations.messages).toEqual(['reconcile'])
  })

  test('is written even when Temporal is out of reach', async () => {
    const { patch, operations } = setUp()
    operations.fault = new Unavailable('Temporal does not answer')
    expect((await patch({ friendly_name: 'Villa Asp' })).status).toBe(200)
  })

  test.each(['"another"', 'W/"HEM_FJV_Villa_901-1"'])(
    'on the strength of %s is 412 and changes nothing',
    async (tag) => {
      const { patch, ask, path } = setUp()
      const response = await patch({ friendly_name: 'Villa Asp' }, { 'If-Match': tag })
      expect(response.status).toBe(412)
      expect((await jsonOf(await ask(path))).friendly_name).toBe('Villa Ek')
    },
  )

  test.each(['*', '"another", "HEM_FJV_Villa_901-1"'])('on the strength of %s is made', async (tag) => {
    const { patch } = setUp()
    expect((await patch({ friendly_name: 'Villa Asp' }, { 'If-Match': tag })).status).toBe(200)
  })

  test('that makes the whole invalid is 422 with every problem', async () => {
    const { patch, config } = setUp()
    const problems = [
      { path: 'comfort.target_indoor_temp', message: 'expected a number from 15 to 28, found 99' },
      { path: 'friendly_name', message: 'expected text' },
    ]
    config.validate = () => problems
    const response = await patch({ comfort: { target_indoor_temp: 99 } })
    expect(response.status).toBe(422)
    expect((await jsonOf<ProblemAnswer>(response)).errors).toEqual(problems)
  })

  test.each([[[]], ['text'], [null], [7]])('that is no object (%j) is 422', async (change) => {
    const { patch } = setUp()
    expect((await patch(change)).status).toBe(422)
  })
})
