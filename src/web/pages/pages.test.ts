/** The first page as it leaves the server. */
import { describe, expect, test } from 'vitest'
import { createApi } from '../../api/api.ts'
import { fakeDependencies, TEST_NOW } from '../../api/testing/fakes.ts'
import { connection } from '../../api/testing/request.ts'
import { sparklinePath } from './sparkline.tsx'

function setUp() {
  const fakes = fakeDependencies()
  const app = createApi(fakes.dependencies)
  const open = async (path = '/', headers: Record<string, string> = {}) => {
    const response = await app.request(
      path,
      { headers: { Host: 'localhost', Accept: 'text/html', ...headers } },
      connection(),
    )
    return { status: response.status, html: await response.text(), headers: response.headers }
  }
  return { ...fakes, app, open }
}

test('a house shows its values, mode, health, age and workflow', async () => {
  const { addHouse, open } = setUp()
  addHouse()
  const { html } = await open()
  expect(html).toContain('<html lang="en">')
  for (const part of ['Villa Ek', '21.3', '−3.4', '41.9', 'Monitor', '>OK<', '12 s ago']) expect(html).toContain(part)
  expect(html).toContain('href="http://127.0.0.1:8233/namespaces/default/workflows/house%3AHEM_FJV_Villa_901"')
})

test('a house that is steered shows since when, one that is only watched does not', async () => {
  const steered = setUp()
  steered.addHouse({ mode: 'rules', modeSince: Date.parse('2026-01-09T12:00:00Z') })
  const { html } = await steered.open()
  expect(html).toContain('<dd>Rules</dd><dd class="since">since 9 Jan')
  const watched = setUp()
  watched.addHouse()
  expect((await watched.open()).html).not.toContain('class="since"')
})

describe('a zone', () => {
  test('shows its temperature, setpoint, occupancy and heater', async () => {
    const { addZone, open } = setUp()
    addZone()
    const { html } = await open()
    for (const part of ['Zones', 'Living Room', '19.4', '22.0', 'Occupied', 'Heater', '>Off<'])
      expect(html).toContain(part)
    expect(html).toContain('workflows/zone%3Aliving-room"')
    const swedish = (await open('/', { 'Accept-Language': 'sv' })).html
    for (const part of ['Zoner', '19,4', 'Börvärde', 'Närvaro', '>Ja<', 'Värmare', '>Av<'])
      expect(swedish).toContain(part)
  })

  test('that was never told of its heater shows a dash, never "off"', async () => {
    const { addZone, open } = setUp()
    addZone({ lastReading: { temperature: 19.4, heater_status: null } })
    const { html } = await open()
    expect(html).not.toContain('>Off<')
    expect(html).not.toContain('>Vacant<')
    expect(html.match(/not known/g)).toHaveLength(3)
  })

  test('has the curve of its last day', async () => {
    const { addZone, timeSeries, open } = setUp()
    addZone()
    for (const hours of [2, 1]) {
      const fields = { temperature: 19 + hours }
      const time = TEST_NOW - hours * 3_600_000
      await timeSeries.write([{ measurement: 'zone_reading', tags: { zone_id: 'living-room' }, time, fields }])
    }
    await open()
    await expect.poll(async () => (await open('/fragments/overview')).html).toContain('20.0 to 21.0 °C')
  })
})

describe('a building', () => {
  const signals = {
    dh_power_total: '',
    ahu1_hrx_efficiency: '%',
    vs1_return_temp: '',
    outdoor_temp_fvc: '°C',
    vs1_supply_temp: '°C',
  }
  const lastReading = { dh_power_total: 41.23, ahu1_hrx_efficiency: 78, outdoor_temp_fvc: -4.2, vs1_supply_temp: 46.31 }

  test('shows the customary signals first, then those of its configuration, with their units', async () => {
    const { addBuilding, open } = setUp()
    addBuilding({ lastReading }, signals)
    const { html } = await open()
    const shown = [...html.matchAll(/<dt>([^<]*)<\/dt>/g)].map(([, label]) => label)
    expect(shown).toEqual(['Supply', 'Outdoor', 'Return', 'dh power total', 'Mode'])
    for (const part of ['Buildings', 'Kvarnen', '46.3', '−4.2', '41.2', ' kW<', 'not known'])
      expect(html).toContain(part)
    expect(html).not.toContain('Alarms')
  })

  test('shows how many alarms stand, once they are counted', async () => {
    const { addBuilding, timeSeries, open } = setUp()
    const { id } = addBuilding({ lastReading }, signals)
    const count = {
      measurement: 'building_alarms',
      tags: { building_id: id },
      fields: { count_alarmed: 2, total_count: 9 },
    }
    await timeSeries.write([{ ...count, time: TEST_NOW - 60_000 }])
    expect((await open()).html).not.toContain('Alarms')
    await expect.poll(async () => (await open('/fragments/overview')).html).toContain('Alarms')
    const { html } = await open('/fragments/overview')
    expect(html).toContain('<span class="number standing">2</span>')
    expect(html).not.toContain('dh power total')
  })

  test('says nothing of alarms that were counted long ago', async () => {
    const { addBuilding, timeSeries, open } = setUp()
    const { id } = addBuilding({ lastReading }, signals)
    const count = { measurement: 'building_alarms', tags: { building_id: id }, fields: { count_alarmed: 2 } }
    await timeSeries.write([{ ...count, time: TEST_NOW - 3 * 3_600_000 }])
    await open()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await open()).html).not.toContain('Alarms')
  })

  test('with a broken file still shows what it read last', async () => {
    const { addBuilding, config, open } = setUp()
    const { id } = addBuilding({ lastReading })
    config.putBroken({ kind: 'building', id }, [{ path: '', message: 'is not JSON' }])
    const { html } = await open()
    for (const part of ['46.3', 'is not JSON']) expect(html).toContain(part)
  })

  test('of signals that have no customary name shows those there are', async () => {
    const { addBuilding, open } = setUp()
    addBuilding({ lastReading: { pump_speed: 1234.5 } }, { pump_speed: 'rpm' })
    const { html } = await open()
    for (const part of ['pump speed', '1,235', ' rpm<']) expect(html).toContain(part)
  })
})

