import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { ENERGY_FILES, ENERGY_PLACES, type EnergyFileRecord } from '../../activities/energy-import/records.ts'
import { BadConfig, Unavailable } from '../../connectors/errors.ts'
import { createApi } from '../api.ts'
import { fakeDependencies } from '../testing/fakes.ts'
import { asker, jsonOf, type ProblemAnswer } from '../testing/request.ts'

const ID = 'HEM_FJV_Villa_901'
const PATH = `/api/v1/entities/house/${ID}/energy`
const TAGS = { house_id: ID }
const FIXTURES = new URL('../../../test/fixtures/energy/', import.meta.url)

let fakes: ReturnType<typeof fakeDependencies>
let ask: ReturnType<typeof asker>

beforeEach(() => {
  fakes = fakeDependencies()
  fakes.addHouse()
  ask = asker(createApi(fakes.dependencies))
})

function day(date: string, fields: Record<string, number | string | null>) {
  return { measurement: 'energy_separated', tags: TAGS, time: Date.parse(`${date}T00:00:00Z`), fields }
}

describe('the energy of a house', () => {
  test('is told by day, with the heat loss in force', async () => {
    await fakes.timeSeries.write([
      day('2026-01-09', {
        actual_energy_kwh: 50,
        heating_energy_kwh: 41.2,
        dhw_energy_kwh: 8.8,
        dhw_low_kwh: 7.1,
        dhw_high_kwh: 10.2,
        method: 'smoother',
        grade: 'B',
        complete: 1,
      }),
      day('2026-01-10', { actual_energy_kwh: 12, method: 'total', grade: 'C', complete: 0 }),
      calculation('2026-01-04T07:00:00Z', { k_value: 0.162, k_low: 0.151, k_high: 0.173, accepted: 1 }),
      calculation('2026-01-07T07:00:00Z', { k_value: 0.3, k_low: 0.1, accepted: 0, reason: 'too few cold days' }),
    ])
    expect(await jsonOf(await ask(`${PATH}?from=2026-01-01&to=2026-01-10`))).toEqual({
      days: [
        {
          date: '2026-01-09',
          totalKwh: 50,
          heatingKwh: 41.2,
          dhwKwh: 8.8,
          dhwLowKwh: 7.1,
          dhwHighKwh: 10.2,
          method: 'smoother',
          grade: 'B',
          complete: true,
        },
        {
          date: '2026-01-10',
          totalKwh: 12,
          heatingKwh: null,
          dhwKwh: null,
          dhwLowKwh: null,
          dhwHighKwh: null,
          method: 'total',
          grade: 'C',
          complete: false,
        },
      ],
      heatLoss: { kwPerK: 0.162, low: 0.151, high: 0.173, validFrom: '2026-01-04', accepted: true },
      lastCalculation: {
        at: '2026-01-07T07:00:00Z',
        kwPerK: 0.3,
        low: 0.1,
        high: null,
        accepted: false,
        reason: 'too few cold days',
        daysUsed: null,
        method: null,
      },
    })
  })

  test('is null where nothing is known, and empty where nothing is stored', async () => {
    expect(await jsonOf(await ask(PATH))).toEqual({ days: [], heatLoss: null, lastCalculation: null })
  })

  test.each([
    [0.162, { kwPerK: 0.1621, low: 0.151, validFrom: '2026-01-04' }],
    [0.2, { kwPerK: 0.2, low: null, high: null, validFrom: '2026-01-08', accepted: true }],
  ])('a configured heat loss of %d kW/K is the one in force', async (heat_loss_k, expected) => {
    fakes.config.put(
      { kind: 'house', id: ID },
      { customer_id: ID, energy_separation: { heat_loss_k, calibration_date: '2026-01-08' } },
    )
    await fakes.timeSeries.write([
      calculation('2026-01-04T07:00:00Z', { k_value: 0.1621, k_low: 0.151, k_high: 0.173, accepted: 1 }),
    ])
    expect(await jsonOf(await ask(PATH))).toMatchObject({ heatLoss: expected })
  })

  test('has its hours when they are asked for', async () => {
    const hour = { energy_kwh: 2, heating_kwh: 1.5, dhw_kwh: 0.5, method: 'smoother' }
    const times = ['2026-01-08T22:00:00Z', '2026-01-08T23:00:00Z', '2026-01-09T22:00:00Z', '2026-01-09T23:00:00Z']
    await fakes.timeSeries.write(
      times.map((time) => ({ measurement: 'energy_hourly', tags: TAGS, time: Date.parse(time), fields: hour })),
    )
    const { hours } = await jsonOf<{ hours: { time: string }[] }>(
      await ask(`${PATH}?from=2026-01-09&to=2026-01-09&hours=true`),
    )
    expect(hours.map(({ time }) => time)).toEqual(['2026-01-08T23:00:00Z', '2026-01-09T22:00:00Z'])
    expect(hours[0]).toMatchObject({ totalKwh: 2, heatingKwh: 1.5, dhwKwh: 0.5, dhwLowKwh: null })
  })

  test('times mean the days they lie in, the end exclusive', async () => {
    await fakes.timeSeries.write(['2026-01-08', '2026-01-09', '2026-01-10'].map((date) => day(date, {})))
    const query = 'from=2026-01-08T23:00:00Z&to=2026-01-09T23:00:00Z'
    const { days } = await jsonOf<{ days: { date: string }[] }>(await ask(`${PATH}?${query}`))
    expect(days.map(({ date }) => date)).toEqual(['2026-01-09'])
  })

  test.each(['from=yesterday', 'from=2026-01-10&to=2026-01-09', 'from=2020-01-01&hours=true'])(
    '%s is refused',
    async (query) => {
      expect((await ask(`${PATH}?${query}`)).status).toBe(422)
    },
  )

  test('a zone has none', async () => {
    fakes.addZone({ id: 'hall' })
    expect((await ask('/api/v1/entities/zone/hall/energy')).status).toBe(409)
    expect((await ask('/api/v1/entities/house/nobody/energy')).status).toBe(404)
  })
})

