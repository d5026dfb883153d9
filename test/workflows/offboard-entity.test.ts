/** Off-boarding with its real activities on real stores; what is invented is Temporal's side of the loops and the vendor. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WorkflowFailedError, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client'
import { CancelledFailure } from '@temporalio/common'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { Worker } from '@temporalio/worker'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOffboardingActivities } from '../../src/activities/offboarding/index.ts'
import { createOffboardedFile } from '../../src/activities/offboarding/offboarded-file.ts'
import type { ReleaseOutcome } from '../../src/activities/offboarding-contract.ts'
import { createConfigStore } from '../../src/config/config-store.ts'
import { Unavailable } from '../../src/connectors/errors.ts'
import { type EntityRef, entityWorkflowId } from '../../src/domain/entity.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import { workflowBundlePath } from '../../src/runtime/workflow-bundle.ts'
import { type AuditEntry, newestAudit } from '../../src/store/application/audit.ts'
import { createReadingSpool } from '../../src/store/spool.ts'
import { openSqliteTimeSeries } from '../../src/store/timeseries/sqlite.ts'
import type { OffboardEntityInput, offboardEntity } from '../../src/workflows/offboard-entity.ts'
import { abandonControl, purgeNow, restore, tryNow } from '../../src/workflows/offboarding-messages.ts'
import { type OperationProgress, progress } from '../../src/workflows/progress-messages.ts'
import { memoryApplicationStore } from '../support/memory-application.ts'
import { testServer } from '../support/servers.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import { addSearchAttributes } from './support.ts'

const missing = (await testServer('time-skipping')) === undefined
let environment: TestWorkflowEnvironment
let workflowBundle: { readonly codePath: string }
beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  workflowBundle = { codePath: await workflowBundlePath(join(tmpdir(), 'bvpro-test-bundles')) }
})
afterAll(async () => {
  await environment?.teardown()
})

const DAY_SECONDS = 86_400

/** One home with a house, its neighbours whose ids begin or end alike, their rows, and what happened, in order. */
async function createHome(house: EntityRef) {
  const home = await mkdtemp(join(tmpdir(), 'bvpro-offboarding-'))
  const log = silentLogger
  const config = createConfigStore({ roots: [{ origin: 'real', directory: home }], log })
  const application = memoryApplicationStore()
  const timeSeries = openSqliteTimeSeries(join(home, 'timeseries.db'))
  const spool = createReadingSpool(join(home, 'spool'))
  const neighbours = [`${house.id}_TEST`, `${house.id}1`, house.id.slice(0, -1)].map((id) => ({ ...house, id }))
  const secrets = new Set<string>()
  for (const { kind, id } of [house, ...neighbours]) {
    await config.create({ kind, id }, { customer_id: id, friendly_name: `Villa ${id}` })
    await application.putStatus({ kind, id }, { name: `Villa ${id}` })
    secrets.add(id)
    await timeSeries.write(
      [1, 2, 3].flatMap((hour) => [
        { measurement: 'heating_system', tags: { house_id: id }, time: hour * 3_600_000, fields: { supply_temp: 40 } },
        {
          measurement: 'thermal_history',
          tags: { house_id: id },
          time: hour * 3_600_000,
          fields: { room_temperature: 21 },
        },
      ]),
    )
  }
  await writeFile(join(home, 'profiles', `${house.id}_signals.json`), '{}')
  await mkdir(join(home, 'spool'), { recursive: true })
  await spool.append(house, [{ time: 0, fields: { supply_temp: 1 } }])
  const steps: string[] = []
  const running = new Set([entityWorkflowId(house), `import:${entityWorkflowId(house)}`])
  const parts = { release: async (): Promise<ReleaseOutcome> => 'not_held' }
  const activities = createOffboardingActivities({
    config,
    application,
    timeSeries,
    spool,
    log,
    offboarded: { real: createOffboardedFile(join(home, 'offboarded.json'), log) },
    originOf: () => 'real',
    credentials: {
      namesOf: async ({ id }) => (secrets.has(id) ? [`HOUSE_${id}_PASSWORD`] : []),
      remove: async ({ id }) => {
        steps.push('credentials')
        return { removed: secrets.delete(id) ? [`HOUSE_${id}_PASSWORD`] : [], leftInEnvironment: [] }
      },
    },
    loops: {
      async end(entity) {
        steps.push('end')
        running.delete(entityWorkflowId(entity))
        running.delete(`import:${entityWorkflowId(entity)}`)
      },
      async release() {
        steps.push('release')
        return parts.release()
      },
      async wakeReconciler() {
        steps.push('reconcile')
      },
    },
    now: Date.now,
  })
  const rowsOf = async (entity: EntityRef) =>
    (await timeSeries.countEntity(entity)).reduce((sum, { rows }) => sum + rows, 0)
  return {
    home,
    house,
    neighbours,
    config,
    application,
    timeSeries,
    secrets,
    steps,
    running,
    parts,
    activities,
    rowsOf,
    audit: async () => (await newestAudit(application, 100)).map(({ action, by }: AuditEntry) => `${action} by ${by}`),
    offboarded: async () => JSON.parse(await readFile(join(home, 'offboarded.json'), 'utf8')),
    files: async () =>
      (await readdir(join(home, 'profiles'))).filter(
        (name) => name.startsWith(`${house.id}.`) || name.startsWith(`${house.id}_signals`),
      ),
    async expectGone() {
      expect(await rowsOf(house)).toBe(0)
      expect(await this.files()).toEqual([])
      expect(await application.getStatus(house)).toBeUndefined()
      expect(await application.listDocuments('offboarding')).toEqual([])
      expect(secrets.has(house.id)).toBe(false)
      expect(await readdir(join(home, 'spool'))).toEqual([])
      expect(running.size).toBe(0)
      expect(await this.offboarded()).toMatchObject({ pending_purge: [], purged: [{ id: house.id }] })
    },
    async expectInService({ credentials }: { credentials: boolean }) {
      expect(await rowsOf(house)).toBe(6)
      expect((await config.get(house))?.config).toMatchObject({ friendly_name: `Villa ${house.id}` })
      expect(await application.getStatus(house)).toMatchObject({ offboarding: false })
      expect(await application.listDocuments('offboarding')).toEqual([])
      expect(secrets.has(house.id)).toBe(credentials)
    },
    async expectNeighboursUntouched() {
      for (const neighbour of neighbours) {
        expect(await rowsOf(neighbour)).toBe(6)
        expect(await config.get(neighbour)).toBeDefined()
        expect(secrets.has(neighbour.id)).toBe(true)
        expect(await application.getStatus(neighbour)).toMatchObject({ offboarding: false })
      }
    },
  }
}
type Home = Awaited<ReturnType<typeof createHome>>
type Activities = Home['activities']
type Handle = WorkflowHandleWithFirstExecutionRunId<typeof offboardEntity>

