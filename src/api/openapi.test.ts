/** The OpenAPI document: complete, consistent, and true to what is answered. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { createApi } from './api.ts'
import { fakeDependencies, TEST_NOW, ZONE_DOCUMENT } from './testing/fakes.ts'
import { asker, jsonOf } from './testing/request.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: string[]
  readonly security?: unknown
  readonly parameters?: { name: string; in: string; required?: boolean }[]
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>
}

interface Document {
  readonly openapi: string
  readonly info: Record<string, unknown>
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, object>; securitySchemes: Record<string, unknown> }
}

async function setUp() {
  const fakes = fakeDependencies()
  const app = createApi(fakes.dependencies)
  const document = await jsonOf<Document>(await app.request('/api/openapi.json'))
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  )
  return { ...fakes, app, document, operations, ask: asker(app) }
}

/** Every value of a key, anywhere in a document. */
function valuesOf(key: string, node: unknown): unknown[] {
  if (Array.isArray(node)) return node.flatMap((item) => valuesOf(key, item))
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(key, value)])
}

test('it is an OpenAPI 3.1 document that needs no token to be read', async () => {
  const { document } = await setUp()
  expect(document.openapi).toBe('3.1.0')
  expect(document.info).toMatchObject({ title: 'BVPro', version: '0.1.0' })
  expect(document.components.securitySchemes).toHaveProperty('bearer')
})

test('it describes exactly the routes there are', async () => {
  const { app, operations } = await setUp()
  const undescribed = ['/api/openapi.json', '/api/docs']
  const served = app.routes
    .filter(({ method, path }) => method !== 'ALL' && /^\/(api|health)\//.test(path) && !undescribed.includes(path))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`)
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  expect(described.sort()).toEqual([...new Set(served)].sort())
})

test.each([
  ['get', '/health/live'],
  ['get', '/health/ready'],
  ['get', '/api/v1/entities'],
  ['get', '/api/v1/entities/{kind}/{id}'],
  ['get', '/api/v1/entities/{kind}/{id}/series'],
  ['post', '/api/v1/entities/{kind}/{id}/poll'],
  ['post', '/api/v1/entities/{kind}/{id}/pause'],
  ['post', '/api/v1/entities/{kind}/{id}/resume'],
  ['post', '/api/v1/entities/pause'],
  ['post', '/api/v1/entities/resume'],
  ['get', '/api/v1/entities/{kind}/{id}/config'],
  ['patch', '/api/v1/entities/{kind}/{id}/config'],
  ['post', '/api/v1/entities/{kind}/{id}/control/take'],
  ['post', '/api/v1/entities/{kind}/{id}/control/release'],
  ['put', '/api/v1/entities/{kind}/{id}/mode'],
  ['put', '/api/v1/entities/{kind}/{id}/setpoint'],
  ['get', '/api/v1/entities/{kind}/{id}/decisions'],
  ['post', '/api/v1/credentials'],
  ['put', '/api/v1/entities/{kind}/{id}/credentials'],
  ['post', '/api/v1/credentials/reseal'],
  ['get', '/api/v1/weather'],
  ['get', '/api/v1/measurements'],
  ['post', '/api/v1/houses'],
  ['post', '/api/v1/houses/discover'],
  ['post', '/api/v1/buildings'],
  ['post', '/api/v1/buildings/discover'],
  ['post', '/api/v1/zones/probe'],
  ['get', '/api/v1/operations/{workflowId}'],
  ['get', '/api/v1/zones'],
  ['post', '/api/v1/zones'],
  ['get', '/api/v1/zones/{id}'],
  ['put', '/api/v1/zones/{id}'],
  ['delete', '/api/v1/zones/{id}'],
  ['get', '/api/v1/zones/{id}/readings'],
  ['post', '/api/v1/zones/{id}/readings'],
  ['get', '/api/v1/zones/{id}/commands'],
  ['post', '/api/v1/zones/{id}/commands'],
  ['delete', '/api/v1/zones/{id}/override'],
  ['post', '/api/v1/entities/{kind}/{id}/restore'],
  ['post', '/api/v1/gaps/fill'],
  ['get', '/api/v1/gaps/fill/{reference}'],
  ['get', '/api/v1/schedules'],
  ['post', '/api/v1/schedules/{id}/trigger'],
  ['post', '/api/v1/schedules/{id}/pause'],
  ['post', '/api/v1/schedules/{id}/resume'],
])('it has %s %s', async (method, path) => {
  const { document } = await setUp()
  expect(document.paths[path]).toHaveProperty(method)
})

describe('every operation', () => {
  test('has a name of its own, a summary and a tag', async () => {
    const { operations } = await setUp()
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
    for (const { operation } of operations) {
      expect(operation.summary).not.toBe('')
      expect(operation.tags).toHaveLength(1)
    }
  })

  test('declares the parameters of its path, and only those', async () => {
    const { operations } = await setUp()
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/{(\w+)}/g)].map(([, name]) => name)
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath)
      expect(declared.every(({ required }) => required)).toBe(true)
    }
  })

  test('under /api/v1 needs the token and describes 401 and 500 as problems', async () => {
    const { operations } = await setUp()
    for (const { path, operation } of operations.filter(({ path }) => path.startsWith('/api/v1/'))) {
      expect(operation.security, path).toEqual([{ bearer: [] }])
      for (const status of ['401', '500']) {
        expect(operation.responses[status]?.content, path).toHaveProperty(['application/problem+json'])
      }
    }
  })
})