function calculation(at: string, fields: Record<string, number | string>) {
  const found = fields.accepted === 1 ? { ...fields, valid_from: '2026-01-04' } : fields
  return { measurement: 'k_value_history', tags: TAGS, time: Date.parse(at), fields: found }
}

describe('having it worked out', () => {
  const post = (path: string, body?: object) =>
    ask(path, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })

  test('a look into the inbox begins at once', async () => {
    const response = await post('/api/v1/energy/sync')
    expect([response.status, await response.json()]).toEqual([
      202,
      { workflowId: 'energy-inbox', progressUrl: '/api/v1/energy/operations/energy-inbox' },
    ])
  })

  test('days are split again as asked, to yesterday when nobody says to when', async () => {
    await post(`${PATH}/separate`)
    await post(`${PATH}/separate`, { from: '2026-01-07', dryRun: true })
    await post(`${PATH}/separate`, { to: '2025-12-31' })
    await post(`${PATH}/recalibrate`)
    expect(fakes.energy.asked).toEqual([
      `separate house:${ID}`,
      `separate house:${ID} 2026-01-07 2026-01-08 2026-01-09 dry`,
      `separate house:${ID} 2025-12-31`,
      `recalibrate house:${ID}`,
    ])
  })

  test('one that runs is left as it is', async () => {
    fakes.energy.running.add(`separate:house:${ID}`).add(`recalibrate:house:${ID}`)
    expect((await post(`${PATH}/separate`)).status).toBe(409)
    expect((await post(`${PATH}/recalibrate`)).status).toBe(409)
  })

  test.each([{ from: '2026-02-30' }, { from: '2026-01-09', to: '2026-01-01' }, { from: '2010-01-01' }, { days: 3 }])(
    '%j is refused',
    async (body) => {
      expect((await post(`${PATH}/separate`, body)).status).toBe(422)
      expect(fakes.energy.asked).toEqual([])
    },
  )

  test('progress is told while it runs and after its end', async () => {
    const id = `separate:house:${ID}`
    const separation = {
      entity: { kind: 'house', id: ID },
      days: ['2026-01-09'],
      separable: true,
      method: 'smoother',
      reason: null,
    } as const
    const rest = { error: null, pipeline: null, recalibration: null }
    fakes.energy.progressOf.set(id, { state: 'done', step: 'done', separation, ...rest })
    expect(await jsonOf(await ask(`/api/v1/energy/operations/${encodeURIComponent(id)}`))).toEqual({
      workflowId: id,
      state: 'done',
      step: 'done',
      separation,
      ...rest,
    })
    expect((await ask('/api/v1/energy/operations/energy-inbox')).status).toBe(404)
    expect((await ask('/api/v1/energy/operations/house:A')).status).toBe(404)
  })
})

