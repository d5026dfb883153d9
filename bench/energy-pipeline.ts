/**
 * The morning of many houses: `npm run bench:energy-pipeline -- --houses 1000 --output FILE`. One supplier's file with a
 * day of hours of every meter is imported into a store that holds two months of each, the new day of every house is
 * separated in the compute pool, and all is stored. Temporal itself is left out: it adds some ten events a house.
 */
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pLimit from 'p-limit'
import { noteDays } from '../src/activities/energy/due-days.ts'
import type { EnergyEntity } from '../src/activities/energy/metered-entity.ts'
import { dueEntities, separateOne } from '../src/activities/energy/separate.ts'
import { importFile } from '../src/activities/energy-import/import-file.ts'
import { meterOwners } from '../src/activities/energy-import/meter-owners.ts'
import { createFolderExchange } from '../src/connectors/energy-exchange/folder.ts'
import { addDays, dayLabel, dayStart, hourStarts, labelToTime } from '../src/domain/time/day.ts'
import { createComputePool } from '../src/runtime/compute-pool.ts'
import { openApplicationStore } from '../src/store/application/index.ts'
import type { Point } from '../src/store/timeseries/port.ts'
import { openSqliteTimeSeries } from '../src/store/timeseries/sqlite.ts'

const { values } = parseArgs({
  options: {
    houses: { type: 'string', default: '1000' },
    days: { type: 'string', default: '60' },
    output: { type: 'string' },
  },
})
const houses = Number(values.houses)
const days = Number(values.days)

const HOUR_MS = 3_600_000
const TODAY = '2026-02-10'
const NOW = dayStart(TODAY) + 8 * HOUR_MS
const YESTERDAY = addDays(TODAY, -1)
/** As many as the worker's queue gives at once. */
const SEPARATIONS_AT_ONCE = 4

const outdoorAt = (time: number) =>
  -1 + 7 * Math.sin(time / HOUR_MS / 70) + 2 * Math.sin((time / HOUR_MS / 24) * 2 * Math.PI)

/** kWh, whole as most meters count: what the cold takes, and draw-offs now here, now there. */
function energyAt(house: number, time: number): number {
  const hour = Math.floor(time / HOUR_MS)
  const clock = hour % 24
  const day = Math.floor(hour / 24) + house
  const dhw = clock === 5 + (day % 4) ? 2 + (day % 3) : clock === 17 + (day % 5) ? 1.5 + (day % 2) : 0
  const exact = (at: number) => (0.1 + 0.002 * (house % 50)) * (19 - outdoorAt(at)) * (at / HOUR_MS)
  return Math.round(dhw + exact(time) / Math.max(1, time / HOUR_MS) + ((hour * 7 + house * 13) % 10) / 10 - 0.45)
}

const entities: EnergyEntity[] = Array.from({ length: houses }, (_, index) => ({
  ref: { kind: 'house', id: `BENCH_Villa_${index}` },
  name: `Villa ${index}`,
  meterIds: [`7359990000${String(index).padStart(8, '0')}`],
  dataStart: undefined,
  separates: true,
  sensors: {
    measurement: 'heating_system',
    outdoor: 'outdoor_temperature',
    indoor: 'room_temperature',
    hotWater: 'hot_water_temp',
    power: 'dh_power',
  },
  assumedIndoor: null,
  position: { latitude: 56.67, longitude: 12.86 },
  place: undefined,
  heatLossK: 0.15,
}))

const folder = await mkdtemp(join(tmpdir(), 'bvpro-bench-energy-'))
const inbox = join(folder, 'inbox')
await mkdir(inbox)
const timeSeries = openSqliteTimeSeries(join(folder, 'timeseries.db'))
const application = await openApplicationStore({ sqlitePath: join(folder, 'bvpro.db') })
const compute = createComputePool()
try {
  process.stderr.write(`storing ${days} days of ${houses} houses …\n`)
  for (const [index, { ref, meterIds }] of entities.entries()) {
    const points: Point[] = []
    for (let time = dayStart(addDays(TODAY, -days)); time < dayStart(TODAY); time += HOUR_MS) {
      const tags = { house_id: ref.id }
      points.push({
        measurement: 'heating_system',
        tags,
        time,
        fields: { outdoor_temperature: outdoorAt(time), room_temperature: 21 },
      })
      if (time < dayStart(YESTERDAY)) {
        const meter = { ...tags, meter_id: meterIds[0] ?? '' }
        points.push({ measurement: 'energy_meter', tags: meter, time, fields: { consumption: energyAt(index, time) } })
      }
    }
    // A split stands for every day but yesterday, as on any other morning.
    const split = { measurement: 'energy_separated', tags: { house_id: ref.id }, time: labelToTime(addDays(TODAY, -2)) }
    points.push({ ...split, fields: { actual_energy_kwh: 40, no_breakdown: 0 } })
    await timeSeries.write(points)
  }
  const rows = hourStarts(YESTERDAY).flatMap((time) =>
    entities.map(({ meterIds }, index) => `${new Date(time).toISOString()};${meterIds[0]};${energyAt(index, time)}`),
  )
  const name = `energy_${TODAY.replaceAll('-', '')}.txt`
  await writeFile(join(inbox, name), `timestamp;serviceID;consumption\n${rows.join('\n')}\n`)
  await utimes(join(inbox, name), NOW / 1000 - 600, NOW / 1000 - 600)

  const exchange = createFolderExchange({ directory: inbox, now: () => NOW })
  const dependencies = { timeSeries, application, compute, now: () => NOW }
  let largest = 0
  const looking = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage().rss)
  }, 200)

  const begin = performance.now()
  const [file] = await exchange.list()
  if (file === undefined) throw new Error('the file is not there')
  const imported = await importFile(
    { inbox: 'main', ...file },
    {
      exchange,
      timeSeries,
      owners: meterOwners(entities),
      noteDays: (entity, noted) => noteDays(application, entity, noted),
      now: NOW,
      heartbeat: () => undefined,
    },
  )
  const importSeconds = (performance.now() - begin) / 1000
  const due = await dueEntities(dependencies, entities)
  const limit = pLimit(SEPARATIONS_AT_ONCE)
  const memory: number[] = []
  let separated = 0
  await Promise.all(
    due.map(({ id }) =>
      limit(async () => {
        const entity = entities.find(({ ref }) => ref.id === id)
        if (entity === undefined) throw new Error(`there is no ${id}`)
        const outcome = await separateOne(dependencies, entity, [], false)
        separated += outcome.days.length
        if (separated % Math.ceil(houses / 10) === 0) memory.push(Math.round(process.memoryUsage().rss / 1e6))
      }),
    ),
  )
  clearInterval(looking)
  const seconds = (performance.now() - begin) / 1000
  const result = {
    date: dayLabel(Date.now()),
    houses,
    rows: rows.length,
    stored: imported.added,
    daysSeparated: separated,
    seconds: Number(seconds.toFixed(1)),
    importSeconds: Number(importSeconds.toFixed(1)),
    separationSeconds: Number((seconds - importSeconds).toFixed(1)),
    largestMemoryMb: Math.round(largest / 1e6),
    memoryMbAtEachTenth: memory,
    machine: `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`,
  }
  const text = `${JSON.stringify(result, null, 2)}\n`
  process.stdout.write(text)
  if (values.output !== undefined) await writeFile(values.output, text)
} finally {
  await compute.close()
  await Promise.all([timeSeries.close(), application.close()])
  await rm(folder, { recursive: true })
}
