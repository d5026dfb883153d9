/** Once in the life of a town its entities get a past: charts are full at once, and houses can be learned. */
import type { Client } from '@temporalio/client'
import type { Environment } from '../config/environment.ts'
import { entityWorkflowId } from '../domain/entity.ts'
import { createImportOperations } from './imports.ts'
import type { Services } from './services.ts'

const TOWNS_PAST = 'towns-past'
const TOWNS_PAST_DAYS = 60

/**
 * Begins the imports; they go on in the background.
 * @returns whether anything was begun
 */
export async function importTownsPast(
  { application, config }: Services,
  client: Client,
  environment: Environment,
): Promise<boolean> {
  let begun = false
  const imports = createImportOperations(client, environment.temporal.taskQueuePrefix)
  const { entities } = await config.list()
  for (const { ref, origin, config: valid } of entities) {
    if (origin !== 'demo' || valid === null || ref.kind === 'zone') continue
    const id = entityWorkflowId(ref)
    if ((await application.getDocument(TOWNS_PAST, id)) !== undefined) continue
    await imports.startImport(ref, { days: TOWNS_PAST_DAYS, resolutionMinutes: 60, dryRun: false })
    await application.putDocument(TOWNS_PAST, id, { days: TOWNS_PAST_DAYS })
    begun = true
  }
  return begun
}