test('every reference leads to something', async () => {
  const { document } = await setUp()
  const references = valuesOf('$ref', document)
  expect(references.length).toBeGreaterThan(0)
  for (const reference of references) {
    const name = String(reference).replace('#/components/schemas/', '')
    expect(Object.keys(document.components.schemas)).toContain(name)
  }
})

describe('answers are what the document says', () => {
  /** Compiles the schema that the document gives for an answer, references resolved within the document. */
  function validator(document: Document, path: string, method: string, response: Response) {
    const type = (response.headers.get('Content-Type') ?? '').split(';')[0] ?? ''
    const schema = document.paths[path]?.[method]?.responses[String(response.status)]?.content?.[type]?.schema
    expect(schema, `${method} ${path} ${response.status} ${type}`).toBeDefined()
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': /Z$/ } })
    return ajv.compile({ ...schema, components: document.components })
  }

  async function filled() {
    const set = await setUp()
    set.addHouse({ id: 'A' })
    set.addHouse({ id: 'B', failures: 1, reason: 'no answer', lastReading: null, place: null, lastGoodAt: null })
    set.config.putBroken({ kind: 'house', id: 'C' }, [{ path: 'comfort', message: 'expected an object' }])
    set.config.put({ kind: 'zone', id: 'kitchen' }, { name: 'Kitchen' })
    set.addZone({ id: 'hall', name: 'Hall' })
    set.config.putBroken({ kind: 'zone', id: 'attic' }, [{ path: 'name', message: 'expected text' }])
    await set.timeSeries.write([
      { measurement: 'heating_system', tags: { house_id: 'A' }, time: TEST_NOW - 1000, fields: { supply_temp: 40 } },
      { measurement: 'zone_reading', tags: { zone_id: 'hall' }, time: TEST_NOW - 1000, fields: { occupancy: 1 } },
      { measurement: 'zone_command', tags: { zone_id: 'hall' }, time: TEST_NOW, fields: { target_temperature: 21 } },
    ])
    set.weather.forecasts.set('56.670,12.860', {
      source: 'openmeteo',
      issuedAt: TEST_NOW,
      fetchedAt: TEST_NOW,
      gridPoint: null,
      steps: [],
    })
    return set
  }

  test.each([
    ['/health/live', '/health/live', 'get', 200],
    ['/health/ready', '/health/ready', 'get', 200],
    ['/api/v1/entities', '/api/v1/entities', 'get', 200],
    ['/api/v1/entities?kind=castle', '/api/v1/entities', 'get', 422],
    ['/api/v1/entities/house/A', '/api/v1/entities/{kind}/{id}', 'get', 200],
    ['/api/v1/entities/house/B', '/api/v1/entities/{kind}/{id}', 'get', 200],
    ['/api/v1/entities/house/C', '/api/v1/entities/{kind}/{id}', 'get', 200],
    ['/api/v1/entities/zone/kitchen', '/api/v1/entities/{kind}/{id}', 'get', 200],
    ['/api/v1/entities/house/Z', '/api/v1/entities/{kind}/{id}', 'get', 404],
    ['/api/v1/entities/house/A/poll', '/api/v1/entities/{kind}/{id}/poll', 'post', 202],
    ['/api/v1/entities/pause', '/api/v1/entities/pause', 'post', 202],
    ['/api/v1/entities/house/A/config', '/api/v1/entities/{kind}/{id}/config', 'get', 200],
    ['/api/v1/entities/house/C/config', '/api/v1/entities/{kind}/{id}/config', 'get', 409],
    ['/api/v1/entities/house/A/series?measurement=heating_system', '/api/v1/entities/{kind}/{id}/series', 'get', 200],
    ['/api/v1/entities/house/A/series?measurement=nothing', '/api/v1/entities/{kind}/{id}/series', 'get', 422],
    ['/api/v1/weather?lat=56.67&lon=12.86', '/api/v1/weather', 'get', 200],
    ['/api/v1/weather?lat=1&lon=1', '/api/v1/weather', 'get', 503],
    ['/api/v1/credentials', '/api/v1/credentials', 'post', 201, { username: 'u', password: 'w' }],
    ['/api/v1/credentials', '/api/v1/credentials', 'post', 422, { username: 'u' }],
    ['/api/v1/credentials/reseal', '/api/v1/credentials/reseal', 'post', 200],
    ['/api/v1/entities/house/A/control/take', '/api/v1/entities/{kind}/{id}/control/take', 'post', 200],
    [
      '/api/v1/entities/house/A/control/release?dryRun=true',
      '/api/v1/entities/{kind}/{id}/control/release',
      'post',
      200,
    ],
    ['/api/v1/entities/house/A/mode', '/api/v1/entities/{kind}/{id}/mode', 'put', 200, { mode: 'shadow' }],
    ['/api/v1/entities/house/A/setpoint', '/api/v1/entities/{kind}/{id}/setpoint', 'put', 422, { temperature: 40 }],
    ['/api/v1/entities/house/A/decisions', '/api/v1/entities/{kind}/{id}/decisions', 'get', 200],
    ['/api/v1/measurements', '/api/v1/measurements', 'get', 200],
    ['/api/v1/zones', '/api/v1/zones', 'get', 200],
    ['/api/v1/zones', '/api/v1/zones', 'post', 202, ZONE_DOCUMENT],
    ['/api/v1/zones?dryRun=true', '/api/v1/zones', 'post', 200, ZONE_DOCUMENT],
    ['/api/v1/zones', '/api/v1/zones', 'post', 409, { ...ZONE_DOCUMENT, name: 'Hall' }],
    ['/api/v1/zones', '/api/v1/zones', 'post', 422, {}],
    ['/api/v1/zones/hall', '/api/v1/zones/{id}', 'get', 200],
    ['/api/v1/zones/attic', '/api/v1/zones/{id}', 'get', 200],
    ['/api/v1/zones/nobody', '/api/v1/zones/{id}', 'get', 404],
    ['/api/v1/zones/hall', '/api/v1/zones/{id}', 'put', 200, ZONE_DOCUMENT],
    ['/api/v1/zones/attic', '/api/v1/zones/{id}', 'put', 409, ZONE_DOCUMENT],
    ['/api/v1/zones/hall', '/api/v1/zones/{id}', 'delete', 202],
    ['/api/v1/zones/hall?dryRun=true', '/api/v1/zones/{id}', 'delete', 200],
    ['/api/v1/zones/hall/readings', '/api/v1/zones/{id}/readings', 'get', 200],
    ['/api/v1/zones/hall/readings', '/api/v1/zones/{id}/readings', 'post', 201, { temperature: 20.5 }],
    ['/api/v1/zones/hall/commands', '/api/v1/zones/{id}/commands', 'get', 200],
    ['/api/v1/zones/hall/commands', '/api/v1/zones/{id}/commands', 'post', 202, { temperature: 21.5 }],
    ['/api/v1/zones/hall/commands', '/api/v1/zones/{id}/commands', 'post', 422, { temperature: 99 }],
    ['/api/v1/zones/hall/override', '/api/v1/zones/{id}/override', 'delete', 202],
    ['/api/v1/entities/zone/hall/restore', '/api/v1/entities/{kind}/{id}/restore', 'post', 409],
    ['/api/v1/entities/house/A/energy?hours=true', '/api/v1/entities/{kind}/{id}/energy', 'get', 200],
    ['/api/v1/entities/zone/hall/energy', '/api/v1/entities/{kind}/{id}/energy', 'get', 409],
    ['/api/v1/entities/house/A/energy/forecast', '/api/v1/entities/{kind}/{id}/energy/forecast', 'get', 200],
    ['/api/v1/entities/house/A/energy/separate', '/api/v1/entities/{kind}/{id}/energy/separate', 'post', 202],
    ['/api/v1/entities/house/A/energy/recalibrate', '/api/v1/entities/{kind}/{id}/energy/recalibrate', 'post', 202],
    ['/api/v1/entities/house/A/energy/upload', '/api/v1/entities/{kind}/{id}/energy/upload', 'post', 415, {}],
    ['/api/v1/energy/sync', '/api/v1/energy/sync', 'post', 202],
    ['/api/v1/energy/imports', '/api/v1/energy/imports', 'get', 200],
    ['/api/v1/energy/files?name=a.txt', '/api/v1/energy/files', 'post', 409, {}],
    ['/api/v1/energy/operations/energy-inbox', '/api/v1/energy/operations/{workflowId}', 'get', 404],
  ])('%s', async (url, path, method, status, body?: object) => {
    const { ask, document } = await filled()
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
    const response = await ask(url, { method: method.toUpperCase(), ...sent })
    expect(response.status).toBe(status)
    const validate = validator(document, path, method, response)
    validate(await response.json())
    expect(validate.errors).toBeNull()
  })
})

test('the reference page shows every operation and schema, and loads nothing from elsewhere', async () => {
  const { app, document, operations } = await setUp()
  const response = await app.request('/api/docs')
  expect(response.headers.get('Content-Type')).toContain('text/html')
  const html = await response.text()
  for (const { path, operation } of operations) {
    expect(html).toContain(`id="${operation.operationId}"`)
    expect(html).toContain(path)
  }
  for (const name of Object.keys(document.components.schemas)) expect(html).toContain(`id="schema-${name}"`)
  expect(html).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
  expect(html).not.toContain('<script')
})
