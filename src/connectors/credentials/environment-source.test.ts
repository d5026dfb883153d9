import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { recordingLogger } from '../../config/testing/recording-logger.ts'
import { redactSecrets } from '../../runtime/log.ts'
import { BadConfig } from '../errors.ts'
import { createCredentialSource } from './environment-source.ts'

const VILLA = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const

let file: string
let recorded: ReturnType<typeof recordingLogger>
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bvpro-credentials-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  file = join(folder, '.env')
  recorded = recordingLogger()
})

const source = (env: Record<string, string> = {}, files = [file]) =>
  createCredentialSource({ environmentFiles: files, env, log: recorded.log })

const house = (id: string) => ({ kind: 'house', id }) as const

describe('looking up credentials', () => {
  test('takes the id as it is spelt or in upper case', async () => {
    const credentials = source({
      HOUSE_HEM_FJV_Villa_901_USERNAME: 'FC2000000001',
      HOUSE_HEM_FJV_Villa_901_PASSWORD: ' planted word 1 ',
      HOUSE_VILLA_EK_2_USERNAME: 'FC2000000002',
      HOUSE_VILLA_EK_2_PASSWORD: 'planted-word-2',
      BUILDING_TE901_KVARNEN_USERNAME: 'reader',
      BUILDING_TE901_KVARNEN_PASSWORD: 'planted-word-3',
    })
    expect(await credentials.lookUp(VILLA)).toEqual({ username: 'FC2000000001', password: ' planted word 1 ' })
    expect(await credentials.lookUp(house('villa-ek-2'))).toMatchObject({ username: 'FC2000000002' })
    expect(await credentials.lookUp({ kind: 'building', id: 'TE901_Kvarnen' })).toMatchObject({ username: 'reader' })
    expect(await credentials.lookUp(house('TE901_Kvarnen'))).toBeUndefined()
    expect(await credentials.lookUp({ kind: 'zone', id: 'hall' })).toBeUndefined()
    expect(redactSecrets('a planted-word-2 b planted-word-3')).toBe('a [redacted] b [redacted]')
  })

  test('sees an edited .env without a restart, and lets it win over the process environment', async () => {
    const credentials = source({ HOUSE_H1_USERNAME: 'stale', HOUSE_H1_PASSWORD: 'stale-word' })
    expect(await credentials.lookUp(house('H1'))).toEqual({ username: 'stale', password: 'stale-word' })
    await writeFile(file, "\uFEFFHOUSE_H1_USERNAME=fresh\nHOUSE_H1_PASSWORD='p#$ \"w'\n")
    expect(await credentials.lookUp(house('H1'))).toEqual({ username: 'fresh', password: 'p#$ "w' })
    await writeFile(file, 'HOUSE_H1_USERNAME=fresh\nHOUSE_H1_PASSWORD=other\n')
    expect(await credentials.lookUp(house('H1'))).toEqual({ username: 'fresh', password: 'other' })
    await rm(file)
    expect(await credentials.lookUp(house('H1'))).toEqual({ username: 'stale', password: 'stale-word' })
  })

  test('asks earlier files first', async () => {
    await writeFile(file, 'HOUSE_H1_USERNAME=real\nHOUSE_H1_PASSWORD=real-word\n')
    await writeFile(
      `${file}.demo`,
      'HOUSE_H1_USERNAME=demo\nHOUSE_H1_PASSWORD=demo-word\nHOUSE_H2_USERNAME=demo\nHOUSE_H2_PASSWORD=demo-word\n',
    )
    const credentials = source({}, [file, `${file}.demo`])
    expect(await credentials.lookUp(house('H1'))).toMatchObject({ username: 'real' })
    expect(await credentials.lookUp(house('H2'))).toMatchObject({ username: 'demo' })
  })

  test('leaves the blanks of a user name alone: those of a building belong to it', async () => {
    const credentials = source({
      BUILDING_TE901_KVARNEN_USERNAME: ' Kvarnen  reader ',
      BUILDING_TE901_KVARNEN_PASSWORD: 'planted-word-5',
    })
    expect(await credentials.lookUp({ kind: 'building', id: 'TE901_KVARNEN' })).toEqual({
      username: ' Kvarnen  reader ',
      password: 'planted-word-5',
    })
  })

  test('with a password missing finds nothing and says once which variable', async () => {
    const credentials = source({ HOUSE_H1_USERNAME: 'FC2000000001', HOUSE_H1_PASSWORD: '' })
    expect(await credentials.lookUp(house('H1'))).toBeUndefined()
    expect(await credentials.lookUp(house('H1'))).toBeUndefined()
    expect(recorded.events('access.incomplete')).toMatchObject([{ id: 'H1', missing: 'HOUSE_H1_PASSWORD' }])
  })

  test('keeps what was last read well while the file cannot be read', async () => {
    await writeFile(file, 'HOUSE_H1_USERNAME=u\nHOUSE_H1_PASSWORD=planted-word-4\n')
    const credentials = source()
    expect(await credentials.lookUp(house('H1'))).toBeDefined()
    await rm(file)
    await mkdir(file)
    expect(await credentials.lookUp(house('H1'))).toEqual({ username: 'u', password: 'planted-word-4' })
    expect(recorded.events('environment_file.unreadable')).toMatchObject([{ file, code: 'EISDIR' }])
    expect(recorded.text()).not.toContain('planted-word-4')
  })

  test('reports a value that ends at an unquoted #, without the value', async () => {
    await writeFile(
      file,
      "HOUSE_H1_PASSWORD=half#word\nHOUSE_H2_PASSWORD='whole#word'\nHOUSE_H3_PASSWORD=word # comment\n",
    )
    await source().lookUp(house('H1'))
    expect(recorded.events('environment_file.value_cut')).toMatchObject([{ variables: ['HOUSE_H1_PASSWORD'] }])
    expect(recorded.text()).not.toContain('half')
  })

  test('uses shared credentials where a building names them', async () => {
    const credentials = source({ KVARNEN_BMS_USERNAME: 'reader', KVARNEN_BMS_PASSWORD: 'shared-word' })
    const options = { credentialRef: 'KVARNEN_BMS' }
    expect(await credentials.lookUp({ kind: 'building', id: 'B1' }, options)).toMatchObject({ username: 'reader' })
    expect(await credentials.lookUp({ kind: 'building', id: 'B2' }, options)).toMatchObject({ username: 'reader' })
  })
})

