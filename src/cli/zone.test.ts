/** The zone commands against the API itself, with its parts kept in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApi, type RunningServer, serveApi } from '../api/index.ts'
import { fakeDependencies, TEST_NOW, TEST_TOKEN } from '../api/testing/fakes.ts'
import { main } from './main.ts'

describe('the zone commands', () => {
  let fakes: ReturnType<typeof fakeDependencies>
  let server: RunningServer
  let home: string
  let out: string
  let err: string

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'bvpro-cli-zone-'))
    fakes = fakeDependencies()
    server = await serveApi(createApi(fakes.dependencies), { host: '127.0.0.1', port: 0 })
  })
  afterEach(async () => {
    await server.close()
    rmSync(home, { recursive: true, force: true })
  })

  /** One command line; a blank within an argument is written `_`. */
  async function bvpro(line: string): Promise<number> {
    out = ''
    err = ''
    return main(
      line.split(' ').map((part) => part.replaceAll('_', ' ')),
      {
        env: { BVPRO_HOME: home, BVPRO_URL: server.url, BVPRO_API_TOKEN: TEST_TOKEN },
        colour: false,
        now: () => TEST_NOW,
        print: (text) => {
          out += `${text}\n`
        },
        printError: (text) => {
          err += `${text}\n`
        },
      },
    )
  }

  function file(document: unknown): string {
    const path = join(home, 'zone.json')
    writeFileSync(path, typeof document === 'string' ? document : JSON.stringify(document))
    return path
  }

  const configOf = (id: string) => fakes.config.files.get(`zone:${id}`)?.document

  test.each([
    'zone add --help',
    'zone set --help',
    'zone remove --help',
    'zone restore --help',
    'zone readings --help',
    'zone command --help',
  ])('`bvpro %s` has examples', async (line) => {
    expect(await bvpro(line)).toBe(0)
    expect(out).toContain('Examples:\n  bvpro zone ')
  })

  test.each([
    'zone add',
    'zone add --port many',
    'zone set',
    'zone set living-room',
    'zone set living-room --control maybe',
    'zone set living-room --occupied warm',
    'zone command living-room warm',
    'zone command living-room --hours 2',
    'zone command living-room 21 --cancel',
    'zone command living-room 21 --hours 1 --until 2026-01-10T22:00:00Z',
    'zone readings',
    'zone readings living-room --limit some',
  ])('`bvpro %s` is wrong usage', async (line) => {
    expect(await bvpro(line)).toBe(2)
    expect(err).not.toBe('')
  })

  describe('set', () => {
    test('changes what it names and nothing else', async () => {
      fakes.addZone({ id: 'hall', name: 'Hall' })
      expect(await bvpro('zone set hall --occupied 20.5 --control off')).toBe(0)
      expect(out).toBe('zone hall: changed\n')
      expect(configOf('hall')).toMatchObject({
        name: 'Hall',
        control_enabled: false,
        preferences: { occupied_temp: 20.5, unoccupied_temp: 17 },
      })
    })

    test('as a dry run shows the change, judges it, and changes nothing', async () => {
      fakes.addZone({ id: 'hall', name: 'Hall' })
      expect(await bvpro('zone set hall --occupied 20.5 --dry-run --json')).toBe(0)
      expect(JSON.parse(out)).toEqual({
        dryRun: true,
        id: 'hall',
        change: { preferences: { occupied_temp: 20.5 } },
        problems: [],
      })
      expect(await bvpro('zone set hall --occupied 26 --dry-run')).toBe(1)
      expect(out).toContain('preferences.occupied_temp: expected a number from min_temp to max_temp')
      expect(configOf('hall')).toMatchObject({ preferences: { occupied_temp: 21 } })
    })

    test('takes a merge patch from a file', async () => {
      fakes.addZone({ id: 'hall', name: 'Hall' }, { note: 'by the window' })
      expect(await bvpro(`zone set hall --file ${file({ note: null, poll_seconds: 60 })}`)).toBe(0)
      expect(configOf('hall')).not.toHaveProperty('note')
      expect(configOf('hall')).toMatchObject({ poll_seconds: 60 })
    })
  })

  describe('readings', () => {
    test('come newest first, unknown as a dash', async () => {
      fakes.addZone({ id: 'hall', name: 'Hall' })
      const point = { measurement: 'zone_reading', tags: { zone_id: 'hall' } }
      await fakes.timeSeries.write([
        {
          ...point,
          time: TEST_NOW - 60_000,
          fields: { temperature: 19.4, target_temperature: 22, occupancy: 1, heater_status: 0 },
        },
        { ...point, time: TEST_NOW, fields: { temperature: 19.5, source: 'api' } },
      ])
      expect(await bvpro('zone readings hall')).toBe(0)
      for (const part of ['19.4 °C', '22.0 °C', 'occupied', 'off', 'api', '–']) expect(out).toContain(part)
      expect(out.indexOf('19.5')).toBeLessThan(out.indexOf('19.4'))
      expect(await bvpro('zone readings hall --limit 1 --to 2026-01-10T07:05:00Z --json')).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ readings: [{ temperature: 19.4 }] })
    })

    test('that are none are said to be', async () => {
      fakes.addZone({ id: 'hall', name: 'Hall' })
      await bvpro('zone readings hall')
      expect(out).toBe('Zone hall has no readings.\n')
      expect(await bvpro('zone readings nobody')).toBe(1)
    })
  })

  describe('command', () => {
    beforeEach(() => {
      fakes.addZone({ id: 'hall', name: 'Hall' })
    })

    test('holds a setpoint for two hours, or as long as asked', async () => {
      expect(await bvpro('zone command hall 21.5')).toBe(0)
      expect(out).toBe('zone hall: will be held at 21.5 °C until 2026-01-10T09:05:12Z\n')
      await bvpro('zone command hall 20 --hours 0.5 --json')
      expect(JSON.parse(out)).toMatchObject({ dryRun: false, id: 'hall', expiresAt: '2026-01-10T07:35:12Z' })
      await bvpro('zone command hall 20 --until 2026-01-10T22:00:00Z')
      expect(fakes.operations.overrides.map(({ temperature, until }) => [temperature, until])).toEqual([
        [21.5, TEST_NOW + 2 * 3_600_000],
        [20, TEST_NOW + 1_800_000],
        [20, Date.parse('2026-01-10T22:00:00Z')],
      ])
    })

    test('outside the limits of the zone is refused, dry run or not', async () => {
      expect(await bvpro('zone command hall 26')).toBe(1)
      expect(err).toContain('from 15 to 25 °C')
      expect(await bvpro('zone command hall 26 --dry-run')).toBe(1)
      expect(await bvpro('zone command hall 21 --dry-run')).toBe(0)
      expect(out).toBe('zone hall: would be held at 21.0 °C\n')
      expect(fakes.operations.messages).toEqual([])
    })

    test('can be cancelled', async () => {
      expect(await bvpro('zone command hall --cancel --dry-run')).toBe(0)
      expect(fakes.operations.messages).toEqual([])
      expect(await bvpro('zone command hall --cancel')).toBe(0)
      expect(out).toBe('zone hall: goes back to its own decisions\n')
      expect(fakes.operations.messages).toEqual(['clear-override zone:hall'])
    })

    test('without a setpoint shows what the zone was sent', async () => {
      await bvpro('zone command hall')
      expect(out).toBe('Zone hall was sent nothing.\n')
      const fields = { target_temperature: 21, source: 'control', status: 'verified', reason: 'occupied from 06:00' }
      await fakes.timeSeries.write([{ measurement: 'zone_command', tags: { zone_id: 'hall' }, time: TEST_NOW, fields }])
      expect(await bvpro('zone command hall')).toBe(0)
      for (const part of ['21.0 °C', 'verified', 'control', 'occupied from 06:00']) expect(out).toContain(part)
      expect(await bvpro('zone command hall --json')).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ commands: [{ intended: 21, applied: 21, verified: null }] })
    })
  })
})
