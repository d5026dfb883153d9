/** On-boardings as the API sees them, in memory: zones are written at once, houses and buildings only begin. */
import type { OnboardingVendors } from '../../activities/onboarding/index.ts'
import { ConfigExists, type ConfigStore } from '../../config/catalogue.ts'
import { zoneIdOf } from '../../config/zone.ts'
import type { Discovery } from '../../connectors/arrigo/index.ts'
import type { Credentials } from '../../connectors/credentials/index.ts'
import { CredentialsRejected } from '../../connectors/errors.ts'
import type { House } from '../../connectors/homeside/index.ts'
import type { EntityKind } from '../../domain/entity.ts'
import type { OperationProgress } from '../../workflows/progress-messages.ts'
import { type OnboardingInputs, type OnboardingOperations, onboardingWorkflowId } from '../onboarding/ports.ts'

export function operationProgress(change: Partial<OperationProgress> = {}): OperationProgress {
  return {
    state: 'running',
    step: 'sign in',
    steps: [{ name: 'sign in', state: 'running', detail: null }],
    entityId: null,
    percent: 0,
    error: null,
    waitingFor: null,
    dueAt: null,
    ...change,
  }
}

export class FakeOnboarding implements OnboardingOperations {
  readonly started: { readonly kind: EntityKind; readonly input: OnboardingInputs[EntityKind] }[] = []
  /** By workflow id. */
  readonly operations = new Map<string, OperationProgress>()
  fault: Error | undefined
  readonly #config: Pick<ConfigStore, 'create'>

  constructor(config: Pick<ConfigStore, 'create'>) {
    this.#config = config
  }

  async start<K extends EntityKind>(kind: K, input: OnboardingInputs[K]): Promise<'started' | 'running'> {
    if (this.fault !== undefined) throw this.fault
    const workflowId = onboardingWorkflowId(kind, input.reference)
    if (this.operations.has(workflowId)) return 'running'
    this.started.push({ kind, input })
    const progress = 'document' in input ? await this.#writeZone(input.document) : operationProgress()
    this.operations.set(workflowId, progress)
    return 'started'
  }

  async progress(workflowId: string): Promise<OperationProgress | undefined> {
    if (this.fault !== undefined) throw this.fault
    return this.operations.get(workflowId)
  }

  async #writeZone(document: Readonly<Record<string, unknown>>): Promise<OperationProgress> {
    const step = 'write configuration'
    try {
      await this.#config.create({ kind: 'zone', id: zoneIdOf(String(document.name)) }, document)
      return operationProgress({ step: 'start', steps: [{ name: step, state: 'done', detail: null }] })
    } catch (error) {
      if (!(error instanceof ConfigExists)) throw error
      return operationProgress({ state: 'failed', step, steps: [], error: { code: 'exists', message: error.message } })
    }
  }
}

/** One account and one building; every other user name is refused. */
export class FakeVendors implements OnboardingVendors {
  username = 'FC2000000001'
  houses: House[] = []
  discovery: Discovery = {
    root: { id: 'cm9vdA', name: 'TE901_KVARNEN', title: 'Kvarnen', type: 'RootArea' },
    account: null,
    subAreas: [],
    analogs: [],
    digitals: [],
    problems: [],
  }
  alarms: () => Promise<{ alarms: []; complete: boolean; problems: string[] }> = async () => ({
    alarms: [],
    complete: true,
    problems: [],
  })

  account(credentials: Credentials) {
    return { origin: 'real' as const, account: { listHouses: () => this.#signedIn(credentials, this.houses) } }
  }

  building(_: { readonly host: string; readonly account: string }, credentials: Credentials) {
    const { root, subAreas } = this.discovery
    return {
      origin: 'real' as const,
      server: {
        rootFolder: () => this.#signedIn(credentials, root),
        folders: () => this.#signedIn(credentials, { rows: subAreas, complete: true, problems: [] }),
        discover: () => this.#signedIn(credentials, this.discovery),
        alarms: () => this.alarms(),
      },
    }
  }

  zoneOrigin(): 'real' {
    return 'real'
  }

  async #signedIn<T>({ username }: Credentials, answer: T): Promise<T> {
    if (username !== this.username) throw new CredentialsRejected('the vendor refused user name and password')
    return answer
  }
}
