/** Giving the heat curve back, from an invented house in control. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import { createConfigStore } from '../config/config-store.ts'
import { BadConfig, Unavailable } from '../connectors/errors.ts'
import type { HomeSideClient, RegisterChange, WriteReport } from '../connectors/homeside/index.ts'
import { silentLogger } from '../runtime/log.ts'
import { releaseHouse } from './release-control.ts'

const ID = 'HEM_FJV_Villa_902'
const REF = { kind: 'house', id: ID } as const
const FIXTURE = new URL('../../test/fixtures/homeside/profile-902-in-control.json', import.meta.url)

let home: string
let config: ConfigStore
let profile: { heat_curve_control: Record<string, unknown> & { baseline: Record<string, unknown> } }
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bvpro-release-'))
  config = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
  profile = JSON.parse(await readFile(FIXTURE, 'utf8'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** A client that writes everything it is told, and reads it back unless it is named in `lost`. */
function client(lost: readonly string[] = []) {
  const calls: RegisterChange[][] = []
  const write = async (changes: readonly RegisterChange[]): Promise<WriteReport> => {
    calls.push([...changes])
    const results = changes.map((change) => {
      const name = 'point' in change ? `${change.target}${change.point}` : change.target
      return {
        name,
        register: 1,
        previous: 0,
        intended: change.value,
        applied: change.value,
        verified: !lost.includes(name),
      }
    })
    // What else a report tells is of no use to a release.
    return { results, verified: results.every(({ verified }) => verified) } as unknown as WriteReport
  }
  return { calls, homeSideClient: () => ({ write }) as unknown as HomeSideClient }
}

const parts = () => ({
  application: memoryApplicationStore(),
  timeSeries: { write: async () => undefined },
  holder: 'a process of the test',
  patienceMs: 0,
  log: silentLogger,
  now: Date.now,
})
const release = ({ homeSideClient }: ReturnType<typeof client>) =>
  releaseHouse({ ...parts(), config, homeSideClient }, ID)
const control = async () => (await config.get(REF))?.config as unknown as typeof profile

describe('a house in control', () => {
  test('gets both curves of its baseline, then its own adaptation, never the room target', async () => {
    await config.create(REF, profile)
    const house = client()
    expect(await release(house)).toBe('released')
    const [curves, adaption] = house.calls
    expect(curves).toHaveLength(20)
    expect(curves).toContainEqual({ target: 'yref', point: 10, value: 21.5 })
    expect(curves).toContainEqual({ target: 'y', point: 5, value: 32.81 })
    expect(adaption).toEqual([{ target: 'adaption', value: true }])
    expect(house.calls.flat().some(({ target }) => target === 'setPoint')).toBe(false)
  })

  test('is released in its profile, which keeps the baseline and everything else', async () => {
    await config.create(REF, profile)
    await release(client())
    const { heat_curve_control: after } = await control()
    expect(after).toMatchObject({ in_control: false, entered_at: null, reason: null, ml_last_offset: null })
    expect(after.baseline).toEqual(profile.heat_curve_control.baseline)
    expect(after.curve_control_mode).toBe('intelligent')
  })

  test('whose adaptation was off before keeps it off', async () => {
    profile.heat_curve_control.baseline.adaption = false
    await config.create(REF, profile)
    const house = client()
    await release(house)
    expect(house.calls).toHaveLength(1)
  })

  test.each(['y3', 'yref10', 'adaption'])('stays in control while %s is not read back', async (name) => {
    await config.create(REF, profile)
    await expect(release(client([name]))).rejects.toBeInstanceOf(Unavailable)
    expect((await control()).heat_curve_control.in_control).toBe(true)
  })

  test.each(['curve', 'yref'])('with a point missing in %s is not written to at all', async (series) => {
    const { baseline } = profile.heat_curve_control
    baseline[series] = { ...(baseline[series] as object), 7: null }
    await config.create(REF, profile)
    const house = client()
    await expect(release(house)).rejects.toThrow(`${series} 7 missing`)
    expect(house.calls).toEqual([])
    expect((await control()).heat_curve_control.in_control).toBe(true)
  })
})

test('a house that is not in control, or has no profile, needs nothing', async () => {
  const house = client()
  expect(await release(house)).toBe('not_held')
  await config.create(REF, { ...profile, heat_curve_control: { ...profile.heat_curve_control, in_control: false } })
  expect(await release(house)).toBe('not_held')
  expect(house.calls).toEqual([])
})

test('a profile with a fault keeps everybody from believing that nothing is held', async () => {
  await config.create(REF, profile)
  const broken = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
  const faulty = {
    ...(await broken.get(REF)),
    config: null,
    problems: [{ path: 'cost', message: 'expected an object' }],
  }
  const get = async () => faulty as Awaited<ReturnType<ConfigStore['get']>>
  const faultyParts = { ...parts(), config: { get, patch: config.patch }, ...client() }
  await expect(releaseHouse(faultyParts, ID)).rejects.toBeInstanceOf(BadConfig)
})