/** Runs `body` beside workers; afterwards the history is replayed, so that each test also proves determinism. */
async function withRemoval(
  input: Partial<OffboardEntityInput>,
  body: (context: {
    readonly handle: Handle
    readonly home: Home
    readonly again: (next: Partial<OffboardEntityInput>) => Promise<Handle>
  }) => Promise<void>,
  change: (activities: Activities, home: Home) => Partial<Activities> = () => ({}),
): Promise<void> {
  await addSearchAttributes(environment)
  const house: EntityRef = { kind: 'house', id: `HEM_FJV_Villa_${randomUUID().slice(0, 8)}` }
  const home = await createHome(house)
  const prefix = `test-${randomUUID()}`
  const connection = environment.nativeConnection
  const workflows = await Worker.create({ connection, taskQueue: `${prefix}-workflows`, workflowBundle })
  const activities = { ...home.activities, ...change(home.activities, home) }
  const pipelines = await Worker.create({ connection, taskQueue: `${prefix}-pipelines`, activities })
  const homeside = await Worker.create({
    connection,
    taskQueue: `${prefix}-homeside`,
    activities: { askForRelease: activities.askForRelease },
  })
  const start = (given: Partial<OffboardEntityInput>) =>
    environment.client.workflow.start<typeof offboardEntity>('offboardEntity', {
      taskQueue: `${prefix}-workflows`,
      workflowId: `offboard:house:${house.id}`,
      args: [{ ...house, by: 'an operator', ...given }],
    })
  try {
    await workflows.runUntil(
      pipelines.runUntil(
        homeside.runUntil(async () => {
          const handle = await start(input)
          await body({ handle, home, again: start })
          const { runId } = await environment.client.workflow.getHandle(handle.workflowId).describe()
          const history = await environment.client.workflow.getHandle(handle.workflowId, runId).fetchHistory()
          await Worker.runReplayHistory({ workflowBundle }, history, handle.workflowId)
        }),
      ),
    )
    await home.expectNeighboursUntouched()
  } finally {
    await home.timeSeries.close()
    await rm(home.home, { recursive: true, force: true })
  }
}

