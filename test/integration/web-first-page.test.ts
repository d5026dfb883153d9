/// <reference lib="dom" />
/** The first page in a real browser: it shows houses, keeps itself current, and says when the server is gone. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApi, type RunningServer, serveApi } from '../../src/api/index.ts'
import { fakeDependencies } from '../../src/api/testing/fakes.ts'
import { serverPath, testServer } from '../support/servers.ts'

/** Runs in the page; text, because this project is typed for Node and not for browsers. */
const FIND_FAULTS = `(() => {
  const all = (selector) => [...document.querySelectorAll(selector)]
  const faulty = (what, elements) => elements.map((element) => what + ': ' + element.outerHTML.slice(0, 120))
  const ids = all('[id]').map(({ id }) => id)
  const nameOf = (link) => (link.getAttribute('aria-label') ?? link.textContent).trim()
  const labelOf = (element) => document.getElementById(element.getAttribute('aria-labelledby'))
  return [
    ...faulty('its id is used twice', all('[id]').filter(({ id }) => ids.indexOf(id) !== ids.lastIndexOf(id))),
    ...faulty('no alt', all('img:not([alt])')),
    ...faulty('no name', all('a, button').filter((link) => nameOf(link) === '')),
    ...faulty('no label', all('[aria-labelledby]').filter((element) => labelOf(element) === null)),
    ...faulty('a list of something else', all('ul, ol').filter((list) => list.querySelector(':scope > :not(li)'))),
  ]
})()`

