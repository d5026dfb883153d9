import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeApi, operation } from './testing/fake-api.ts'

const HOST = '127.0.0.1'
const PROGRESS_URL = '/api/v1/operations/onboard%3Azone%3A1'
const REGISTERS = { temperature: 19.4, setpoint: 22, occupancy: 1, heater: 0 }
const device = (port: number) => ({ host: HOST, port, unit: 1, answers: true, registers: REGISTERS })
const LEAST = ['zone', 'add', 'Sauna', '--host', HOST, '--port', '5025']

let api: FakeApi
beforeEach(async () => {
  api = await FakeApi.start()
  api.on('POST /api/v1/zones/probe', { devices: [device(5025)] })
  api.on('POST /api/v1/zones', {
    status: 202,
    body: { id: 'sauna', workflowId: 'onboard:zone:1', progressUrl: PROGRESS_URL },
  })
  api.on(`GET ${PROGRESS_URL}`, operation({ start: 'done' }, { state: 'done', entityId: 'sauna' }))
})
afterEach(() => api.close())

function file(document: unknown): string {
  const path = join(api.home, 'zone.json')
  writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document))
  return path
}

describe('one zone', () => {
  test('needs a name, a host and a port; preferences are those of a usual room', async () => {
    const { code, out } = await api.bvpro(LEAST)
    expect(code).toBe(0)
    expect(api.bodies('POST /api/v1/zones')).toEqual([
      {
        name: 'Sauna',
        modbus_host: HOST,
        modbus_port: 5025,
        preferences: { occupied_temp: 21, unoccupied_temp: 18 },
      },
    ])
    expect(out).toContain('zone sauna: added')
  })

  test('shows what its device reports before it is added', async () => {
    const { out } = await api.bvpro([...LEAST, '--unit', '3'])
    expect(api.bodies('POST /api/v1/zones/probe')).toEqual([{ host: HOST, ports: [5025], unit: 3 }])
    expect(out).toContain('19.4')
    expect(out.indexOf('19.4')).toBeLessThan(out.indexOf('added'))
  })

  test('is added although its device is not up yet', async () => {
    api.on('POST /api/v1/zones/probe', { devices: [] })
    const { code, out } = await api.bvpro(LEAST)
    expect(code).toBe(0)
    expect(out).toContain('does not answer yet')
  })

  test('takes its fields from flags and a file, flags on top', async () => {
    const path = file({ name: 'Hall', modbus_host: HOST, modbus_port: 1, note: 'by the window' })
    const flags = ['--occupied', '20', '--min', '14', '--poll', '10', '--control', 'off', '--port', '5025']
    await api.bvpro(['zone', 'add', '--file', path, ...flags])
    expect(api.bodies('POST /api/v1/zones')).toEqual([
      {
        name: 'Hall',
        modbus_host: HOST,
        modbus_port: 5025,
        note: 'by the window',
        preferences: { occupied_temp: 20, unoccupied_temp: 18, min_temp: 14 },
        poll_seconds: 10,
        control_enabled: false,
      },
    ])
  })

  test('as a dry run is shown whole and not added', async () => {
    api.on('POST /api/v1/zones?dryRun=true', { id: 'sauna', config: { poll_seconds: 30 } })
    const { out } = await api.bvpro([...LEAST, '--dry-run', '--json'])
    expect(JSON.parse(out)).toEqual({ dryRun: true, id: 'sauna', config: { poll_seconds: 30 } })
    expect(api.bodies('POST /api/v1/zones')).toEqual([])
  })

  test('prints what BVPro has against it', async () => {
    const detail = 'preferences.max_temp: expected a number from 5 to 30 °C, found 99'
    api.on('POST /api/v1/zones', { status: 422, body: { detail, errors: [] } })
    expect(await api.bvpro([...LEAST, '--max', '99'])).toMatchObject({ code: 1, err: `bvpro: ${detail}\n` })
  })

  test.each([
    ['{', 'cannot be read as JSON'],
    ['[]', 'holds no JSON object'],
  ])('of a file that holds %s says so', async (content, complaint) => {
    const { code, err } = await api.bvpro(['zone', 'add', '--file', file(content)])
    expect(code).toBe(1)
    expect(err).toContain(complaint)
  })
})

describe('a scan', () => {
  const SCAN = ['zone', 'add', '--host', HOST, '--scan', '5020-5026']
  beforeEach(() => {
    api.on('POST /api/v1/zones/probe', { devices: [device(5020), device(5025), device(5026)] })
    api.on('GET /api/v1/zones', { zones: [{ id: 'hall', modbus_host: HOST, modbus_port: 5020, unit_id: 1 }] })
  })

  test('proposes every device that answers and is not in service', async () => {
    const { code, out } = await api.bvpro(SCAN)
    expect(code).toBe(0)
    expect(api.bodies('POST /api/v1/zones/probe')).toEqual([{ host: HOST, portFrom: 5020, portTo: 5026 }])
    expect(out).toContain('127.0.0.1:5025')
    expect(out).not.toContain('127.0.0.1:5020')
    expect(out).toContain('Nothing was added')
    expect(api.bodies('POST /api/v1/zones')).toEqual([])
  })

  test('adds all of them with --yes, the port in their names', async () => {
    expect((await api.bvpro([...SCAN, '--yes', '--occupied', '22'])).code).toBe(0)
    expect(api.bodies('POST /api/v1/zones')).toMatchObject([
      { name: 'Zone 5025', modbus_port: 5025, preferences: { occupied_temp: 22, unoccupied_temp: 18 } },
      { name: 'Zone 5026', modbus_port: 5026 },
    ])
  })

  test('that finds nothing new ends with 1', async () => {
    api.on('POST /api/v1/zones/probe', { devices: [device(5020)] })
    const { code, err } = await api.bvpro(SCAN)
    expect(code).toBe(1)
    expect(err).toContain('1 answer and are in service')
  })
})

test.each([
  ['zone add'],
  ['zone add Hall'],
  ['zone add Hall --host 127.0.0.1'],
  ['zone add Hall --name Sauna --host 127.0.0.1 --port 1'],
  ['zone add --port many'],
  ['zone add --host 127.0.0.1 --scan 5026-5020'],
  ['zone add --host 127.0.0.1 --scan some'],
  ['zone add --host 127.0.0.1 --port 1 --scan 1-2'],
])('`bvpro %s` is wrong usage and asks nothing of a server', async (line) => {
  const { code, err } = await api.bvpro(line.split(' '))
  expect([code, api.asked]).toEqual([2, []])
  expect(err).not.toBe('')
})
