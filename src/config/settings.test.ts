import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DEFAULT_SETTINGS, parseSettings, taskTimes } from './settings.ts'
import { createSettingsSource } from './settings-source.ts'
import { recordingLogger } from './testing/recording-logger.ts'

describe('settings', () => {
  test('without a file are those shipped', () => {
    expect(DEFAULT_SETTINGS.data_collection.heating_data_interval_minutes).toBe(5)
    expect(DEFAULT_SETTINGS.weather.forecast_interval_minutes).toBe(60)
    expect(taskTimes(DEFAULT_SETTINGS.daily_tasks.gap_fill)).toEqual(['07:30', '12:00'])
    expect(taskTimes(DEFAULT_SETTINGS.daily_tasks.energy_pipeline)).toEqual(['08:00'])
  })

  test('let a list of times win over one time, and a disabled task never run', () => {
    expect(taskTimes({ enabled: true, time: '09:00', times: ['01:00'] })).toEqual(['01:00'])
    expect(taskTimes({ enabled: true, time: '09:00' })).toEqual(['09:00'])
    expect(taskTimes({ enabled: true })).toEqual(['08:00'])
    expect(taskTimes({ enabled: false, time: '09:00' })).toEqual([])
  })

  test('report every fault', () => {
    const { problems } = parseSettings({ weather: { forecast_hours: 0 }, calibration: { enabled: 'no' } })
    expect(problems.map((fault) => fault.path)).toEqual(['weather.forecast_hours', 'calibration.enabled'])
  })

  test('follow the file; while it is broken the last good ones stay, reported once', async () => {
    const home = await mkdtemp(join(tmpdir(), 'bvpro-settings-'))
    onTestFinished(() => rm(home, { recursive: true }))
    const { log, events } = recordingLogger()
    const source = createSettingsSource({ home, log })
    const interval = async () => (await source.current()).data_collection.heating_data_interval_minutes
    expect(await interval()).toBe(5)
    await writeFile(join(home, 'settings.json'), '{"data_collection": {"heating_data_interval_minutes": 15}}')
    expect(await interval()).toBe(15)
    await writeFile(join(home, 'settings.json'), '{"data_collection": ')
    expect(await interval()).toBe(15)
    expect(await interval()).toBe(15)
    expect(events('config.invalid')).toHaveLength(1)
    expect(events('config.invalid')[0]).toMatchObject({ problems: [expect.stringMatching(/^settings\.json:1:21: /)] })
    await rm(join(home, 'settings.json'))
    expect(await interval()).toBe(5)
  })
})
