/** What thrown errors become for a caller. */
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { ConfigConflict, ConfigExists, ConfigInvalid } from '../config/catalogue.ts'
import { BadConfig, CredentialsRejected, EntityNotFound, RateLimited, Unavailable } from '../connectors/errors.ts'
import { silentLogger } from '../runtime/log.ts'
import { toProblem } from './problem.ts'

async function answerTo(error: Error): Promise<Response> {
  const app = new Hono()
  app.get('/', () => {
    throw error
  })
  app.onError((thrown, context) => toProblem(thrown, context, silentLogger).toResponse())
  return app.request('/')
}

test.each([
  ['a file that has changed since it was read', new ConfigConflict('changed'), 412],
  ['a file that is there already', new ConfigExists('house "H1" exists already'), 409],
  ['a document that is not valid', new ConfigInvalid('not valid', [{ path: 'name', message: 'missing' }]), 422],
  ['an entity that is not there', new EntityNotFound('no such house'), 404],
  ['a fault of the configuration', new BadConfig('no signal is fetched'), 422],
  ['refused credentials', new CredentialsRejected('refused'), 409],
  ['an outage', new Unavailable('does not answer'), 503],
])('%s (%s) is %i', async (_, error, status) => {
  const response = await answerTo(error)
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  expect(await response.json()).toMatchObject({ status })
})

test('how long the other side asked us to wait is handed on in whole seconds', async () => {
  const response = await answerTo(new RateLimited('too many requests', { retryAfterMs: 1_200 }))
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
})

test('a fault of ours gives a reference and nothing of the cause away', async () => {
  const response = await answerTo(new TypeError('x is not a function'))
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('is not a function')
})