const stateOf = ({ steps }: OperationProgress, name: string) => steps.find((step) => step.name === name)?.state

async function untilAt(handle: Handle, step: string): Promise<OperationProgress> {
  return expect
    .poll(() => handle.query(progress), { timeout: 20_000, interval: 50 })
    .toMatchObject({ step })
    .then(() => handle.query(progress))
}

describe.skipIf(missing)('a hard removal', () => {
  test('goes in order and leaves nothing', async () => {
    await withRemoval({ mode: 'hard' }, async ({ handle, home }) => {
      expect(await handle.result()).toMatchObject({ state: 'done', percent: 100, error: null, dueAt: null })
      expect(home.steps.slice(0, 3)).toEqual(['release', 'end', 'credentials'])
      await home.expectGone()
      expect(await home.audit()).toEqual([
        'removal.done by an operator',
        'removal.taken_out by an operator',
        'removal.begun by an operator',
      ])
      const { steps } = await handle.query(progress)
      expect(steps.find(({ name }) => name === 'delete data')?.detail).toContain('6 rows of 2 measurements')
    })
  })

  test('deletes what a cycle wrote while the loop ended', async () => {
    let written = false
    await withRemoval(
      { mode: 'hard' },
      async ({ handle, home }) => {
        expect(await handle.result()).toMatchObject({ state: 'done' })
        expect(written).toBe(true)
        await home.expectGone()
      },
      (real, home) => ({
        async deleteStored(entity) {
          const report = await real.deleteStored(entity)
          if (!written) {
            written = true
            const tags = { house_id: home.house.id }
            await home.timeSeries.write([{ measurement: 'heating_system', tags, time: 0, fields: { supply_temp: 1 } }])
          }
          return report
        },
      }),
    )
  })

  test('of an id nobody knows fails and says so', async () => {
    await withRemoval({ mode: 'hard', id: 'NOBODY' }, async ({ handle, home }) => {
      const failure = await handle.result().catch((error: unknown) => error)
      expect((failure as WorkflowFailedError).cause).toMatchObject({ type: 'EntityNotFound' })
      expect(await handle.query(progress)).toMatchObject({ state: 'failed', error: { code: 'EntityNotFound' } })
      expect(await home.rowsOf(home.house)).toBe(6)
    })
  })

  test.each([
    [{ mode: 'brutal' }, 'mode'],
    [{ graceDays: -1 }, 'graceDays'],
    [{ graceDays: 'soon' }, 'graceDays'],
    [{ kind: 'castle' }, 'kind'],
    [{ id: '' }, 'id'],
  ])('that is mistyped as %j changes nothing', async (typed, fault) => {
    await withRemoval(typed as unknown as Partial<OffboardEntityInput>, async ({ handle, home }) => {
      const failure = await handle.result().catch((error: unknown) => error)
      expect((failure as WorkflowFailedError).cause?.message).toContain(fault)
      expect(await home.application.getStatus(home.house)).toMatchObject({ offboarding: false })
    })
  })
})

