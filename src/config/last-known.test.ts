import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLogger, silentLogger } from '../runtime/log.ts'
import { createConfigStore } from './config-store.ts'
import { withLastKnown } from './last-known.ts'

const VILLA = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const

describe('the configuration polls go by', () => {
  let home: string
  let logged: Record<string, unknown>[]

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'bvpro-last-known-'))
    logged = []
    await mkdir(join(home, 'profiles'))
    await writeProfile('Villa Ek')
  })
  afterEach(() => rm(home, { recursive: true, force: true }))

  const file = () => join(home, 'profiles', `${VILLA.id}.json`)
  const writeProfile = (name: string) =>
    writeFile(file(), JSON.stringify({ customer_id: VILLA.id, friendly_name: name }))
  const log = () => createLogger('info', { write: (line: string) => logged.push(JSON.parse(line)) })
  const source = () =>
    withLastKnown(createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger }), log())

  test('is the last one read while the folder is gone, said once, and the present one when it is back', async () => {
    const polls = source()
    expect(await polls.get(VILLA)).toMatchObject({ config: { friendly_name: 'Villa Ek' } })
    await rename(join(home, 'profiles'), join(home, 'elsewhere'))
    for (let cycle = 0; cycle < 3; cycle++) {
      expect(await polls.get(VILLA)).toMatchObject({ config: { friendly_name: 'Villa Ek' }, problems: [] })
    }
    expect(logged).toMatchObject([{ event: 'config.last_known_used', id: VILLA.id, reason: 'gone' }])
    await rename(join(home, 'elsewhere'), join(home, 'profiles'))
    await writeProfile('Villa Alm')
    expect(await polls.get(VILLA)).toMatchObject({ config: { friendly_name: 'Villa Alm' } })
  })

  test('is the last one read while nothing in the folder can be read', async () => {
    const polls = source()
    await polls.get(VILLA)
    await rename(join(home, 'profiles'), join(home, 'elsewhere'))
    await writeFile(join(home, 'profiles'), 'no folder')
    expect(await polls.get(VILLA)).toMatchObject({ config: { friendly_name: 'Villa Ek' }, problems: [] })
    expect(logged).toMatchObject([{ event: 'config.last_known_used', reason: 'unreadable' }])
  })

  test('is what the file says when that has a fault: its author is to correct it', async () => {
    const polls = source()
    await polls.get(VILLA)
    await writeFile(file(), '{"customer_id": ')
    expect(await polls.get(VILLA)).toMatchObject({ config: null, problems: [expect.anything()] })
  })

  test('is nothing for an entity that was never read', async () => {
    await rm(file())
    expect(await source().get(VILLA)).toBeUndefined()
  })
})

test('a folder of real houses that shows nothing hides no house of the town', async () => {
  const home = await mkdtemp(join(tmpdir(), 'bvpro-roots-'))
  try {
    const town = join(home, 'data', 'demo')
    await mkdir(join(town, 'profiles'), { recursive: true })
    await writeFile(join(town, 'profiles', `${VILLA.id}.json`), JSON.stringify({ customer_id: VILLA.id }))
    await writeFile(join(home, 'profiles'), 'no folder')
    const roots = [
      { origin: 'real', directory: home },
      { origin: 'demo', directory: town },
    ] as const
    const store = createConfigStore({ roots, log: silentLogger })
    expect(await store.get(VILLA)).toMatchObject({ origin: 'demo', problems: [] })
    expect((await store.list()).entities).toMatchObject([{ origin: 'demo', problems: [] }])
  } finally {
    await rm(home, { recursive: true, force: true })
  }
})
