/**
 * Records `test/histories/`: `npx tsx test/workflows/record-histories.ts VERSION`. Run it before a change that would take
 * another path in running loops, and keep the old files: they are the loops that run out there.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
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
  const [ordinary, paused, failing, terminated] = (await bvpro.entities()).map(({ id }) => id)
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
  await faults({ wrongPassword: true, unauthorized: true })
  await bvpro.until('refused', async () => (await bvpro.entity(failing ?? ''))?.reasonCode === 'CredentialsRejected')
  await faults({})
  await message(failing, 'configure')
  await message(paused, 'resume')
  await message(ordinary, 'pollNow')
  await bvpro.temporal((client) => client.workflow.getHandle(`house:${terminated}`).terminate('recorded'))
  await bvpro.temporal((client) => client.workflow.getHandle('reconcile').signal('reconcileNow'))
  await bvpro.temporal((client) => client.workflow.getHandle('weather').signal('refreshWeatherNow'))
  await new Promise((resolve) => setTimeout(resolve, 12_000))

  const recordings = {
    'house-ordinary': `house:${ordinary}`,
    'house-paused-and-resumed': `house:${paused}`,
    'house-credentials-refused': `house:${failing}`,
    'house-started-again': `house:${terminated}`,
    'reconcile-entities': 'reconcile',
    'refresh-weather': 'weather',
  }
  await bvpro.temporal(async (client) => {
    for (const [name, workflowId] of Object.entries(recordings)) {
      const history = await client.workflow.getHandle(workflowId).fetchHistory()
      await writeFile(join(directory, `${name}-${version}.json`), `${historyToJSON(history)}\n`)
    }
  })
} finally {
  await bvpro.remove()
}
