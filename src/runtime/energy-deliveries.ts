/** Has meter files imported as soon as they are delivered, where somebody can tell; the hourly look finds the rest. */
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client'
import type { EnergyExchange } from '../connectors/energy-exchange/exchange.ts'
import type { checkEnergyInbox } from '../workflows/check-energy-inbox.ts'
import { energyDelivered } from '../workflows/energy-messages.ts'
import { workflowQueue } from '../workflows/queues.ts'
import type { Logger } from './log.ts'

export const ENERGY_INBOX_WORKFLOW_ID = 'energy-inbox'

/** Starts the import, or tells one that runs to look again. */
export async function importDeliveries(client: Client, queuePrefix: string): Promise<void> {
  await client.workflow.signalWithStart<typeof checkEnergyInbox, []>('checkEnergyInbox', {
    taskQueue: workflowQueue(queuePrefix),
    workflowId: ENERGY_INBOX_WORKFLOW_ID,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    args: [],
    signal: energyDelivered,
    signalArgs: [],
  })
}

export interface EnergyCheck {
  /** Has the inbox and the due days looked at in some seconds; asked again meanwhile, it waits a little longer. */
  soon(): void
  end(): void
}

const SOON_MS = 5_000

export function createEnergyCheck(client: Client, queuePrefix: string, log: Logger): EnergyCheck {
  let timer: NodeJS.Timeout | undefined
  return {
    soon() {
      clearTimeout(timer)
      timer = setTimeout(() => {
        importDeliveries(client, queuePrefix).catch((error: unknown) => {
          log.warn('energy.delivery_not_told', { reason: error instanceof Error ? error.message : String(error) })
        })
      }, SOON_MS)
      timer.unref()
    },
    end: () => clearTimeout(timer),
  }
}

/**
 * Watches the places of meter files, and looks once at the start for what was delivered meanwhile.
 * @returns ends the watching
 */
export function watchDeliveries(exchanges: ReadonlyMap<string, EnergyExchange>, check: EnergyCheck): () => void {
  const ends = [...exchanges.values()].map(({ watch }) => watch?.(() => check.soon()))
  check.soon()
  return () => {
    for (const end of ends) end?.()
    check.end()
  }
}