describe.skipIf(missing)('a soft removal', () => {
  test('waits for its day, visibly, and then leaves nothing', async () => {
    await withRemoval({ graceDays: 30 }, async ({ handle, home }) => {
      const waiting = await untilAt(handle, 'grace period')
      expect(Date.parse(waiting.dueAt ?? '') - (await environment.currentTimeMs())).toBeGreaterThan(
        29 * DAY_SECONDS * 1000,
      )
      expect(await home.files()).toEqual([`${home.house.id}.json.removed`, `${home.house.id}_signals.json`])
      expect(await home.application.getStatus(home.house)).toMatchObject({ offboarding: true })
      expect(await home.offboarded()).toMatchObject({
        pending_purge: [
          { id: home.house.id, type: 'house', friendly_name: `Villa ${home.house.id}`, influx_tag: 'house_id' },
        ],
      })
      expect(home.secrets.has(home.house.id)).toBe(false)
      expect(await home.rowsOf(home.house)).toBe(6)
      expect(await handle.result()).toMatchObject({ state: 'done' })
      await home.expectGone()
    })
  })

  test('can be ended early', async () => {
    await withRemoval({}, async ({ handle, home }) => {
      await untilAt(handle, 'grace period')
      await handle.executeUpdate(purgeNow, { args: [{ by: 'somebody else' }] })
      expect(await handle.result()).toMatchObject({ state: 'done' })
      await home.expectGone()
      expect((await home.audit())[0]).toBe('removal.done by somebody else')
    })
  })

  test('whose id is configured again deletes nothing', async () => {
    await withRemoval({}, async ({ handle, home }) => {
      await untilAt(handle, 'grace period')
      const { id } = home.house
      await home.config.create(home.house, { customer_id: id, friendly_name: `Villa ${id}` })
      expect(await handle.result()).toMatchObject({ state: 'cancelled' })
      await home.expectInService({ credentials: false })
      expect(await home.offboarded()).toMatchObject({ pending_purge: [], purged: [] })
    })
  })
})

/** Every activity a removal takes, the one that brings back among them. */
const ACTIVITIES = ['openRemoval', 'askForRelease', 'stopLoop', 'takeOut', 'deleteStored', 'concludeRemoval'] as const

/** The first call fails as a killed worker does: before it did anything, or after it did all and could not say so. */
function crashing(real: Activities, name: keyof Activities, when: 'before' | 'after'): Partial<Activities> {
  let crashed = false
  const activity = real[name] as (...args: unknown[]) => Promise<unknown>
  return {
    [name]: async (...args: unknown[]) => {
      if (crashed) return activity(...args)
      crashed = true
      if (when === 'after') await activity(...args)
      throw new Error('killed')
    },
  }
}

describe.skipIf(missing).each(['before', 'after'] as const)('a worker killed %s', (when) => {
  test.each(ACTIVITIES)('%s: the removal is gone through with', async (name) => {
    await withRemoval(
      { mode: 'soft', graceDays: 0.001 },
      async ({ handle, home }) => {
        expect(await handle.result()).toMatchObject({ state: 'done' })
        await home.expectGone()
      },
      (real) => crashing(real, name, when),
    )
  })

  test.each(['restoreEntity', 'wakeReconciler'] as const)('%s: the entity is back', async (name) => {
    await withRemoval(
      {},
      async ({ handle, home }) => {
        await untilAt(handle, 'grace period')
        await handle.executeUpdate(restore, { args: [undefined] })
        expect(await handle.result()).toMatchObject({ state: 'cancelled' })
        await home.expectInService({ credentials: false })
      },
      (real) => crashing(real, name, when),
    )
  })
})

