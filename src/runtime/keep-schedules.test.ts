import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DEFAULT_SETTINGS, parseSettings } from '../config/settings.ts'
import { declaredSchedules, type ScheduleDeclaration, timeOfDay } from './declared-schedules.ts'
import { keepSchedules } from './keep-schedules.ts'
import { createLogger } from './log.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function settingsWith(gapFill: object) {
  const { config } = parseSettings({ daily_tasks: { gap_fill: gapFill } })
  if (config === null) throw new Error('not valid settings')
  return config
}

const timesOf = (declarations: readonly ScheduleDeclaration[], id: string) =>
  declarations.find((declaration) => declaration.id === id)?.times

test('every schedule has an id of its own, a sentence, and says what it makes up for', () => {
  const declared = declaredSchedules(DEFAULT_SETTINGS)
  expect(new Set(declared.map(({ id }) => id)).size).toBe(declared.length)
  for (const { does, catchUpHours } of declared) {
    expect(does).toMatch(/^[A-Z].*\.$/)
    expect(catchUpHours).toBeGreaterThan(0)
  }
})

test('gaps are filled at the times of the settings; disabled, never by the clock', () => {
  expect(timesOf(declaredSchedules(DEFAULT_SETTINGS), 'fillGaps')).toEqual([
    { hour: 7, minute: 30 },
    { hour: 12, minute: 0 },
  ])
  expect(timesOf(declaredSchedules(settingsWith({ time: '05:05' })), 'fillGaps')).toEqual([{ hour: 5, minute: 5 }])
  expect(timesOf(declaredSchedules(settingsWith({ enabled: false })), 'fillGaps')).toEqual([])
})

test('a text that is no time of day is refused', () => {
  expect(() => timeOfDay('noon')).toThrow(RangeError)
})

test('the schedules are looked at once and then every minute, with the settings of that minute', async () => {
  const seen: unknown[] = []
  let settings = DEFAULT_SETTINGS
  const end = await keepSchedules({
    declared: async () => declaredSchedules(settings),
    ensure: async ({ id, times }) => {
      if (id === 'fillGaps') seen.push(times.length)
      return 'unchanged'
    },
    log: createLogger('silent'),
  })
  expect(seen).toEqual([2])
  settings = settingsWith({ times: ['01:00', '09:00', '17:00'] })
  await vi.advanceTimersByTimeAsync(60_000)
  expect(seen).toEqual([2, 3])
  end()
  await vi.advanceTimersByTimeAsync(180_000)
  expect(seen).toEqual([2, 3])
})

test('changes are told; a fault is told once, and does not keep the other schedules from being made', async () => {
  const lines: Record<string, unknown>[] = []
  const [fill] = declaredSchedules(DEFAULT_SETTINGS)
  if (fill === undefined) throw new Error('no schedule is declared')
  let broken = true
  const end = await keepSchedules({
    declared: async () => [{ ...fill, id: 'broken' }, fill],
    ensure: async ({ id }) => {
      if (id === 'broken' && broken) throw new Error('it belongs to somebody else')
      return id === 'broken' ? 'updated' : 'created'
    },
    log: createLogger('info', { write: (line: string) => lines.push(JSON.parse(line)) }),
  })
  await vi.advanceTimersByTimeAsync(60_000)
  broken = false
  await vi.advanceTimersByTimeAsync(60_000)
  end()
  expect(lines.filter(({ event }) => event === 'schedule.not_ensured')).toMatchObject([
    { id: 'broken', reason: 'it belongs to somebody else' },
  ])
  expect(lines).toContainEqual(expect.objectContaining({ event: 'schedule.created', id: 'fillGaps' }))
  expect(lines.at(-2)).toMatchObject({ event: 'schedule.updated', id: 'broken' })
})
