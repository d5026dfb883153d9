import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import fc from 'fast-check'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { recordingLogger } from '../../config/testing/recording-logger.ts'
import type { EntityRef } from '../../domain/entity.ts'
import { redactSecrets } from '../../runtime/log.ts'
import { BadConfig, CredentialsMissing } from '../errors.ts'
import { createCredentialStore } from './index.ts'

const VILLA: EntityRef = { kind: 'house', id: 'HEM_FJV_Villa_901' }
const NOW = Date.UTC(2026, 0, 10, 7, 5)
const DAY_MS = 24 * 60 * 60 * 1000
const ACCOUNT = { username: 'FC2000000001', password: 'planted#word $1' }

let folder: string
let environmentFile: string
let townFile: string
let configured: { ref: EntityRef; origin: 'real' | 'demo' }[]
let now: number
let recorded: ReturnType<typeof recordingLogger>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bvpro-credential-store-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  environmentFile = join(folder, '.env')
  townFile = join(folder, '.env.town')
  configured = []
  now = NOW
  recorded = recordingLogger()
})

const house = (id: string): EntityRef => ({ kind: 'house', id })
const home = (file: string) => ({ environmentFile: file, lockFile: `${file}.lock` })
const store = (env: Record<string, string> = {}) =>
  createCredentialStore({
    real: home(environmentFile),
    demo: home(townFile),
    env,
    configured: async () => configured,
    log: recorded.log,
    now: () => now,
  })
const text = () => readFile(environmentFile, 'utf8')

describe('a reference', () => {
  test('keeps credentials for every process until it is discarded, and leaves no trace', async () => {
    await writeFile(environmentFile, '# mine\nA=1\n')
    const here = store()
    const reference = await here.keep(ACCOUNT)
    expect(reference).toMatch(/^c[0-9a-f]{16}$/)
    expect(await text()).toBe(
      `# mine\nA=1\n# reference ${reference}, kept by BVPro\n` +
        `CREDENTIAL_${reference.toUpperCase()}_USERNAME='FC2000000001'\n` +
        `CREDENTIAL_${reference.toUpperCase()}_PASSWORD='planted#word $1'\n` +
        `CREDENTIAL_${reference.toUpperCase()}_CREATED='2026-01-10T07:05:00.000Z'\n`,
    )
    const there = store()
    expect(await there.kept(reference)).toEqual(ACCOUNT)
    await there.discard(reference)
    await there.discard(reference)
    expect(await here.kept(reference)).toBeUndefined()
    expect(await text()).toBe('# mine\nA=1\n')
  })

  test('given twice is two references', async () => {
    const credentials = store()
    const [first = '', second = ''] = await Promise.all([credentials.keep(ACCOUNT), credentials.keep(ACCOUNT)])
    expect(first).not.toBe(second)
    await credentials.discard(first)
    expect(await credentials.kept(second)).toEqual(ACCOUNT)
  })

  test('that is none leads nowhere', async () => {
    const credentials = store({ CREDENTIAL_X_USERNAME: 'u', CREDENTIAL_X_PASSWORD: 'w' })
    for (const reference of ['', 'x', 'c0123456789abcdef', '.*']) {
      expect(await credentials.kept(reference)).toBeUndefined()
      await expect(credentials.bind(reference, VILLA, 'real')).rejects.toBeInstanceOf(CredentialsMissing)
      await credentials.discard(reference)
    }
  })

  test('that nothing has used for a day is forgotten, also when its time was spoilt', async () => {
    const credentials = store()
    const old = await credentials.keep(ACCOUNT)
    now += DAY_MS / 2
    const young = await credentials.keep({ username: 'v', password: 'other' })
    expect(await credentials.discardStale(NOW + DAY_MS)).toBe(0)
    expect(await credentials.discardStale(NOW + DAY_MS + 1)).toBe(1)
    expect(await credentials.kept(old)).toBeUndefined()
    expect(await credentials.kept(young)).toBeDefined()
    await writeFile(environmentFile, (await text()).replace(/(_CREATED=).*/, '$1yesterday'))
    expect(await credentials.discardStale(NOW)).toBe(1)
    expect(await text()).toBe('')
  })

  test('is bound to an entity, which repeating does not change', async () => {
    const credentials = store()
    const reference = await credentials.keep(ACCOUNT)
    await credentials.bind(reference, VILLA, 'real')
    expect(await credentials.lookUp(VILLA)).toEqual(ACCOUNT)
    const once = await text()
    expect(parse(once)).toMatchObject({
      HOUSE_HEM_FJV_VILLA_901_USERNAME: ACCOUNT.username,
      HOUSE_HEM_FJV_VILLA_901_PASSWORD: ACCOUNT.password,
    })
    await credentials.bind(reference, VILLA, 'real')
    expect(await text()).toBe(once)
    await credentials.discard(reference)
    expect(await text()).toBe(
      '# house HEM_FJV_Villa_901, kept by BVPro\n' +
        "HOUSE_HEM_FJV_VILLA_901_USERNAME='FC2000000001'\n" +
        "HOUSE_HEM_FJV_VILLA_901_PASSWORD='planted#word $1'\n",
    )
    await expect(credentials.bind(reference, VILLA, 'real')).rejects.toThrow(/no credentials are kept/)
    expect(await credentials.lookUp(VILLA)).toEqual(ACCOUNT)
  })

  test('bound to a house of the town stays in the town', async () => {
    configured = [{ ref: VILLA, origin: 'demo' }]
    const credentials = store()
    const reference = await credentials.keep(ACCOUNT)
    await credentials.bind(reference, VILLA, 'demo')
    await credentials.discard(reference)
    expect(await text()).toBe('')
    expect(await credentials.sourceOf('real').lookUp(VILLA)).toBeUndefined()
    expect(await credentials.sourceOf('demo').lookUp(VILLA)).toEqual(ACCOUNT)
    expect(await credentials.lookUp(VILLA)).toEqual(ACCOUNT)
  })
})

