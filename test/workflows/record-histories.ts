/**
 * Records `test/histories/`: `npx tsx test/workflows/record-histories.ts VERSION`. Run it before a change that would take
 * another path in running loops, and keep the old files: they are the loops that run out there.
 */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findTemporalBinary } from '../../src/runtime/servers/temporal-binary.ts'
import { Installation } from '../support/bvpro-process.ts'

const version = process.argv[2]
if (version === undefined || !/^[\w.]+$/.test(version)) {
  process.stderr.write('usage: npx tsx test/workflows/record-histories.ts VERSION   (such as 0.1)\n')
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

  const recordings = {
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
  }
  const { path } = await findTemporalBinary()
  const show = promisify(execFile)
  for (const [name, workflowId] of Object.entries(recordings)) {
    const { stdout } = await show(
      path,
      ['workflow', 'show', '--workflow-id', workflowId, '--address', bvpro.temporalAddress, '--output', 'json'],
      { maxBuffer: 64 * 1024 * 1024 },
    )
    // Which process in which folder of which machine did it is nobody's business.
    const history = stdout
      .replaceAll(/"identity": "[^"]*"/g, '"identity": "bvpro"')
      .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
    await writeFile(join(directory, `${name}-${version}.json`), history)
  }
} finally {
  await bvpro.remove()
}