describe('an uploaded CSV', () => {
  const CSV = readFileSync(new URL('manual_upload_20251201.csv', FIXTURES))
  const upload = (body: BodyInit, { query = '', type = 'text/csv' }: { query?: string; type?: string } = {}) =>
    ask(`${PATH}/upload${query}`, { method: 'POST', body, headers: { 'Content-Type': type } })
  const stored = () => fakes.timeSeries.rows.filter(({ measurement }) => measurement === 'energy_consumption')
  const notes = () => [...fakes.application.documents].filter(([key]) => key.startsWith('energy_due/'))

  test('is stored hour by hour in UTC, and its days are split', async () => {
    const answer = await jsonOf(await upload(CSV))
    expect(answer).toEqual({
      dryRun: false,
      hours: 24,
      from: '2025-11-30T23:00:00Z',
      to: '2025-12-01T23:00:00Z',
      kwh: 51,
      trimmedDays: 1,
      added: 24,
      changed: 0,
      unchanged: 0,
      problems: [],
      separation: `separate:house:${ID}`,
    })
    expect(stored()).toHaveLength(24)
    expect(stored()[0]).toEqual({
      measurement: 'energy_consumption',
      tags: { house_id: ID, energy_type: 'fjv_total' },
      time: Date.parse('2025-11-30T23:00:00Z'),
      fields: { value: 2, source: 'upload' },
    })
    expect(notes().map(([, { value }]) => value)).toEqual([{ entity: { kind: 'house', id: ID }, days: ['2025-12-01'] }])
    expect(fakes.energy.asked).toEqual([`separate house:${ID}`])
  })

  test('in a dry run stores nothing', async () => {
    expect(await jsonOf(await upload(CSV, { query: '?dryRun=true' }))).toMatchObject({ dryRun: true, added: 24 })
    expect([stored(), notes(), fakes.energy.asked]).toEqual([[], [], []])
  })

  test('again changes nothing; with another value it changes that one', async () => {
    await upload(CSV)
    expect(await jsonOf(await upload(CSV))).toMatchObject({ added: 0, changed: 0, unchanged: 24, separation: null })
    const corrected = CSV.toString().replace('"2025-12-01 00:00";"2,000"', '"2025-12-01 00:00";"2,500"')
    expect(await jsonOf(await upload(corrected))).toMatchObject({ added: 0, changed: 1, unchanged: 23 })
    expect(stored()).toHaveLength(25)
    expect(notes()).toHaveLength(2)
  })

  test('is read in UTF-8 with its mark, Latin-1 and UTF-16, and as a form', async () => {
    const text = 'Datum;Förbrukning\n2026-01-09 07:00;1\u00a0234,5\n'
    const inputs = [Buffer.from(`\uFEFF${text}`), Buffer.from(text, 'latin1'), Buffer.from(`\uFEFF${text}`, 'utf16le')]
    for (const input of inputs) {
      expect(await jsonOf(await upload(input, { query: '?dryRun=true' }))).toMatchObject({ hours: 1, kwh: 1234.5 })
    }
    const form = new FormData()
    form.set('file', new File([text], 'export.csv', { type: 'text/csv' }))
    const response = await ask(`${PATH}/upload`, { method: 'POST', body: form })
    expect(await jsonOf(response)).toMatchObject({ hours: 1, added: 1 })
  })

  test('keeps its good rows when others are bad, and is refused when none is good', async () => {
    const mixed = await jsonOf(await upload('Datum;kWh\n2026-01-09 07:00;1,5\n2026-01-09 08:00;ett\n'))
    expect(mixed).toMatchObject({ hours: 1, problems: [{ line: 3, message: expect.stringContaining('ett') }] })
    const refused = await upload('Datum;kWh\nigår;1\n')
    expect(refused.status).toBe(422)
    expect(await jsonOf<ProblemAnswer>(refused)).toMatchObject({ errors: [{ path: 'line 2' }] })
    for (const body of ['', 'Datum;kWh\n', '"Datum;kWh\n']) expect((await upload(body)).status).toBe(422)
  })

  test('is refused as another type, as too big, and for a house that is not configured', async () => {
    expect((await upload('{}', { type: 'application/json' })).status).toBe(415)
    const big = 'x'.repeat(5 * 1024 * 1024 + 1)
    expect((await upload(big)).status).toBe(413)
    fakes.config.putBroken({ kind: 'house', id: ID }, [{ path: 'comfort', message: 'expected an object' }])
    expect((await upload(CSV)).status).toBe(409)
  })

  test('is stored although the separation cannot be started: its days are noted', async () => {
    fakes.energy.fault = new Unavailable('the Temporal server cannot be reached')
    expect(await jsonOf(await upload(CSV))).toMatchObject({ added: 24, separation: null })
    expect(notes()).toHaveLength(1)
  })
})

