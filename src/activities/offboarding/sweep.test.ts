/** The daily sweep over removals whose workflow may be gone. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryApplicationStore } from '../../../test/support/memory-application.ts'
import { createConfigStore } from '../../config/config-store.ts'
import { type EntityRef, entityWorkflowId } from '../../domain/entity.ts'
import { silentLogger } from '../../runtime/log.ts'
import { createOffboardedFile } from './offboarded-file.ts'
import { putRemoval } from './removal-record.ts'
import { sweepPurges } from './sweep.ts'

const NOW = Date.parse('2026-02-01T02:30:00Z')
const house = (id: string): EntityRef => ({ kind: 'house', id })

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'bvpro-sweep-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

function setUp() {
  const application = memoryApplicationStore()
  const config = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
  const offboarded = { real: createOffboardedFile(join(home, 'offboarded.json'), silentLogger) }
  const running = new Set<string>()
  const resumed: string[] = []
  const pending = (id: string, purgeAfter: number | null) =>
    putRemoval(application, {
      entity: house(id),
      name: id,
      origin: 'real',
      mode: 'soft',
      by: 'an operator',
      begunAt: 0,
      offboardedAt: purgeAfter === null ? null : 1,
      purgeAfter,
    })
  const sweep = () =>
    sweepPurges({
      config,
      application,
      offboarded,
      credentials: { discardStale: async (now) => (now === NOW ? 2 : 0) },
      removals: {
        isRunning: async (entity) => running.has(entityWorkflowId(entity)),
        async resume(entity) {
          resumed.push(entityWorkflowId(entity))
        },
      },
      log: silentLogger,
      now: () => NOW,
    })
  return { application, config, offboarded, running, resumed, pending, sweep }
}

test('starts what is due and has no workflow, and nothing else', async () => {
  const { pending, running, resumed, sweep } = setUp()
  await pending('DUE', NOW)
  await pending('RUNNING', NOW - 1)
  running.add('house:RUNNING')
  await pending('LATER', NOW + 1)
  await pending('HALF_WAY', null)
  expect(await sweep()).toEqual({
    at: '2026-02-01T02:30:00.000Z',
    started: ['house:DUE'],
    calledOff: [],
    pending: 1,
    discardedCredentials: 2,
  })
  expect(resumed).toEqual(['house:DUE'])
})

test('never purges an id that is configured again: the purge is called off', async () => {
  const { application, config, offboarded, pending, resumed, sweep } = setUp()
  await pending('BACK', NOW - 1)
  await offboarded.real.add({ entity: house('BACK'), name: 'BACK', offboardedAt: 1, purgeAfter: NOW - 1 })
  await config.create(house('BACK'), {})
  await application.putStatus(house('BACK'), { offboarding: true })
  expect(await sweep()).toMatchObject({ started: [], calledOff: ['house:BACK'] })
  expect(resumed).toEqual([])
  expect(await offboarded.real.pending()).toEqual([])
  expect(await application.listDocuments('offboarding')).toEqual([])
  expect(await application.getStatus(house('BACK'))).toMatchObject({ offboarding: false })
})

test('takes up what the system before BVPro left to be purged', async () => {
  const { resumed, sweep } = setUp()
  const entry = {
    id: 'OLD',
    type: 'house',
    friendly_name: 'Old',
    offboarded_at: '',
    purge_after: '2026-01-31T06:00:00+00:00',
  }
  await writeFile(join(home, 'offboarded.json'), JSON.stringify({ pending_purge: [entry, { id: 'odd' }], purged: [] }))
  await sweep()
  expect(resumed).toEqual(['house:OLD'])
})
