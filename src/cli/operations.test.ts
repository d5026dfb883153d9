import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeApi, operation } from './testing/fake-api.ts'

const ID = 'offboard:house:HEM_FJV_Villa_901'
const PROGRESS = operation(
  { 'release control': 'done', 'stop loop': 'running', 'delete data': 'pending' },
  { entityId: 'HEM_FJV_Villa_901', waitingFor: 'the poll that is under way', dueAt: null },
)

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
  api.on(`GET /api/v1/operations/${encodeURIComponent(ID)}`, PROGRESS)
})
afterEach(() => api.close())

test('shows every step of an operation and what it waits for', async () => {
  const { code, out } = await api.bvpro(['operations', 'show', ID])
  expect(code).toBe(0)
  for (const part of ['✓ release control', '… stop loop', '· delete data', 'the poll that is under way', 'running']) {
    expect(out).toContain(part)
  }
})

test('as JSON prints the answer of the API', async () => {
  expect(JSON.parse((await api.bvpro(['operations', 'show', ID, '--json'])).out)).toEqual(PROGRESS)
})

test('one that nobody knows ends with 1', async () => {
  api.on('GET /api/v1/operations/onboard%3Ahouse%3Ax', { status: 404, body: { detail: 'There is no such operation.' } })
  expect(await api.bvpro(['operations', 'show', 'onboard:house:x'])).toMatchObject({
    code: 1,
    err: 'bvpro: There is no such operation.\n',
  })
})
