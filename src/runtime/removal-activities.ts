/** The activities of off-boarding, put together for the queues they run on. */
import { join, sep } from 'node:path'
import { createOffboardingActivities, type EntityEnd } from '../activities/offboarding/index.ts'
import { createOffboardedFile } from '../activities/offboarding/offboarded-file.ts'
import { createSweepActivities, type RemovalWorkflows } from '../activities/offboarding/sweep.ts'
import type { OffboardingActivities, ReleaseActivities, SweepActivities } from '../activities/offboarding-contract.ts'
import type { ConfigStore } from '../config/catalogue.ts'
import type { CredentialStore } from '../connectors/credentials/index.ts'
import type { ApplicationStore } from '../store/application/port.ts'
import type { ReadingSpool } from '../store/spool.ts'
import type { TimeSeriesStore } from '../store/timeseries/port.ts'
import type { Logger } from './log.ts'

/** What off-boarding asks of Temporal. */
export interface RemovalPorts {
  readonly end: EntityEnd
  readonly workflows: RemovalWorkflows
}

export interface RemovalParts {
  readonly config: ConfigStore
  readonly application: ApplicationStore
  readonly timeSeries: TimeSeriesStore
  readonly credentials: CredentialStore
  readonly spool: ReadingSpool
  /** Each home keeps its own `offboarded.json`; the town may not run. */
  readonly homes: { readonly real: string; readonly demo: string | undefined }
  readonly log: Logger
  readonly now: () => number
}

export interface RemovalActivities {
  readonly homeside: ReleaseActivities
  readonly pipelines: OffboardingActivities & SweepActivities
}

export function createRemovalActivities(parts: RemovalParts, { end, workflows }: RemovalPorts): RemovalActivities {
  const { homes, log } = parts
  const fileIn = (home: string) => createOffboardedFile(join(home, 'offboarded.json'), log)
  const offboarded = {
    real: fileIn(homes.real),
    ...(homes.demo === undefined ? {} : { demo: fileIn(homes.demo) }),
  }
  const { askForRelease, ...offboarding } = createOffboardingActivities({
    ...parts,
    offboarded,
    loops: end,
    originOf: (file) => (homes.demo !== undefined && file.startsWith(`${homes.demo}${sep}`) ? 'demo' : 'real'),
  })
  return {
    homeside: { askForRelease },
    pipelines: { ...offboarding, ...createSweepActivities({ ...parts, offboarded, removals: workflows }) },
  }
}
