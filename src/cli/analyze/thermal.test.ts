import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { seededRandom } from '../../domain/thermal/testing/random.ts'
import { drawHouse, simulateHouse } from '../../domain/thermal/testing/simulated-house.ts'
import { main } from '../main.ts'
import type { Terminal } from '../terminal.ts'
import { parseSeries } from './csv.ts'
import { thermalInput } from './thermal-input.ts'

// An analysis fits several models.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const house = drawHouse(seededRandom(103))
const simulation = simulateHouse(house, { seed: 4, days: 12, stepMinutes: 60, season: 0 })

function csv(
  header: string,
  row: (index: number) => readonly (number | string)[],
  count = simulation.indoor.length,
): string {
  const times = simulation.samples('power').map(({ time }) => new Date(time).toISOString())
  const lines = Array.from({ length: count }, (_, index) => [times[index], ...row(index)].join(','))
  return [`time,${header}`, ...lines].join('\n')
}

const samples = simulation.samples('power')
const measured = csv('indoor_temperature,outdoor_temperature,heat_power_kw,global_irradiance', (index) => {
  const { indoor, outdoor, heat, irradiance } = samples[index] as (typeof samples)[number]
  return [(indoor as number).toFixed(2), outdoor as number, heat as number, irradiance as number]
})

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-thermal-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function run(text: string, ...options: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = join(folder, 'house.csv')
  await writeFile(file, text)
  const out: string[] = []
  const err: string[] = []
  const terminal: Terminal = {
    env: {},
    colour: false,
    now: () => 0,
    print: (line) => out.push(line),
    printError: (line) => err.push(line),
  }
  const code = await main(['analyze', 'thermal', file, ...options], terminal)
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('bvpro analyze thermal', () => {
  test('of a file with heating power gives model, scores, predictions and a picture', async () => {
    const predictions = join(folder, 'predictions.csv')
    const plot = join(folder, 'house.svg')
    const { code, out } = await run(measured, '--json', '--predictions', predictions, '--plot', plot)
    expect(code).toBe(0)
    const answer = JSON.parse(out)
    expect(answer.order).toBeGreaterThanOrEqual(1)
    expect(answer.heatSource).toBe('heat_power_kw')
    expect(answer.parameters.uaKwPerK.low).toBeLessThan(house.ua)
    expect(answer.parameters.uaKwPerK.high).toBeGreaterThan(house.ua)
    expect(answer.parameters.timeConstantsHours).toHaveLength(answer.order)
    expect(answer.scores.map(({ leadHours }: { leadHours: number }) => leadHours)).toEqual([1, 6, 12, 24])
    expect(answer.excitation).toBe('enough')
    expect(answer.residualTest.whiteness).toBeGreaterThanOrEqual(0)

    const [header, first, ...rest] = (await readFile(predictions, 'utf8')).trimEnd().split('\n')
    expect(header).toBe('issued,time,lead_hours,mean,q10,q90')
    expect(first).toMatch(/^2026-01-12T00:00:00Z,2026-01-12T01:00:00Z,1,\d+\.\d{3},\d+\.\d{3},\d+\.\d{3}$/)
    expect(rest).toHaveLength(5 * 24 * 28 - 1)
    for (const line of rest) {
      const [, , , mean, low, high] = line.split(',').map(Number) as [0, 0, 0, number, number, number]
      expect(low).toBeLessThanOrEqual(mean + 1)
      expect(low).toBeLessThan(high)
    }
    expect(await readFile(plot, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/)
  })

  test('of too short a file has no model and says why, and that is not a failure', async () => {
    const { code, out } = await run(measured.split('\n').slice(0, 12).join('\n'), '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      order: null,
      parameters: null,
      scores: [],
      excitation: 'insufficient',
      reason: 'There are 11 indoor temperatures; a model needs 24.',
    })
  })

  test('for people is a table', async () => {
    const { out } = await run(measured.split('\n').slice(0, 80).join('\n'))
    expect(out).toContain('heat loss coefficient')
    expect(out).toContain('95 % interval')
  })

  test('without indoor temperatures fails with the reason', async () => {
    const { code, err } = await run(csv('outdoor_temperature', () => [1]))
    expect(code).toBe(1)
    expect(err).toContain('the column "indoor_temperature" is missing or empty')
  })

  test('a latitude without a longitude, and an unknown zone, are wrong usage', async () => {
    expect((await run(measured, '--lat', '57')).code).toBe(2)
    expect((await run(measured, '--zone', 'Mars/Base')).code).toBe(2)
  })
})

describe('what the heat is taken from', () => {
  const rows = (header: string, row: (index: number) => readonly (number | string)[]) =>
    thermalInput(parseSeries(csv(header, row, 48), 'f'), 'f', null)
  const base = 'indoor_temperature,outdoor_temperature'

  test('heating power before the meter, the meter before the water', () => {
    const all = rows(`${base},heat_power_kw,energy_kwh,supply_temperature`, (k) => [21, 0, k % 5, k % 3, 40 + (k % 4)])
    expect(all.heatSource).toBe('heat_power_kw')
    const meter = rows(`${base},energy_kwh,supply_temperature`, (k) => [21, 0, k % 3, 40 + (k % 4)])
    expect(meter).toMatchObject({ heatSource: 'energy_kwh', heatIncludesHotWater: true, heatInput: 'power' })
    const water = rows(`${base},supply_temperature`, (k) => [21, 0, 40 + (k % 4)])
    expect(water).toMatchObject({ heatSource: 'supply_temperature', heatInput: 'supply' })
  })

  test('supply and return: their mean, unknown where one of them is', () => {
    const { samples: found } = rows(`${base},supply_temperature,return_temperature`, (k) => [
      21,
      0,
      40 + (k % 4),
      k === 3 ? '' : 30,
    ])
    expect(found[1]?.heat).toBe(35.5)
    expect(found[3]?.heat).toBeNull()
  })

  test('an hourly meter in a file of quarters gives the power of each quarter', () => {
    const lines = Array.from({ length: 40 }, (_, k) => {
      const time = new Date(Date.UTC(2026, 0, 5) + k * 900_000).toISOString()
      return `${time},21,0,${k % 4 === 0 ? 2 + (k % 8) / 4 : ''}`
    })
    const series = parseSeries([`time,${base},energy_kwh`, ...lines].join('\n'), 'f')
    const found = thermalInput(series, 'f', null).samples.map(({ heat }) => heat)
    expect(found.slice(0, 8)).toEqual([2, 2, 2, 2, 3, 3, 3, 3])
  })

  test('no heat at all is said', () => {
    const none = rows(base, () => [21, 0])
    expect(none.heatInput).toBe('none')
    expect(none.notes.join(' ')).toContain('losses and gains cannot be told apart')
  })

  test('where the place is known half a clear sky stands for the sun', () => {
    const series = parseSeries(
      csv(base, () => [21, 0], 48),
      'f',
    )
    const found = thermalInput(series, 'f', { latitude: 57.7, longitude: 12 })
    expect(found.irradianceSource).toBe('clear sky')
    expect(found.samples[12]?.irradiance).toBeGreaterThan(20)
    expect(found.samples[0]?.irradiance).toBe(0)
  })
})
