import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { plainHome } from '../../domain/energy/testing/plain-home.ts'
import { main } from '../main.ts'

describe('bvpro analyze', () => {
  let folder: string
  let out: string
  let err: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bvpro-analyze-'))
    out = ''
    err = ''
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function bvpro(...args: string[]): Promise<number> {
    return main(args, {
      env: { BVPRO_HOME: folder },
      colour: false,
      now: () => 0,
      print: (text) => {
        out += `${text}\n`
      },
      printError: (text) => {
        err += `${text}\n`
      },
    })
  }

  function file(name: string, lines: readonly string[]): string {
    const path = join(folder, name)
    writeFileSync(path, lines.join('\n'))
    return path
  }

  const home = plainHome({ days: 40, stepKwh: 0.01 })
  const rows = home.hours.map(({ time, energyKwh, outdoorTemperature, indoorTemperature }) =>
    [
      new Date(time).toISOString(),
      energyKwh?.toFixed(2),
      outdoorTemperature?.toFixed(1),
      indoorTemperature?.toFixed(1),
    ].join(','),
  )
  const villa = ['time,energy_kwh,outdoor_temperature,indoor_temperature', ...rows]

  test('separation gives the keys other programs rely on, and hours that add up', async () => {
    const hours = join(folder, 'hours.csv')
    expect(await bvpro('analyze', 'separation', file('villa.csv', villa), '--json', '--output', hours)).toBe(0)
    const result = JSON.parse(out)
    expect(result).toMatchObject({ separable: true, reason: null, method: 'smoother', hours: 960, scores: {} })
    expect(result.days).toBe(41)
    expect(result.heatingKwh + result.dhwKwh).toBeCloseTo(result.totalKwh, 2)
    expect(result.dhwShareLow).toBeLessThan(result.dhwShare)
    expect(result.dhwShareHigh).toBeGreaterThan(result.dhwShare)
    expect(result.quality).toMatchObject({ coverage: 1, cvrmse: expect.any(Number) })
    expect(result.heatLoss).toMatchObject({ accepted: true, reason: null })
    const [head, ...lines] = readFileSync(hours, 'utf8').trimEnd().split('\n')
    expect(head).toBe('time,energy_kwh,heating_kwh,dhw_kwh,dhw_low,dhw_high')
    expect(lines).toHaveLength(960)
    for (const line of lines) {
      const [energy, heating, dhw] = line.split(',').slice(1).map(Number) as [number, number, number]
      expect(heating + dhw).toBeCloseTo(energy, 8)
    }
  })

  test('truth in the file scores the result and does not change it', async () => {
    const truth = villa.map((line, index) => (index === 0 ? `${line},dhw_kwh_true` : `${line},0.1`))
    await bvpro('analyze', 'separation', file('villa.csv', villa), '--json')
    const plain = JSON.parse(out)
    out = ''
    await bvpro('analyze', 'separation', file('truth.csv', truth), '--json')
    const { scores, ...scored } = JSON.parse(out)
    expect({ ...scored, scores: {} }).toEqual(plain)
    expect(scores).toMatchObject({ hours: 960, dhwShareErrorPp: expect.any(Number), heatingCvrmse: expect.any(Number) })
  })

  test('a file that cannot be split is no failure: it says why', async () => {
    const short = file('short.csv', villa.slice(0, 100))
    expect(await bvpro('analyze', 'separation', short, '--json')).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ separable: false, reason: expect.stringContaining('days'), dhwShare: null })
    out = ''
    expect(await bvpro('analyze', 'separation', short)).toBe(0)
    expect(out).toContain('not separable')
  })

  test('heat loss gives k with its interval, and keeps the old value when the step is too large', async () => {
    expect(await bvpro('analyze', 'heat-loss', file('villa.csv', villa), '--json')).toBe(0)
    const result = JSON.parse(out)
    expect(result).toMatchObject({ accepted: true, reason: null, days: expect.any(Number), method: expect.any(String) })
    expect(result.low).toBeLessThan(0.15)
    expect(result.high).toBeGreaterThan(0.15)
    out = ''
    await bvpro('analyze', 'heat-loss', join(folder, 'villa.csv'), '--json', '--in-force', '0.1')
    expect(JSON.parse(out)).toMatchObject({ accepted: false, inForceKwPerK: 0.1 })
    out = ''
    expect(await bvpro('analyze', 'heat-loss', join(folder, 'villa.csv'))).toBe(0)
    expect(out).toMatch(/W\/K \(95 %/)
  })

  test('five-minute power is used as live power', async () => {
    const lines = home.hours.slice(0, 24 * 16).flatMap(({ time, energyKwh }, hour) =>
      Array.from({ length: 12 }, (_, part) => {
        const shower = hour % 24 === 6 && part < 3 ? 10 : 0
        return `${new Date(time + part * 300_000).toISOString()},${(3 + shower + (energyKwh ?? 0) / 100).toFixed(3)}`
      }),
    )
    await bvpro('analyze', 'separation', file('live.csv', ['time,heat_power_kw', ...lines]), '--json')
    const result = JSON.parse(out)
    expect(result.method).toBe('live_power')
    expect(result.dhwKwh / 16).toBeCloseTo(2.5, 0)
  })

  test('five-minute energy of a meter that counts whole kWh is summed, not taken for power', async () => {
    const lines = Array.from({ length: 12 * 24 * 16 }, (_, part) => {
      const time = Date.UTC(2026, 0, 1) + part * 300_000
      return `${new Date(time).toISOString()},${part % 6 === 0 || part % 288 === 80 ? 1 : 0}`
    })
    await bvpro('analyze', 'separation', file('coarse.csv', ['time,energy_kwh', ...lines]), '--json')
    expect(JSON.parse(out).method).not.toBe('live_power')
  })

  test.each([
    [['analyze', 'separation'], 2],
    [['analyze', 'separation', 'x.csv', '--lat', '58'], 2],
    [['analyze', 'separation', 'x.csv', '--lat', '158', '--lon', '15'], 2],
    [['analyze', 'heat-loss', 'x.csv', '--zone', 'Mars/Olympus'], 2],
    [['analyze', 'heat-loss', 'x.csv', '--floor-area', '-3'], 2],
    [['analyze', 'heat-loss', '/nowhere/x.csv'], 1],
    [['analyze', 'separation', '--help'], 0],
    [['analyze', 'heat-loss', '--help'], 0],
  ])('%j ends with code %d', async (args, code) => {
    expect(await bvpro(...args)).toBe(code)
    if (code !== 0) expect(err).not.toBe('')
    else expect(out).toContain('Examples')
  })

  test('a fault in the file is told with its line and column', async () => {
    const bad = file('bad.csv', ['time,energy_kwh', '2026-01-10T07:00:00Z,two'])
    expect(await bvpro('analyze', 'separation', bad)).toBe(1)
    expect(err).toContain('line 2, column energy_kwh: "two" is not a number')
    const none = file('none.csv', ['time,indoor_temperature', '2026-01-10T07:00:00Z,21'])
    expect(await bvpro('analyze', 'heat-loss', none)).toBe(1)
    expect(err).toContain('energy_kwh')
  })
})