describe('two entities that lead to one variable', () => {
  const both = { HOUSE_VILLA_1_USERNAME: 'u', HOUSE_VILLA_1_PASSWORD: 'word' }

  test('are both refused, by name', async () => {
    const credentials = source(both)
    await credentials.lookUp(house('villa-1'))
    await expect(credentials.lookUp(house('Villa_1'))).rejects.toThrow(
      'HOUSE_VILLA_1_USERNAME belongs to house villa-1 and house Villa_1',
    )
    await expect(credentials.lookUp(house('villa-1'))).rejects.toBeInstanceOf(BadConfig)
  })

  test('are fine again when one is gone or has a variable of its own', async () => {
    const configured = new Set(['villa-1', 'Villa_1'])
    const credentials = createCredentialSource({
      environmentFiles: [file],
      env: both,
      isConfigured: async ({ id }) => configured.has(id),
      log: recorded.log,
    })
    await credentials.lookUp(house('villa-1'))
    await expect(credentials.lookUp(house('Villa_1'))).rejects.toBeInstanceOf(BadConfig)
    configured.delete('villa-1')
    expect(await credentials.lookUp(house('Villa_1'))).toBeDefined()
    configured.add('villa-1')
    await expect(credentials.lookUp(house('villa-1'))).rejects.toBeInstanceOf(BadConfig)
    await writeFile(file, 'HOUSE_Villa_1_USERNAME=v\nHOUSE_Villa_1_PASSWORD=other\n')
    expect(await credentials.lookUp(house('Villa_1'))).toMatchObject({ username: 'v' })
    expect(await credentials.lookUp(house('villa-1'))).toMatchObject({ username: 'u' })
  })

  test('have fingerprints all the same, which change when the clash ends', async () => {
    const credentials = source(both)
    const alone = await credentials.fingerprint(house('villa-1'))
    const refused = await credentials.fingerprint(house('Villa_1'))
    expect(refused).toMatch(/^[0-9a-f]{64}$/)
    expect(await credentials.fingerprint(house('villa-1'))).not.toBe(alone)
    await writeFile(file, 'HOUSE_Villa_1_USERNAME=v\nHOUSE_Villa_1_PASSWORD=other\n')
    expect(await credentials.fingerprint(house('Villa_1'))).not.toBe(refused)
    expect(await credentials.fingerprint(house('villa-1'))).toBe(alone)
  })
})

describe('a fingerprint', () => {
  test('changes exactly when the credentials change, is the same in every process, and holds none of them', async () => {
    const with_ = (username: string, password: string) =>
      source({ HOUSE_H1_USERNAME: username, HOUSE_H1_PASSWORD: password }).fingerprint(house('H1'))
    const first = await with_('user', 'word')
    expect(await with_('user', 'word')).toBe(first)
    const others = await Promise.all([with_('user', 'ward'), with_('userw', 'ord'), source().fingerprint(house('H1'))])
    expect(new Set([first, ...others]).size).toBe(4)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    const keyed = createCredentialSource({
      environmentFiles: [],
      env: { HOUSE_H1_USERNAME: 'user', HOUSE_H1_PASSWORD: 'word' },
      log: recorded.log,
      fingerprintKey: 'installation',
    })
    expect(await keyed.fingerprint(house('H1'))).not.toBe(first)
  })
})

describe('meter ids', () => {
  test('are a list of digits; undefined means that the configuration file counts', async () => {
    const credentials = source({ HOUSE_H1_METER_IDS: '735999000000000901, 735999000000000902,,735999000000000901' })
    expect(await credentials.meterIds(house('H1'))).toEqual(['735999000000000901', '735999000000000902'])
    expect(await credentials.meterIds(house('H2'))).toBeUndefined()
  })

  test('that are no digits are left out and reported', async () => {
    const credentials = source({ HOUSE_H1_METER_IDS: 'meter1,735999000000000901' })
    expect(await credentials.meterIds(house('H1'))).toEqual(['735999000000000901'])
    expect(recorded.events('access.meter_ids_invalid')).toMatchObject([{ id: 'H1', refused: ['meter1'] }])
  })
})
