import { beforeEach, describe, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import type { Catalogue, ConfigFolder, ConfiguredEntity } from '../config/catalogue.ts'
import { type EntityRef, entityWorkflowId } from '../domain/entity.ts'
import { silentLogger } from '../runtime/log.ts'
import { type EntityLoops, type ReconcileDependencies, reconcile } from './reconcile.ts'

const folder: ConfigFolder = { kind: 'house', origin: 'real', path: 'profiles', state: 'read' }

function configured(number: number, change: Partial<ConfiguredEntity> = {}): ConfiguredEntity {
  return {
    ref: { kind: 'house', id: `HEM_FJV_Villa_${number}` },
    origin: 'real',
    file: `profiles/HEM_FJV_Villa_${number}.json`,
    config: {} as ConfiguredEntity['config'],
    problems: [],
    unknownKeys: [],
    etag: 'v1',
    ...change,
  }
}

class FakeLoops implements EntityLoops {
  readonly kinds = ['house'] as const
  readonly running = new Set<string>()
  readonly messages: string[] = []
  async listRunning(): Promise<EntityRef[]> {
    return [...this.running].map((workflowId) => ({ kind: 'house', id: workflowId.replace('house:', '') }))
  }
  async start(entity: EntityRef) {
    this.running.add(entityWorkflowId(entity))
  }
  async signalConfigure(entity: EntityRef) {
    this.messages.push(`configure ${entity.id}`)
  }
  async stop(entity: EntityRef) {
    this.running.delete(entityWorkflowId(entity))
  }
  async refreshWeather() {
    this.messages.push('weather')
  }
}

let catalogue: { entities: ConfiguredEntity[]; folders: ConfigFolder[] }
let loops: FakeLoops
let application: ReturnType<typeof memoryApplicationStore>
let fingerprint: string

beforeEach(() => {
  catalogue = { entities: [], folders: [folder] }
  loops = new FakeLoops()
  application = memoryApplicationStore()
  fingerprint = 'credentials-1'
})

function run() {
  const dependencies: ReconcileDependencies = {
    config: { list: async (): Promise<Catalogue> => catalogue } as ReconcileDependencies['config'],
    application,
    loops,
    credentialFingerprint: async () => fingerprint,
    factsOf: async ({ ref }) => ({ name: ref.id, mode: 'monitor', pollSeconds: 300, place: '56.670,12.860' }),
    log: silentLogger,
    now: () => Date.UTC(2026, 0, 10),
  }
  return reconcile(dependencies, () => undefined)
}

describe('reconciliation', () => {
  test('starts a loop for every valid profile, once', async () => {
    catalogue.entities = [configured(1), configured(2)]
    expect((await run()).started).toEqual(['house:HEM_FJV_Villa_1', 'house:HEM_FJV_Villa_2'])
    expect(loops.messages).toEqual(['weather'])
    const second = await run()
    expect(second).toMatchObject({ started: [], changed: [], stopped: [] })
  })

  test('starts a loop again that somebody has terminated', async () => {
    catalogue.entities = [configured(1)]
    await run()
    loops.running.clear()
    expect((await run()).started).toEqual(['house:HEM_FJV_Villa_1'])
  })

  test('tells a loop that its file or its credentials have changed', async () => {
    catalogue.entities = [configured(1)]
    await run()
    catalogue.entities = [configured(1, { etag: 'v2' })]
    expect((await run()).changed).toEqual(['house:HEM_FJV_Villa_1'])
    fingerprint = 'credentials-2'
    expect((await run()).changed).toEqual(['house:HEM_FJV_Villa_1'])
    expect((await run()).changed).toEqual([])
    expect(loops.messages.filter((message) => message.startsWith('configure'))).toHaveLength(2)
  })

  test('a broken file is shown with its problems, its loop is neither started nor stopped, others run on', async () => {
    catalogue.entities = [configured(1), configured(2)]
    await run()
    const problems = [{ path: 'customer_id', message: 'expected "HEM_FJV_Villa_2", found "x"' }]
    catalogue.entities = [
      configured(1),
      configured(2, { config: null, problems }),
      configured(3, { config: null, problems }),
    ]
    const report = await run()
    expect(report.misconfigured).toEqual(['house:HEM_FJV_Villa_2', 'house:HEM_FJV_Villa_3'])
    expect([...loops.running]).toEqual(['house:HEM_FJV_Villa_1', 'house:HEM_FJV_Villa_2'])
    expect(application.rows.get('house:HEM_FJV_Villa_3')?.problems).toEqual(problems)
    catalogue.entities = [configured(1), configured(2), configured(3)]
    expect(await run()).toMatchObject({ started: ['house:HEM_FJV_Villa_3'], changed: ['house:HEM_FJV_Villa_2'] })
    expect(application.rows.get('house:HEM_FJV_Villa_3')?.problems).toEqual([])
  })

  test('stops the loop of a profile that was removed', async () => {
    catalogue.entities = [1, 2].map((number) => configured(number))
    await run()
    catalogue.entities = [configured(1)]
    expect((await run()).stopped).toEqual(['house:HEM_FJV_Villa_2'])
    expect([...loops.running]).toEqual(['house:HEM_FJV_Villa_1'])
    expect(application.rows.has('house:HEM_FJV_Villa_2')).toBe(false)
  })

  test.each(['missing', 'unreadable'] as const)('stops nothing when the folder is %s', async (state) => {
    catalogue.entities = [configured(1)]
    await run()
    catalogue = { entities: [], folders: [{ ...folder, state }] }
    const report = await run()
    expect(report).toMatchObject({ stopped: [] })
    expect(report.refused).toContain(state)
    expect(loops.running.size).toBe(1)
  })

  test('stops nothing when more than a fifth and at least three vanish at once', async () => {
    catalogue.entities = Array.from({ length: 10 }, (_, number) => configured(number))
    await run()
    catalogue.entities = catalogue.entities.slice(3)
    expect((await run()).refused).toContain('3 of 10')
    expect(loops.running.size).toBe(10)
  })

  test('two of three may vanish, and three of twenty', async () => {
    catalogue.entities = [1, 2, 3].map((number) => configured(number))
    await run()
    catalogue.entities = [configured(1)]
    expect((await run()).stopped).toHaveLength(2)
    catalogue.entities = Array.from({ length: 20 }, (_, number) => configured(number))
    await run()
    catalogue.entities = catalogue.entities.slice(3)
    expect((await run()).stopped).toHaveLength(3)
  })

  test('leaves an entity alone that is being off-boarded', async () => {
    catalogue.entities = [configured(1)]
    await run()
    await application.putStatus({ kind: 'house', id: 'HEM_FJV_Villa_1' }, { offboarding: true })
    catalogue.entities = []
    expect((await run()).stopped).toEqual([])
    expect(loops.running.size).toBe(1)
  })

  test('stops all houses of the town when it is switched off', async () => {
    const demo: ConfigFolder = { ...folder, origin: 'demo', path: 'data/demo/profiles' }
    catalogue = {
      entities: [1, 2, 3, 4].map((number) => configured(number, { origin: 'demo' })),
      folders: [folder, demo],
    }
    await run()
    catalogue = { entities: [configured(9)], folders: [folder] }
    const report = await run()
    expect(report.refused).toBeNull()
    expect(report.stopped).toHaveLength(4)
    expect([...loops.running]).toEqual(['house:HEM_FJV_Villa_9'])
  })

  test('after the application store was lost running loops keep running', async () => {
    catalogue.entities = [configured(1)]
    await run()
    application.rows.clear()
    expect(await run()).toMatchObject({ started: [], stopped: [], changed: ['house:HEM_FJV_Villa_1'] })
  })
})