describe.skipIf(missing)('while the heat curve cannot be given back', () => {
  const away = (home: Home) => {
    home.parts.release = async () => {
      throw new Unavailable('HomeSide does not answer')
    }
  }

  test('asking again tries again at once, not when the next attempt would be due', async () => {
    await withRemoval(
      { graceDays: 0 },
      async ({ handle, home }) => {
        const waits = (seconds: number) =>
          expect
            .poll(async () => (await handle.query(progress)).waitingFor, { timeout: 20_000 })
            .toContain(`tried again in ${seconds} s`)
        await waits(5)
        const attempts = home.steps.length
        // Nothing moves the clock of the test server here: no attempt is due by itself.
        await handle.signal(tryNow)
        await waits(10)
        expect(home.steps.length).toBe(attempts + 1)
        home.parts.release = async () => 'released'
        await handle.signal(tryNow)
        await expect.poll(async () => stateOf(await handle.query(progress), 'release control')).toBe('done')
        expect(await handle.result()).toMatchObject({ state: 'done' })
      },
      (_, home) => {
        away(home)
        return {}
      },
    )
  })

  test('it says so, keeps the credentials and tries until it can', async () => {
    await withRemoval(
      { mode: 'hard' },
      async ({ handle, home }) => {
        away(home)
        await expect
          .poll(async () => (await handle.query(progress)).waitingFor, { timeout: 20_000 })
          .toContain('HomeSide does not answer')
        await environment.sleep('20 minutes')
        expect(await handle.query(progress)).toMatchObject({ step: 'release control', state: 'running' })
        expect(home.secrets.has(home.house.id)).toBe(true)
        expect(await home.config.get(home.house)).toBeDefined()
        home.parts.release = async () => 'released'
        const result = await handle.result()
        expect(stateOf(result, 'release control')).toBe('done')
        await home.expectGone()
      },
      (_, home) => {
        away(home)
        return {}
      },
    )
  })

  test('control can be abandoned, which is audited', async () => {
    await withRemoval(
      { mode: 'hard' },
      async ({ handle, home }) => {
        await expect
          .poll(async () => (await handle.query(progress)).waitingFor, { timeout: 20_000 })
          .toContain('HomeSide does not answer')
        await handle.executeUpdate(abandonControl, { args: [{ by: 'the owner' }] })
        const result = await handle.result()
        expect(stateOf(result, 'release control')).toBe('skipped')
        expect(await home.audit()).toContain('control.abandoned by the owner')
        await home.expectGone()
      },
      (_, home) => {
        away(home)
        return {}
      },
    )
  })

  test('abandoned from the beginning, one attempt is made all the same', async () => {
    await withRemoval(
      { mode: 'hard', abandonControl: true },
      async ({ handle, home }) => {
        expect(await handle.result()).toMatchObject({ state: 'done' })
        expect(home.steps.filter((step) => step === 'release')).toHaveLength(1)
        expect(await home.audit()).toContain('control.abandoned by an operator')
      },
      (_, home) => {
        away(home)
        return {}
      },
    )
  })
})

// From here on workflows are terminated in the middle of an activity, after which the server's clock skips no more time.

/** Holds an activity until `go` is called, having told that it began. */
function holding(real: Activities, name: keyof Activities) {
  let begin: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  let go: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    go = resolve
  })
  const activity = real[name] as (...args: unknown[]) => Promise<unknown>
  const held: Partial<Activities> = {
    [name]: async (...args: unknown[]) => {
      begin()
      await gate
      return activity(...args).finally(end)
    },
  }
  return { held, begun, ended, go }
}

