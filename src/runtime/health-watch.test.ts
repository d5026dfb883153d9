import { expect, test } from 'vitest'
import { memoryApplicationStore } from '../../test/support/memory-application.ts'
import { HealthWatch } from './health-watch.ts'
import { createLogger } from './log.ts'

const MINUTE = 60_000

test('a loop that falls silent without a word raises one alarm after three missed cycles, and its return is told', async () => {
  const application = memoryApplicationStore()
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) })
  let minute = 0
  const watch = new HealthWatch({ application, log, now: () => minute * MINUTE })
  const house = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
  await application.putStatus(house, { registeredAt: 0, lastPollAt: 0, lastGoodAt: 0, pollSeconds: 300 })

  const events: string[] = []
  for (minute = 0; minute <= 25; minute++) {
    await watch.look()
    for (const line of lines.splice(0)) events.push(`${minute} ${line.event} ${line.to ?? ''}`.trim())
  }
  expect(events).toEqual(['6 entity.health_changed degraded', '16 entity.health_changed offline', '16 loop.stalled'])

  await application.putStatus(house, { lastPollAt: minute * MINUTE, lastGoodAt: minute * MINUTE })
  await watch.look()
  expect(lines).toMatchObject([{ event: 'entity.health_changed', from: 'offline', to: 'ok', level: 'info' }])
})

test('refused credentials raise an alarm once, also when they are met refused at the first look', async () => {
  const application = memoryApplicationStore()
  const lines: Record<string, unknown>[] = []
  const log = createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const watch = new HealthWatch({ application, log, now: () => MINUTE })
  const house = { kind: 'house', id: 'HEM_FJV_Villa_901' } as const
  const reason = 'HomeSide refused user name and password'
  await application.putStatus(house, { registeredAt: 0, failures: 1, reason, reasonCode: 'CredentialsRejected' })

  await watch.look()
  await watch.look()
  expect(lines.splice(0)).toMatchObject([{ event: 'access.refused', level: 'error', ...house, reason }])

  await application.putStatus(house, { lastGoodAt: MINUTE, failures: 0, reason: null, reasonCode: null })
  await watch.look()
  await application.putStatus(house, { failures: 1, reason, reasonCode: 'CredentialsRejected' })
  await watch.look()
  expect(lines.filter(({ event }) => event === 'access.refused')).toHaveLength(1)
})
