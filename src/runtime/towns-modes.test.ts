import { expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import type { ControlAnswer, ControlOperations } from '../api/entities/control-port.ts'
import { recordingLogger } from '../config/testing/recording-logger.ts'
import { Unavailable } from '../connectors/errors.ts'
import type { ControlMode } from '../domain/entity.ts'
import { recordAudit } from '../store/application/audit.ts'
import { bringIntoModes, describeModes } from './towns-modes.ts'

const ID = 'HEM_FJV_Villa_901'
const HOUSE = { kind: 'house', id: ID } as const

/** A house that was read and is in mode monitor; requests are done at once unless a test says otherwise. */
async function setUp(mode: ControlMode = 'rules') {
  const application = memoryApplicationStore()
  await application.putStatus(HOUSE, { lastGoodAt: 1 })
  const asked: string[] = []
  const world = {
    application,
    asked,
    exists: true,
    readiness: { allowed: true, reason: '' },
    async answer(wish: ControlMode): Promise<ControlAnswer> {
      await application.putStatus(HOUSE, { mode: wish })
      await audited(wish, 'simulated town')
      return { state: 'done', outcome: { control: OUTCOME, mode: wish } }
    },
  }
  const audited = (wish: string, by: string) =>
    recordAudit(application, { by, action: 'mode.set', entity: HOUSE, detail: wish }, Date.now())
  const control: ControlOperations = {
    async ask(id, wish, { by }) {
      if (wish.kind !== 'mode') throw new Error('only modes are asked for')
      asked.push(`${id} ${wish.mode} ${wish.force ? 'by force' : 'as may be'} ${by}`)
      return world.answer(wish.mode)
    },
    mayOptimise: async () => world.readiness,
  }
  const { log, events } = recordingLogger()
  const start = () =>
    bringIntoModes({
      application,
      config: { get: async () => (world.exists ? ({} as never) : undefined) },
      control,
      wanted: new Map([[ID, mode]]),
      log,
      lookEveryMs: 1,
    })
  return { ...world, world, audited, start, events }
}

const OUTCOME = { state: 'held', leaseUntil: null, baselineAt: null, steerable: null } as const

const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('a house is asked for its mode once, never by force, and not again at the next start', async () => {
  const { asked, start } = await setUp()
  await start().settled
  await start().settled
  expect(asked).toEqual([`${ID} rules as may be simulated town`])
})

test('what a person chooses afterwards stays', async () => {
  const { application, asked, audited, start } = await setUp()
  await start().settled
  await application.putStatus(HOUSE, { mode: 'monitor' })
  await audited('monitor', 'Ann')
  await start().settled
  expect(asked).toHaveLength(1)
  expect((await application.getStatus(HOUSE))?.mode).toBe('monitor')
})

test('what a person has chosen before stays: another mode in the file, or monitor by a request', async () => {
  const byFile = await setUp()
  await byFile.application.putStatus(HOUSE, { mode: 'shadow' })
  await byFile.start().settled
  const byRequest = await setUp()
  await byRequest.audited('monitor', 'Ann')
  await byRequest.start().settled
  expect([...byFile.asked, ...byRequest.asked]).toEqual([])
})

test('a request that a crash cut short after the mode was stored is made again', async () => {
  const { application, asked, start } = await setUp()
  await application.putStatus(HOUSE, { mode: 'rules' })
  await start().settled
  expect(asked).toHaveLength(1)
})

test('a house is not asked before it was read, and one that was removed is left alone', async () => {
  const { application, world, asked, start } = await setUp()
  await application.putStatus(HOUSE, { lastGoodAt: null })
  const modes = start()
  await until(() => modes.waiting().size > 0)
  expect(modes.waiting().get(ID)).toEqual({ mode: 'rules', reason: 'it was not read yet' })
  await application.putStatus(HOUSE, { lastGoodAt: 1, offboarding: true })
  await until(() => modes.waiting().get(ID)?.reason === 'it is being removed')
  world.exists = false
  await modes.settled
  expect(asked).toEqual([])
  expect(modes.waiting().size).toBe(0)
  expect(await application.listDocuments('towns-modes')).toEqual([])
})

test('optimise waits until the model may steer, and says what it waits for', async () => {
  const { world, asked, start } = await setUp('optimise')
  world.readiness = { allowed: false, reason: 'it has no model yet' }
  const modes = start()
  await until(() => modes.waiting().get(ID)?.reason === 'it has no model yet')
  expect(asked).toEqual([])
  world.readiness = { allowed: true, reason: '' }
  await modes.settled
  expect(asked).toEqual([`${ID} optimise as may be simulated town`])
})

test('what is refused or fails is asked again', async () => {
  const { world, asked, start, events } = await setUp()
  const done = world.answer
  const answers: (() => Promise<ControlAnswer>)[] = [
    async () => ({ state: 'refused', reason: 'not now' }),
    async () => {
      throw new Unavailable('the portal is down')
    },
  ]
  world.answer = (mode) => answers.shift()?.() ?? done(mode)
  await start().settled
  expect(asked).toHaveLength(3)
  expect(events('town.mode_waits').map(({ reason }) => reason)).toEqual(['not now', 'the portal is down'])
})

test('a house that takes its time is not asked a second time meanwhile', async () => {
  const { application, world, asked, start } = await setUp()
  world.answer = async () => ({ state: 'pending' })
  const modes = start()
  await until(() => modes.waiting().get(ID)?.reason === 'the house takes its time')
  const [request] = await application.listDocuments<object>('control-request')
  await application.putDocument('control-request', request?.key ?? '', { ...request?.value, state: 'done' })
  await modes.settled
  expect(asked).toHaveLength(1)
})

test('a stop ends the waiting', async () => {
  const { world, start } = await setUp('optimise')
  world.readiness = { allowed: false, reason: 'it has no model yet' }
  const modes = start()
  await until(() => modes.waiting().size > 0)
  modes.stop()
  await modes.settled
  expect(modes.waiting().size).toBe(1)
})

test('the lines of the start tell the mode, since when, and what is to come', () => {
  const since = Date.parse('2026-01-10T07:05:00Z')
  const houses = [
    { id: 'A', mode: 'rules', modeSince: since },
    { id: 'B', mode: 'monitor', modeSince: null },
  ] as const
  const waiting = new Map([['B', { mode: 'optimise', reason: 'it has no model yet' }]] as const)
  expect(describeModes(houses, waiting)).toEqual([
    'A: rules since 2026-01-10T07:05:00Z',
    'B: monitor; optimise soon (it has no model yet)',
  ])
})
