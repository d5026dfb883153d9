/** Meter hours of the town from the supplier's file to split and heat loss, in the real process, through kill -9. */
import { readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays, dayEnd, dayLabel, dayStart } from '../../src/domain/time/day.ts'
import { Installation } from '../support/bvpro-process.ts'
import { testServer } from '../support/servers.ts'

const missing = (await testServer('temporal')) === undefined
const EK = 'HEM_FJV_Villa_901'

interface EnergyAnswer {
  readonly days: readonly {
    readonly date: string
    readonly totalKwh: number
    readonly heatingKwh: number | null
    readonly dhwKwh: number | null
    readonly method: string
    readonly complete: boolean
  }[]
  readonly heatLoss: { readonly kwPerK: number | null; readonly low: number; readonly high: number } | null
}

let bvpro: Installation

beforeAll(async () => {
  bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '5' })
  await bvpro.start()
})
afterAll(() => bvpro?.remove())

function energyOf(id: string, days = 70): Promise<EnergyAnswer> {
  const today = dayLabel(Date.now())
  return bvpro.get(`/api/v1/entities/house/${id}/energy?from=${addDays(today, -days)}&to=${today}`)
}

function hoursOf(id: string, from: number, to: number): Promise<{ rows: [string, number | null][] }> {
  const range = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`
  return bvpro.get(`/api/v1/entities/house/${id}/series?measurement=energy_meter&fields=consumption&${range}`)
}

describe.skipIf(missing)('the energy of the town', () => {
  test('of sixty days is there with split and heat loss', async () => {
    await bvpro.until(
      'sixty days are split and a heat loss is known',
      async () => {
        const { days, heatLoss } = await energyOf(EK)
        return days.filter(({ heatingKwh }) => heatingKwh !== null).length >= 60 && heatLoss?.kwPerK != null
      },
      240,
    )
    const { days } = await energyOf(EK)
    for (const { totalKwh, heatingKwh, dhwKwh, complete } of days) {
      expect(complete).toBe(true)
      expect((heatingKwh ?? 0) + (dhwKwh ?? 0)).toBeCloseTo(totalKwh, 6)
    }
    const yesterday = addDays(dayLabel(Date.now()), -1)
    const { rows } = await hoursOf(EK, dayStart(yesterday), dayEnd(yesterday))
    expect(rows.length).toBe((dayEnd(yesterday) - dayStart(yesterday)) / 3_600_000)
    const metered = rows.reduce((sum, [, kwh]) => sum + (kwh ?? 0), 0)
    expect(days.find(({ date }) => date === yesterday)?.totalKwh).toBeCloseTo(metered, 6)
  })

  test('corrected by a file in the inbox shows soon, with exactly its day split again', async () => {
    const day = addDays(dayLabel(Date.now()), -10)
    const before = await energyOf(EK)
    const first = new Date(dayStart(day)).toISOString().replace('.000', '')
    const name = `energy_${dayLabel(Date.now()).replaceAll('-', '')}_correction.txt`
    const inbox = join(bvpro.home, 'data', 'energy-inbox')
    const meter = '735999000000000901'
    await writeFile(
      join(inbox, `.${name}`),
      `timestamp;serviceID;consumption\n${first};${meter};11\n${first};unknown;1\n`,
    )
    await rename(join(inbox, `.${name}`), join(inbox, name))
    await bvpro.until(
      'the correction is split',
      async () => {
        const total = (answer: EnergyAnswer) => answer.days.find(({ date }) => date === day)?.totalKwh
        return total(await energyOf(EK)) !== total(before)
      },
      60,
    )
    const after = await energyOf(EK)
    const changed = after.days.filter(({ date, totalKwh }) => {
      return before.days.find((known) => known.date === date)?.totalKwh !== totalKwh
    })
    expect(changed.map(({ date }) => date)).toEqual([day])
    await bvpro.until('the file is put away', async () => !(await readdir(inbox)).includes(name))
    const failed = await readdir(join(inbox, 'failed'))
    const report = failed.find((file) => file.endsWith('.report.txt')) ?? ''
    expect(await readFile(join(inbox, 'failed', report), 'utf8')).toContain(
      'No house or building has the meter unknown',
    )
  })

  test('delivered while BVPro is down is imported once it is back, and nothing is doubled', async () => {
    await bvpro.kill('SIGKILL')
    const day = addDays(dayLabel(Date.now()), -5)
    const lines = Array.from({ length: 20 }, (_, hour) => {
      const time = new Date(dayStart(day) + hour * 3_600_000).toISOString().replace('.000', '')
      return `${time};735999000000000901;3`
    })
    const name = `energy_${dayLabel(Date.now()).replaceAll('-', '')}_late.txt`
    const inbox = join(bvpro.home, 'data', 'energy-inbox')
    await writeFile(join(inbox, name), `${['timestamp;serviceID;consumption', ...lines].join('\n')}\n`)
    await bvpro.start()
    await bvpro.until(
      'the late file is split',
      async () => (await hoursOf(EK, dayStart(day), dayStart(day) + 3_600_000)).rows[0]?.[1] === 3,
      90,
    )
    expect((await hoursOf(EK, dayStart(day), dayEnd(day))).rows).toHaveLength(24)
    await bvpro.until('the file is put away', async () => !(await readdir(inbox)).includes(name))
  })

  test('is worked on by schedules that keep Swedish time when the clocks change', async () => {
    const described = await bvpro.temporal(async (client) => {
      const ids = ['dailyEnergy', 'checkEnergyInbox', 'recalibrateHeatLoss']
      return Promise.all(ids.map((id) => client.schedule.getHandle(id).describe()))
    })
    const [daily, hourly, byHand] = described
    const swedish = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Stockholm', timeStyle: 'short' })
    for (const time of daily?.info.nextActionTimes ?? []) expect(swedish.format(time)).toBe('08:00')
    expect(daily?.info.nextActionTimes.length).toBeGreaterThan(0)
    expect(daily?.spec.timezone).toBe('Europe/Stockholm')
    const [first, second] = hourly?.info.nextActionTimes ?? []
    expect((second?.getTime() ?? 0) - (first?.getTime() ?? 0)).toBe(3_600_000)
    expect(byHand?.state.paused).toBe(true)
    const times = await matchingTimes('dailyEnergy', '2027-03-27T00:00:00Z', '2027-03-30T00:00:00Z')
    expect(times).toEqual(['2027-03-27T07:00:00.000Z', '2027-03-28T06:00:00.000Z', '2027-03-29T06:00:00.000Z'])
    const autumn = await matchingTimes('dailyEnergy', '2027-10-30T00:00:00Z', '2027-11-02T00:00:00Z')
    expect(autumn).toEqual(['2027-10-30T06:00:00.000Z', '2027-10-31T07:00:00.000Z', '2027-11-01T07:00:00.000Z'])
  })
})

/** When the server says a schedule would run in a stretch of time. */
function matchingTimes(scheduleId: string, from: string, to: string): Promise<string[]> {
  return bvpro.temporal(async (client) => {
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId,
      startTime: msToTs(Date.parse(from)),
      endTime: msToTs(Date.parse(to)),
    })
    return startTime.map((time) => new Date(tsToMs(time)).toISOString())
  })
}