describe
  .skipIf(missing)
  .each(['restored', 'cancelled', 'terminated and restored', 'terminated and removed hard'] as const)('%s', (how) => {
  test.each(['openRemoval', 'askForRelease', 'stopLoop', 'takeOut'] as const)('during %s', async (name) => {
    let gate: ReturnType<typeof holding> | undefined
    await withRemoval(
      {},
      async ({ handle, home, again }) => {
        await gate?.begun
        const terminated = how.startsWith('terminated')
        if (how === 'restored') await handle.executeUpdate(restore, { args: [{ by: 'a second operator' }] })
        else if (how === 'cancelled') await handle.cancel()
        else await handle.terminate('an operator')
        gate?.go()
        if (how === 'cancelled') {
          const failure = await handle.result().catch((error: unknown) => error)
          expect((failure as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure)
        } else if (!terminated) expect(await handle.result()).toMatchObject({ state: 'cancelled' })
        if (how === 'terminated and removed hard') {
          expect(await (await again({ mode: 'hard' })).result()).toMatchObject({ state: 'done' })
          await home.expectGone()
          return
        }
        if (terminated) {
          // What was under way when the workflow ended still ends, as it would on a worker that lives.
          await gate?.ended
          expect(await (await again({ restore: true })).result()).toMatchObject({ state: 'cancelled' })
        }
        const taken = name === 'takeOut'
        await home.expectInService({ credentials: !taken })
        expect(home.steps.at(-1)).toBe('reconcile')
      },
      (real) => {
        gate = holding(real, name)
        return gate.held
      },
    )
  })

  test('during the grace period', async () => {
    await withRemoval({ graceDays: 10 }, async ({ handle, home, again }) => {
      await untilAt(handle, 'grace period')
      if (how === 'restored') await handle.executeUpdate(restore, { args: [{ by: 'a second operator' }] })
      else if (how === 'cancelled') await handle.cancel()
      else await handle.terminate('an operator')
      if (how === 'terminated and removed hard') {
        expect(await (await again({ mode: 'hard' })).result()).toMatchObject({ state: 'done' })
        return home.expectGone()
      }
      if (how === 'terminated and restored') await (await again({ restore: true })).result()
      else await handle.result().catch(() => undefined)
      await home.expectInService({ credentials: false })
      expect(await home.offboarded()).toMatchObject({ pending_purge: [], purged: [] })
      expect((await home.audit())[0]).toMatch(/^removal.called_off/)
    })
  })
})

test.skipIf(missing)('a removal started again after a termination keeps its day', async () => {
  await withRemoval({ graceDays: 10 }, async ({ handle, again }) => {
    const { dueAt } = await untilAt(handle, 'grace period')
    await handle.terminate('an operator')
    const second = await again({})
    expect(await untilAt(second, 'grace period')).toMatchObject({ dueAt })
    await second.terminate('test is over')
  })
})

test.skipIf(missing)('a hard removal can be called off until its data are being deleted', async () => {
  let gate: ReturnType<typeof holding> | undefined
  await withRemoval(
    { mode: 'hard' },
    async ({ handle, home }) => {
      await gate?.begun
      await handle.executeUpdate(restore, { args: [undefined] })
      gate?.go()
      expect(await handle.result()).toMatchObject({ state: 'cancelled' })
      await home.expectInService({ credentials: false })
    },
    (real) => {
      gate = holding(real, 'takeOut')
      return gate.held
    },
  )
})

test.skipIf(missing)('nothing is restored once the deletion has begun', async () => {
  let gate: ReturnType<typeof holding> | undefined
  await withRemoval(
    { mode: 'hard' },
    async ({ handle, home }) => {
      await gate?.begun
      await expect(handle.executeUpdate(restore, { args: [undefined] })).rejects.toThrow()
      await handle.cancel()
      gate?.go()
      expect(await handle.result()).toMatchObject({ state: 'done' })
      await home.expectGone()
    },
    (real) => {
      gate = holding(real, 'deleteStored')
      return gate.held
    },
  )
})