describe.skipIf((await testServer('chromium')) === undefined)('the first page', () => {
  let browser: Browser
  let page: Page
  let server: RunningServer
  let fakes: ReturnType<typeof fakeDependencies>
  let messages: string[]
  let hosts: Set<string>

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: await serverPath('chromium'),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  })
  afterAll(async () => browser?.close())

  beforeEach(async () => {
    fakes = fakeDependencies()
    fakes.addHouse({ id: 'A', name: 'Villa Ek' })
    fakes.addHouse({ id: 'B', name: 'Villa Björk', lastReading: { room_temperature: 20.4 } })
    server = await serveApi(createApi(fakes.dependencies), { host: '127.0.0.1', port: 0 })
    page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1000, height: 700 } })
    messages = []
    hosts = new Set()
    page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => messages.push(String(error)))
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    await page.goto(server.url)
  })
  afterEach(async () => {
    await page?.close()
    await server?.close()
  })

  /** Two zones, one of them not read yet, and a building with standing alarms. */
  function addOtherKinds(): void {
    fakes.addZone({ lastReading: { temperature: 19.4, target_temperature: 22, occupancy: 1, heater_status: 1 } })
    fakes.addZone({ id: 'hall', name: 'Hall', lastReading: null, lastGoodAt: null, lastPollAt: null })
    const { id } = fakes.addBuilding(
      {
        lastReading: {
          vs1_supply_temp: 46.31,
          outdoor_temp_fvc: -4.2,
          pump_power_of_the_second_ventilation_unit: 1.25,
        },
      },
      {
        pump_power_of_the_second_ventilation_unit: 'kW',
        vs1_supply_temp: '°C',
        outdoor_temp_fvc: '°C',
      },
    )
    fakes.timeSeries.rows.push({
      measurement: 'building_alarms',
      tags: { building_id: id },
      time: fakes.clock.now,
      fields: { count_alarmed: 2 },
    })
  }

  const card = (name: string) => page.getByRole('article', { name })

  test('shows both houses and changes their values by itself, keeping focus and scroll', async () => {
    await expect.poll(() => page.getByRole('article').count()).toBe(2)
    expect(await card('Villa Ek').textContent()).toContain('21.3')
    expect(await card('Villa Björk').textContent()).toContain('20.4')

    await page.setViewportSize({ width: 500, height: 300 })
    const link = card('Villa Björk').getByRole('link')
    await link.focus()
    expect(await page.evaluate('scrollY')).toBeGreaterThan(0)
    await page.evaluate('void (window.focusedBefore = document.activeElement)')
    fakes.addHouse({ id: 'B', name: 'Villa Björk', lastReading: { room_temperature: 22.7 } })
    fakes.addHouse({ id: 'C', name: 'Villa Asp' })
    await expect.poll(() => card('Villa Björk').textContent(), { timeout: 20_000 }).toContain('22.7')
    expect(await page.getByRole('article').count()).toBe(3)
    expect(await page.evaluate('document.activeElement === window.focusedBefore')).toBe(true)
    expect(await page.evaluate('scrollY')).toBeGreaterThan(0)

    await fakes.config.remove({ kind: 'house', id: 'C' })
    await fakes.application.deleteStatus({ kind: 'house', id: 'C' })
    await expect.poll(() => page.getByRole('article').count(), { timeout: 20_000 }).toBe(2)
    expect(messages).toEqual([])
    expect([...hosts]).toEqual([new URL(server.url).host])
  })

  test('shows zones and buildings by kind beside the houses, and changes their states by itself', async () => {
    addOtherKinds()
    await expect.poll(() => page.getByRole('article').count(), { timeout: 20_000 }).toBe(5)
    for (const [kind, names] of [
      ['Houses 2', ['Villa Björk', 'Villa Ek']],
      ['Buildings 1', ['Kvarnen']],
      ['Zones 2', ['Hall', 'Living Room']],
    ] as const) {
      const section = page.getByRole('region', { name: kind, exact: true })
      expect(await section.getByRole('heading', { level: 3 }).allTextContents()).toEqual(names)
    }
    const termsOf = async (name: string) => {
      const list = card(name).locator('dl')
      const [labels, values] = await Promise.all([
        list.locator('dt').allTextContents(),
        list.locator('dd').allTextContents(),
      ])
      return Object.fromEntries(labels.map((label, index) => [label, values[index]]))
    }
    expect(await termsOf('Living Room')).toMatchObject({
      Room: '19.4 °C',
      Setpoint: '22.0 °C',
      Occupancy: 'Occupied',
      Heater: 'On',
    })
    await expect
      .poll(() => termsOf('Kvarnen'), { timeout: 20_000 })
      .toMatchObject({
        Supply: '46.3 °C',
        Outdoor: '−4.2 °C',
        'pump power of the second ventilation unit': '1.25 kW',
        Alarms: '2',
      })

    fakes.addZone({ lastReading: { temperature: 22.1, target_temperature: 22, occupancy: 0, heater_status: 0 } })
    await expect
      .poll(() => termsOf('Living Room'), { timeout: 20_000 })
      .toMatchObject({ Room: '22.1 °C', Occupancy: 'Vacant', Heater: 'Off' })
    expect(await page.evaluate(FIND_FAULTS)).toEqual([])
    expect(messages).toEqual([])
  })

  test('counts ages on between two answers', async () => {
    const age = card('Villa Ek').locator('[data-age]')
    // The clock of the server stands still at 12 s, so whatever is more was counted in the page.
    await expect.poll(() => age.textContent(), { timeout: 20_000, interval: 100 }).toMatch(/^(1[3-9]|2\d) s ago$/)
  })

  test('tells screen readers that a house got worse, in words', async () => {
    fakes.addHouse({
      id: 'A',
      name: 'Villa Ek',
      failures: 1,
      reason: 'the cloud did not answer',
      reasonCode: 'Unavailable',
    })
    await expect
      .poll(() => page.locator('#announcements').textContent(), { timeout: 20_000 })
      .toBe('Villa Ek: Degraded')
    expect(await page.locator('#announcements').getAttribute('aria-live')).toBe('polite')
    expect(await card('Villa Ek').textContent()).toMatch(/the cloud did not answer/i)
  })

  test('says that the server is gone, keeps the last values, and recovers without being reloaded', async () => {
    const banner = page.getByRole('alert')
    expect(await banner.isVisible()).toBe(false)
    const port = Number(new URL(server.url).port)
    await server.close()
    await expect.poll(() => banner.isVisible(), { timeout: 20_000 }).toBe(true)
    expect(await banner.textContent()).toContain('BVPro does not answer')
    expect(await card('Villa Ek').textContent()).toContain('21.3')

    server = await serveApi(createApi(fakes.dependencies), { host: '127.0.0.1', port })
    await expect.poll(() => banner.isVisible(), { timeout: 20_000 }).toBe(false)
  })

  test('says that the server answers with an error', async () => {
    fakes.application.fault = new Error('planted')
    const banner = page.getByRole('alert')
    await expect.poll(() => banner.isVisible(), { timeout: 20_000 }).toBe(true)
    expect(await banner.textContent()).toContain('answers with an error (500)')
  })

  test('asks nothing while it is hidden and at once when it is seen again', async () => {
    const hide = (hidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} })
        document.dispatchEvent(new Event('visibilitychange'))
      `)
    await page.clock.install()
    await page.reload()
    await hide(true)
    // What was begun before it was hidden may still be on its way.
    await page.waitForLoadState('networkidle')
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    await page.clock.runFor(60_000)
    expect(asked).toEqual([])
    const next = page.waitForRequest((request) => request.url().endsWith('/fragments/overview'))
    await hide(false)
    await next
  })

  test('has what assistive technology needs', async () => {
    expect(await page.title()).toBe('Overview – BVPro')
    expect(await page.getAttribute('html', 'lang')).toBe('en')
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
    const levels = await page
      .locator('h1, h2, h3, h4, h5, h6')
      .evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName.slice(1))))
    levels.reduce((previous, level) => {
      expect(level - previous).toBeLessThanOrEqual(1)
      return level
    }, 0)
    for (const landmark of ['banner', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(landmark).count(), landmark).toBe(1)
    }
    expect(await page.evaluate(FIND_FAULTS)).toEqual([])
  })

  test('can be used with the keyboard alone: the first stop skips to the content', async () => {
    await page.keyboard.press('Tab')
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content')
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('content')
  })

  test.each([320, 768, 1600])('fits a screen %d pixels wide without scrolling sideways', async (width) => {
    addOtherKinds()
    await page.setViewportSize({ width, height: 800 })
    await page.reload()
    expect(await page.getByRole('article').count()).toBe(5)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })

  test('is dark for who prefers that, and still for who wants no motion', async () => {
    const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    expect(await ground()).not.toBe(light)
    expect(await page.evaluate('getComputedStyle(document.querySelector(".card")).transitionDuration')).toBe('0s')
  })
})