describe('meter files', () => {
  test('imports are told newest first, with what was refused and where files come from', async () => {
    const record: EnergyFileRecord = {
      inbox: 'main',
      name: 'energy_20260109.txt',
      revision: 'r1',
      importedAt: '2026-01-09T07:00:00.123Z',
      added: 24,
      corrected: 0,
      unchanged: 0,
      superseded: 0,
      missing: 1,
      refused: 1,
      refusals: [
        { line: 3, text: 'a;b', code: 'unknown-meter', message: 'No house has it.', meterId: '1', time: null },
      ],
      warnings: [],
      strangeMeters: ['1'],
      entities: [{ kind: 'house', id: ID }],
    }
    await fakes.application.putDocument(ENERGY_FILES, 'a', record)
    const newer = { ...record, name: 'energy_20260110.txt', importedAt: '2026-01-10T07:00:00.000Z', refusals: [] }
    await fakes.application.putDocument(ENERGY_FILES, 'b', newer)
    const error = { code: 'CredentialsRejected', message: 'Dropbox does not accept the refresh token' }
    const place = { inbox: 'main', place: 'Dropbox', lookedAt: '2026-01-10T07:00:00Z', error }
    await fakes.application.putDocument(ENERGY_PLACES, 'main', place)
    const { imports, places } = await jsonOf<{ imports: { file: string }[]; places: object[] }>(
      await ask('/api/v1/energy/imports'),
    )
    expect(places).toEqual([place])
    expect(imports.map(({ file }) => file)).toEqual(['energy_20260110.txt', 'energy_20260109.txt'])
    expect(imports[1]).toMatchObject({
      importedAt: '2026-01-09T07:00:00Z',
      refusals: [{ line: 3, code: 'unknown-meter', meterId: '1', time: null }],
      unassignedMeters: ['1'],
    })
    const first = await jsonOf<{ imports: object[] }>(await ask('/api/v1/energy/imports?limit=1'))
    expect(first.imports).toHaveLength(1)
  })

  describe('handed over', () => {
    const delivered = new Map<string, string>()
    const deliver = (name: string, body: string | null = 'a;b\n') =>
      ask(`/api/v1/energy/files?name=${encodeURIComponent(name)}`, {
        method: 'POST',
        ...(body === null ? {} : { body, headers: { 'Content-Type': 'text/plain' } }),
      })

    beforeEach(() => {
      delivered.clear()
      const energyInbox = {
        place: '/inbox',
        async deliver(name: string, content: AsyncIterable<Uint8Array>) {
          if (delivered.has(name)) throw new BadConfig(`a file ${name} waits in /inbox already`)
          const chunks: Uint8Array[] = []
          for await (const piece of content) chunks.push(piece)
          delivered.set(name, Buffer.concat(chunks).toString())
        },
      }
      ask = asker(createApi({ ...fakes.dependencies, energyInbox }))
    })

    test('lie in the inbox, also when they are bigger than other bodies may be', async () => {
      const body = 'a;b\n'.repeat(500_000)
      const response = await deliver('energy_20260110.txt', body)
      expect([response.status, await response.json()]).toEqual([201, { name: 'energy_20260110.txt', place: '/inbox' }])
      expect(delivered.get('energy_20260110.txt')?.length).toBe(2_000_000)
    })

    test('never replace one that waits', async () => {
      await deliver('energy.txt')
      expect((await deliver('energy.txt', 'other\n')).status).toBe(409)
      expect(delivered.get('energy.txt')).toBe('a;b\n')
    })

    test.each(['../energy.txt', 'a/b.txt', '.hidden.txt', 'energy.csv', '.txt', ''])(
      'as "%s" are refused',
      async (name) => {
        expect((await deliver(name)).status).toBe(422)
        expect(delivered.size).toBe(0)
      },
    )

    test('have to have a content, and a folder to lie in', async () => {
      expect((await deliver('energy.txt', null)).status).toBe(422)
      const dropbox = { ...fakes.dependencies, energyInbox: { place: 'Dropbox' } }
      ask = asker(createApi(dropbox))
      const refused = await deliver('energy.txt')
      expect(refused.status).toBe(409)
      expect((await jsonOf<ProblemAnswer>(refused)).detail).toContain('Dropbox')
    })
  })
})