test('unknown values are a dash, never a zero', async () => {
  const { addHouse, open } = setUp()
  addHouse({ lastReading: { room_temperature: null } })
  const { html } = await open()
  expect(html).toContain('not known')
  expect(html).not.toContain('>0.0<')
})

test('a failing house says why; a broken file says where', async () => {
  const { addHouse, config, open } = setUp()
  addHouse({ failures: 1, reason: 'the cloud did not answer', reasonCode: 'Unavailable' })
  config.putBroken({ kind: 'house', id: 'B' }, [{ path: 'comfort', message: 'expected an object' }])
  const { html } = await open()
  expect(html).toContain('the cloud did not answer')
  expect(html).toContain('<code>comfort</code>')
  expect(html).toContain('2 of 2 need a look')
})

test('a Swedish reader gets Swedish', async () => {
  const { addHouse, open } = setUp()
  addHouse()
  const { html, headers } = await open('/', { 'Accept-Language': 'sv-SE,sv;q=0.9' })
  expect(html).toContain('<html lang="sv">')
  for (const part of ['Översikt', 'Rum', '21,3', 'Övervakning', 'för 12 s sedan']) expect(html).toContain(part)
  expect(headers.get('Vary')).toContain('Accept-Language')
})

test('with nothing configured it says what to do', async () => {
  const { html } = await setUp().open()
  expect(html).toContain('Nothing to watch yet')
  expect(html).toContain('./bvpro zone add')
})

test('a folder that cannot be read is named', async () => {
  const { config, open } = setUp()
  config.folders = [{ kind: 'house', origin: 'real', path: 'profiles', state: 'unreadable' }]
  expect((await open()).html).toContain('The folder profiles cannot be read')
})

test('names are shown as text, whatever they hold', async () => {
  const { addHouse, open } = setUp()
  addHouse({ name: '<script>alert(1)</script>', reason: '"><img src=x onerror=alert(1)>', failures: 1 })
  const { html } = await open()
  expect(html).not.toContain('<script>alert')
  expect(html).not.toContain('<img src=x')
})

test('the fragment is the changing part of the page and nothing else', async () => {
  const { addHouse, open } = setUp()
  addHouse()
  const { html } = await open('/fragments/overview')
  expect(html).toMatch(/^<div id="overview">/)
  expect(html).not.toContain('<html')
})

test('the curves of the last day appear once they are read, and a house that cannot be read has none', async () => {
  const { addHouse, timeSeries, open } = setUp()
  const { id } = addHouse()
  await timeSeries.write(
    [3, 2, 1].map((hours) => ({
      measurement: 'heating_system',
      tags: { house_id: id },
      time: TEST_NOW - hours * 3_600_000,
      fields: { room_temperature: 21 + hours / 10, outdoor_temperature: -hours },
    })),
  )
  expect((await open()).html).not.toContain('<svg')
  await expect.poll(async () => (await open('/fragments/overview')).html).toContain('21.1 to 21.3 °C')
  expect((await open('/fragments/overview')).html).toContain('−3.0 to −1.0 °C')
  expect(timeSeries.queries).toHaveLength(1)
})

test('pages have no inline scripts, styles or handlers', async () => {
  const { addHouse, open } = setUp()
  addHouse()
  for (const path of ['/', '/api/docs', '/nowhere']) {
    const { html } = await open(path)
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
  }
})

describe('static files', () => {
  test('of the page are all there, of their type, and may be kept', async () => {
    const { open } = setUp()
    const { html } = await open()
    const files = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, url]) => url)
    expect(files.length).toBeGreaterThanOrEqual(3)
    for (const url of files) {
      const { status, headers } = await open(url)
      expect(status).toBe(200)
      expect(headers.get('Cache-Control')).toContain('immutable')
    }
  })

  test('of another version are served but not kept, unknown ones are not found', async () => {
    const { open } = setUp()
    expect((await open('/assets/old/bvpro.css')).headers.get('Cache-Control')).toBe('no-cache')
    expect((await open('/assets/old/..%2F..%2Fapi.ts')).status).toBe(404)
  })
})

test('people get errors as pages, programs as problems', async () => {
  const { open, app, application } = setUp()
  const missing = await open('/nowhere')
  expect(missing.status).toBe(404)
  expect(missing.html).toContain('<!DOCTYPE html>')
  const program = await app.request('/nowhere', { headers: { Accept: 'application/json' } })
  expect(program.headers.get('Content-Type')).toBe('application/problem+json')
  application.fault = new Error('planted')
  const broken = await open()
  expect(broken.status).toBe(500)
  expect(broken.html).toMatch(/reference [0-9a-f-]{36}/)
  expect(broken.html).not.toContain('planted')
})

describe('a curve', () => {
  test('breaks where nothing is known', () => {
    expect(sparklinePath([1, 2, null, 3, 4]).match(/M/g)).toHaveLength(2)
  })

  test('of a flat day is a flat line in the middle', () => {
    const heights = [...sparklinePath([21, 21, 21]).matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => y)
    expect(heights).toEqual(['18.0', '18.0', '18.0'])
  })

  test('keeps a single known value visible as a dot', () => {
    expect(sparklinePath([null, 21, null])).toMatch(/^M[\d.]+ [\d.]+h0$/)
  })
})