test('any user name and password go through .env as they are; what cannot is refused without being repeated', async () => {
  const secret = fc
    .array(fc.constantFrom("'", '"', '`', '#', '$', '\\', ' ', 'n', 'å', '🔥', '=', '\n', 'x'), {
      minLength: 1,
      maxLength: 8,
    })
    .map((parts) => parts.join(''))
  const property = fc.asyncProperty(secret, secret, async (username, password) => {
    try {
      await store().set(VILLA, { username, password }, 'real')
    } catch (error) {
      expect(error).toBeInstanceOf(BadConfig)
      const unkeepable = (value: string) =>
        /\n/.test(value) || value.trim() === '' || (/#/.test(value) && /['"`]/.test(value))
      expect([username, password].some(unkeepable)).toBe(true)
      return
    }
    expect(await store().lookUp(VILLA)).toEqual({ username, password })
  })
  await fc.assert(property, { numRuns: 60 })
})

describe('setting', () => {
  test('a password leaves the user name and everything else', async () => {
    await writeFile(
      environmentFile,
      '# Villa Ek\nHOUSE_HEM_FJV_Villa_901_USERNAME=u\nHOUSE_HEM_FJV_Villa_901_PASSWORD=old # till May\n',
    )
    const credentials = store()
    const before = await credentials.fingerprint(VILLA)
    await credentials.set(VILLA, { password: 'new' }, 'real')
    expect(await text()).toBe(
      "# Villa Ek\nHOUSE_HEM_FJV_Villa_901_USERNAME=u\nHOUSE_HEM_FJV_Villa_901_PASSWORD='new' # till May\n",
    )
    expect(await credentials.lookUp(VILLA)).toEqual({ username: 'u', password: 'new' })
    expect(await credentials.fingerprint(VILLA)).not.toBe(before)
  })

  test('leaves no outdated password under the other spelling', async () => {
    await writeFile(environmentFile, 'HOUSE_Villa_1_USERNAME=u\nHOUSE_Villa_1_PASSWORD=a\nHOUSE_VILLA_1_PASSWORD=b\n')
    await store().set(house('Villa_1'), { password: 'new' }, 'real')
    expect(await text()).toBe("HOUSE_Villa_1_USERNAME=u\nHOUSE_Villa_1_PASSWORD='new'\n")
  })

  test('a password where no user name is known is refused', async () => {
    await expect(store().set(VILLA, { password: 'w' }, 'real')).rejects.toThrow(
      'no user name is known for house HEM_FJV_Villa_901; give it too',
    )
    await expect(text()).rejects.toThrow('ENOENT')
    const credentials = store({ HOUSE_HEM_FJV_VILLA_901_USERNAME: 'u' })
    await credentials.set(VILLA, { password: 'w' }, 'real')
    expect(await credentials.lookUp(VILLA)).toEqual({ username: 'u', password: 'w' })
  })

  test('meter ids replaces them, an empty list takes them away, and other text is refused', async () => {
    const credentials = store()
    await credentials.set(VILLA, { meterIds: ['735999000000000901', '735999000000000902'] }, 'real')
    expect(await credentials.meterIds(VILLA)).toEqual(['735999000000000901', '735999000000000902'])
    await credentials.set(VILLA, { meterIds: [] }, 'real')
    expect(await credentials.meterIds(VILLA)).toBeUndefined()
    await expect(credentials.set(VILLA, { meterIds: ['7; rm'] }, 'real')).rejects.toBeInstanceOf(BadConfig)
  })

  test('those of a zone, or of the town when it does not run, is refused', async () => {
    await expect(store().set({ kind: 'zone', id: 'hall' }, ACCOUNT, 'real')).rejects.toThrow('a zone has no user name')
    const alone = createCredentialStore({
      real: home(environmentFile),
      env: {},
      configured: async () => [],
      log: recorded.log,
    })
    await expect(alone.set(VILLA, ACCOUNT, 'demo')).rejects.toThrow('the simulated town does not run')
  })

  test('masks the password in the log from then on', async () => {
    await store().set(VILLA, { username: 'u', password: 'planted-in-set' }, 'real')
    await store().keep({ username: 'u', password: 'planted-in-keep' })
    expect(redactSecrets('planted-in-set, planted-in-keep')).toBe('[redacted], [redacted]')
    expect(recorded.text()).not.toContain('planted')
  })
})

describe('two entities that lead to one variable', () => {
  test('are refused, and nothing is written', async () => {
    configured = [{ ref: house('villa-1'), origin: 'real' }]
    await expect(store().set(house('Villa_1'), ACCOUNT, 'real')).rejects.toThrow(
      'HOUSE_VILLA_1_USERNAME belongs to house Villa_1 and house villa-1',
    )
    await expect(text()).rejects.toThrow('ENOENT')
  })

  test('are refused even when neither has a configuration yet', async () => {
    await store().set(house('villa-1'), ACCOUNT, 'real')
    const before = await text()
    await expect(store().set(house('Villa_1'), ACCOUNT, 'real')).rejects.toThrow(
      'HOUSE_VILLA_1_USERNAME belongs to house Villa_1 and house villa-1',
    )
    expect((await store().remove(house('Villa_1'))).removed).toEqual([])
    expect(await text()).toBe(before)
  })

  test('are not taken for such because a person has added a line below those of another', async () => {
    await store().set(house('H1'), ACCOUNT, 'real')
    await writeFile(environmentFile, `${await text()}HOUSE_H2_USERNAME=u\nHOUSE_H2_PASSWORD=w\n`)
    await store().set(house('H2'), { password: 'new' }, 'real')
    expect(await store().lookUp(house('H2'))).toEqual({ username: 'u', password: 'new' })
  })

  test('are fine where each has a variable of its own, and one is removed without the other', async () => {
    configured = [
      { ref: house('villa_1'), origin: 'real' },
      { ref: house('Villa_1'), origin: 'real' },
    ]
    const before = 'HOUSE_villa_1_USERNAME=u\nHOUSE_villa_1_PASSWORD=a\n'
    await writeFile(environmentFile, `${before}HOUSE_Villa_1_USERNAME=v\nHOUSE_Villa_1_PASSWORD=b\n`)
    const credentials = store()
    await credentials.set(house('Villa_1'), { password: 'new' }, 'real')
    expect(await credentials.lookUp(house('Villa_1'))).toEqual({ username: 'v', password: 'new' })
    expect(await credentials.lookUp(house('villa_1'))).toEqual({ username: 'u', password: 'a' })
    await credentials.remove(house('Villa_1'))
    expect(await text()).toBe(before)
  })

  test('are fine when one is of the town', async () => {
    configured = [{ ref: house('villa-1'), origin: 'demo' }]
    await store().set(house('Villa_1'), ACCOUNT, 'real')
    expect(await store().lookUp(house('Villa_1'))).toEqual(ACCOUNT)
  })
})

describe('removing', () => {
  test('takes exactly the names of an entity, and tells those of the process, which it cannot take', async () => {
    await writeFile(
      environmentFile,
      '# the mill\nHOUSE_HEM_FJV_VILLA_901_USERNAME=u\nHOUSE_HEM_FJV_Villa_901_PASSWORD=w\n' +
        'HOUSE_HEM_FJV_VILLA_901_METER_IDS=1\nHOUSE_HEM_FJV_VILLA_901_TEST_PASSWORD=x\nBUILDING_HEM_FJV_VILLA_901_PASSWORD=y\n',
    )
    const credentials = store({ HOUSE_HEM_FJV_VILLA_901_PASSWORD: 'z', HOUSE_HEM_FJV_VILLA_901_TEST_USERNAME: 'u' })
    const names = [
      'HOUSE_HEM_FJV_VILLA_901_USERNAME',
      'HOUSE_HEM_FJV_Villa_901_PASSWORD',
      'HOUSE_HEM_FJV_VILLA_901_METER_IDS',
    ]
    expect(await credentials.namesOf(VILLA)).toEqual(names)
    expect(await credentials.remove(VILLA)).toEqual({
      removed: names,
      leftInEnvironment: ['HOUSE_HEM_FJV_VILLA_901_PASSWORD'],
    })
    expect(await text()).toBe(
      '# the mill\nHOUSE_HEM_FJV_VILLA_901_TEST_PASSWORD=x\nBUILDING_HEM_FJV_VILLA_901_PASSWORD=y\n',
    )
    expect(await credentials.namesOf(VILLA)).toEqual([])
    expect((await credentials.remove(VILLA)).removed).toEqual([])
  })

  test('takes only those of the home an entity belongs to', async () => {
    const line = 'HOUSE_HEM_FJV_VILLA_901_PASSWORD=w\n'
    await writeFile(environmentFile, line)
    await writeFile(townFile, line)
    configured = [{ ref: VILLA, origin: 'demo' }]
    await store().remove(VILLA)
    expect(await text()).toBe(line)
    expect(await readFile(townFile, 'utf8')).toBe('')
    configured = []
    await store().remove(VILLA, 'demo')
    expect(await text()).toBe(line)
    await store().remove(VILLA)
    expect(await text()).toBe('')
  })
})

test('without a key there is nothing to seal again', async () => {
  await expect(store().reseal()).rejects.toThrow('BVPRO_SECRETS_KEY is not set')
})

test('what another process changes while this one reads is seen by the next lookup', async () => {
  const here = store()
  const there = store()
  for (let n = 0; n < 20; n++) {
    const reading = Promise.all([here.lookUp(VILLA), here.lookUp(VILLA)])
    await there.set(VILLA, { username: 'u', password: `word-${n}` }, 'real')
    expect(await here.lookUp(VILLA)).toEqual({ username: 'u', password: `word-${n}` })
    await reading
  }
})
