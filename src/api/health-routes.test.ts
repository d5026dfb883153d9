/** Liveness and readiness. */
import { OpenAPIHono } from '@hono/zod-openapi'
import { expect, test } from 'vitest'
import { createApi } from './api.ts'
import { registerHealthRoutes } from './health-routes.ts'
import { fakeDependencies } from './testing/fakes.ts'
import { jsonOf } from './testing/request.ts'

interface Readiness {
  readonly ready: boolean
  readonly parts: Record<string, { ok: boolean; reason: string | null }>
}

test('a live process says so, without a token', async () => {
  const response = await createApi(fakeDependencies().dependencies).request('/health/live')
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ status: 'ok', version: '0.1.0' })
})

test('it is ready when every part answers', async () => {
  const response = await createApi(fakeDependencies().dependencies).request('/health/ready')
  const well = { ok: true, reason: null }
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ ready: true, parts: { timeSeries: well, application: well, temporal: well } })
})

test.each([
  ['timeSeries', 'timeSeries'],
  ['application', 'application'],
  ['operations', 'temporal'],
] as const)('when %s fails, readiness is 503 and names %s with the reason', async (dependency, part) => {
  const fakes = fakeDependencies()
  fakes[dependency].fault = new Error('the disk is full')
  const response = await createApi(fakes.dependencies).request('/health/ready')
  expect(response.status).toBe(503)
  const { ready, parts } = await jsonOf<Readiness>(response)
  expect(ready).toBe(false)
  const failing = Object.entries(parts).filter(([, { ok }]) => !ok)
  expect(failing).toEqual([[part, { ok: false, reason: 'the disk is full' }]])
})

test('a part that never answers is not ready', async () => {
  const { dependencies } = fakeDependencies()
  const app = new OpenAPIHono()
  const hanging = { ...dependencies.operations, check: () => new Promise<void>(() => {}) }
  registerHealthRoutes(app, { ...dependencies, operations: hanging }, 20)
  const response = await app.request('/health/ready')
  expect(response.status).toBe(503)
  expect((await jsonOf<Readiness>(response)).parts.temporal).toEqual({ ok: false, reason: 'no answer within 0.02 s' })
})
