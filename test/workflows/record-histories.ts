/**
 * Records `test/histories/`: `npx tsx test/workflows/record-histories.ts VERSION [NAME…]`. Run it before a change that would
 * take another path in running loops, and keep the old files: they are the loops that run out there. With names, only
 * those are written.
 */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { parse } from 'dotenv'
import { findTemporalBinary } from '../../src/runtime/servers/temporal-binary.ts'
import { Installation } from '../support/bvpro-process.ts'

const [, , version, ...wanted] = process.argv
if (version === undefined || !/^[\w.]+$/.test(version)) {
  process.stderr.write('usage: npx tsx test/workflows/record-histories.ts VERSION [NAME…]   (such as 0.1)\n')
  process.exit(2)
}

const directory = fileURLToPath(new URL('../histories/', import.meta.url))
await mkdir(directory, { recursive: true })
const bvpro = await Installation.create({ BVPRO_POLL_SECONDS: '2', BVPRO_TOWN_PORT: '0' })
try {
  await bvpro.start()
  const entities = await bvpro.entities()
  const [ordinary, paused, failing, terminated] = entities.flatMap(({ kind, id }) => (kind === 'house' ? [id] : []))
  const zone = entities.find(({ kind }) => kind === 'zone')?.id
  const building = entities.find(({ kind }) => kind === 'building')?.id
  if (terminated === undefined) throw new Error('the town has fewer than four houses')
  const townUrl = /Simulated town\s+│ (http:\S+)\/town/.exec(bvpro.output)?.[1]
  const faults = (body: object) =>
    fetch(`${townUrl}/town/houses/${failing}/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const message = (id: string | undefined, signal: string) =>
    bvpro.temporal((client) => client.workflow.getHandle(`house:${id}`).signal(signal))

  await message(paused, 'pause')
  await bvpro.request(`/api/v1/zones/${zone}/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ temperature: 21.5 }),
  })
  await faults({ wrongPassword: true, unauthorized: true })
  await bvpro.until('refused', async () => (await bvpro.entity(failing ?? ''))?.reasonCode === 'CredentialsRejected')
  await faults({})
  await message(failing, 'configure')
  await message(paused, 'resume')
  await message(ordinary, 'pollNow')
  await bvpro.temporal((client) => client.workflow.getHandle(`house:${terminated}`).terminate('recorded'))
  await bvpro.temporal((client) => client.workflow.getHandle('reconcile').signal('reconcileNow'))
  await bvpro.temporal((client) => client.workflow.getHandle('weather').signal('refreshWeatherNow'))
  await bvpro.temporal((client) => client.schedule.getHandle('fillGaps').trigger())
  await new Promise((resolve) => setTimeout(resolve, 15_000))
  const filling = await bvpro.temporal(async (client) => {
    for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "fillGaps"' })) return workflowId
    throw new Error('the schedule fillGaps has started nothing')
  })

  const { path } = await findTemporalBinary()
  const show = promisify(execFile)
  const remove = (kind: string, id: string | undefined, query: string) =>
    bvpro.request(`/api/v1/entities/${kind}/${id}?${query}`, { method: 'DELETE' })
  const ended = (workflowId: string) =>
    bvpro.until(`${workflowId} has ended`, () =>
      bvpro.temporal(
        async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name !== 'RUNNING',
      ),
    )
  // A house in control of its heat curve, whose portal is away for a while.
  const points = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [index + 1, 40 - 2 * index]))
  await bvpro.request(`/api/v1/entities/house/${failing}/config`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify({
      heat_curve_control: { in_control: true, baseline: { yref: points, curve: points, adaption: true } },
    }),
  })
  await faults({ down: 503 })
  await remove('house', failing, 'mode=soft&graceDays=0.0001')
  await new Promise((resolve) => setTimeout(resolve, 4_000))
  await faults({})
  await ended(`offboard:house:${failing}`)
  await remove('house', terminated, 'mode=soft')
  await bvpro.until('set aside', async () => (await bvpro.entity(terminated))?.health === 'offboarding')
  await bvpro.request(`/api/v1/entities/house/${terminated}/restore`, { method: 'POST' })
  await ended(`offboard:house:${terminated}`)
  await remove('building', building, 'mode=hard')
  await ended(`offboard:building:${building}`)
  await bvpro.temporal((client) => client.schedule.getHandle('purgeSweep').trigger())
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const sweeping = await bvpro.temporal(async (client) => {
    for await (const { workflowId } of client.workflow.list({ query: 'WorkflowType = "purgeSweep"' })) return workflowId
    throw new Error('the schedule purgeSweep has started nothing')
  })
  // The town's first meter file was imported at the start; the daily pipeline finds little left to do.
  await bvpro.temporal((client) => client.schedule.getHandle('dailyEnergy').trigger())
  let daily: string | undefined
  await bvpro.until('the daily pipeline has ended', () =>
    bvpro.temporal(async (client) => {
      const query = 'WorkflowType = "dailyEnergy" AND ExecutionStatus = "Completed"'
      for await (const { workflowId } of client.workflow.list({ query })) daily = workflowId
      return daily !== undefined
    }),
  )
  if (daily === undefined) throw new Error('the schedule dailyEnergy has started nothing')
  const learned = () =>
    bvpro.temporal(
      async (client) => (await client.workflow.getHandle('learn-imported').describe()).status.name === 'COMPLETED',
    )
  await bvpro.until('models are learned from the imported past', learned, 600)
  await bvpro.temporal((client) => client.schedule.getHandle('forecastIndoor').trigger())
  let foreseeing: string | undefined
  await bvpro.until('indoor forecasts are issued', () =>
    bvpro.temporal(async (client) => {
      const query = 'WorkflowType = "forecastIndoor" AND ExecutionStatus = "Completed"'
      for await (const { workflowId } of client.workflow.list({ query })) foreseeing = workflowId
      return foreseeing !== undefined
    }),
  )
  if (foreseeing === undefined) throw new Error('the schedule forecastIndoor has started nothing')
  const spare = parse(await readFile(join(bvpro.home, 'data', 'demo', 'spare.env'), 'utf8'))
  const add = async (collection: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const response = await bvpro.request(`/api/v1/${collection}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const { workflowId } = (await response.json()) as { workflowId: string }
    await ended(workflowId)
    return workflowId
  }
  const account = { username: spare.TOWN_ACCOUNT, password: spare.TOWN_PASSWORD }
  const undecided = await add('houses', account)
  const added = await add('houses', { ...account, houseId: 'HEM_FJV_Villa_906', importDays: 7 })
  const office = await add('buildings', {
    host: spare.TOWN_ARRIGO,
    username: spare.TOWN_ARRIGO_USERNAME,
    password: spare.TOWN_ARRIGO_PASSWORD,
    importDays: 0,
  })
  const room = await add('zones', {
    name: 'Workshop',
    modbus_host: spare.TOWN_ZONE_HOST,
    modbus_port: Number(spare.TOWN_ZONE_PORT),
    preferences: { occupied_temp: 21, unoccupied_temp: 18 },
  })
  // A house that is taken, steered and given back, by each of the requests people have.
  const steered = 'HEM_FJV_Villa_907'
  await add('houses', { ...account, houseId: steered, importDays: 0 })
  const ask = async (method: 'POST' | 'PUT', path: string, body: object = {}) => {
    const answer = await bvpro.request(`/api/v1/entities/house/${steered}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`)
  }
  await bvpro.until('read', async () => (await bvpro.entity(steered))?.health === 'ok')
  await ask('POST', 'control/take')
  await ask('PUT', 'setpoint', { temperature: 17.5 })
  await ask('PUT', 'mode', { mode: 'rules' })
  await bvpro.until('decided about', async () => {
    const { decisions } = await bvpro.get<{ decisions: object[] }>(`/api/v1/entities/house/${steered}/decisions`)
    return decisions.length > 0
  })
  await ask('POST', 'control/release')
  await ask('PUT', 'mode', { mode: 'monitor' })
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  const testOf = async (id: string) => {
    const answer = await bvpro.request(`/api/v1/entities/house/${id}/inertia-test`)
    return (await answer.json()) as { state?: string; shiftK?: number | null }
  }
  await ask('POST', 'inertia-test', { force: true, hours: 0.1 })
  await bvpro.until('proposed', async () => (await testOf(steered)).state === 'proposed')
  await ask('POST', 'inertia-test/approve')
  await bvpro.until('lowered', async () => ((await testOf(steered)).shiftK ?? 0) < -0.9, 300)
  await ask('POST', 'inertia-test/abort')
  await bvpro.until('restored', async () => (await testOf(steered)).state === 'done', 300)
  const recordings = {
    'inertia-test': `inertia:${steered}`,
    'house-tested': `house:${steered}`,
    'house-steered': `house:${steered}`,
    'house-ordinary': `house:${ordinary}`,
    'house-paused-and-resumed': `house:${paused}`,
    'house-credentials-refused': `house:${failing}`,
    'house-started-again': `house:${terminated}`,
    building: `building:${building}`,
    'zone-with-a-request': `zone:${zone}`,
    'import-history': `import:house:${ordinary}`,
    'fill-gaps': filling,
    'reconcile-entities': 'reconcile',
    'refresh-weather': 'weather',
    'house-released': `house:${failing}`,
    'offboard-entity-soft': `offboard:house:${failing}`,
    'offboard-entity-restored': `offboard:house:${terminated}`,
    'offboard-entity-hard': `offboard:building:${building}`,
    'purge-sweep': sweeping,
    'daily-energy': daily,
    'check-energy-inbox': 'energy-inbox',
    'separate-entity': `separate:house:${ordinary}`,
    'recalibrate-heat-loss': 'recalibrate:due',
    'learn-thermal': 'learn-imported',
    'forecast-indoor': foreseeing,
    'onboard-house': added,
    'onboard-house-undecided': undecided,
    'onboard-building': office,
    'onboard-zone': room,
  }
  for (const [name, workflowId] of Object.entries(recordings)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const { stdout } = await show(
      path,
      ['workflow', 'show', '--workflow-id', workflowId, '--address', bvpro.temporalAddress, '--output', 'json'],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    // Which process in which folder of which machine did it is nobody's business.
    const history = stdout
      .replaceAll(/"identity": "[^"]*"/g, '"identity": "bvpro"')
      .replaceAll(/"name": "\d+@[^"]*"/g, '"name": "bvpro"')
      .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    await writeFile(join(directory, `${name}-${version}.json`), history)
  }
} finally {
  await bvpro.remove()
}
