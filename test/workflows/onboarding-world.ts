/**
 * Everything on-boarding touches, small enough for a test: configuration in a folder, credentials and stores in memory,
 * vendors that answer what they are told, and a reconciler that is always in time. The activities are the real ones.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApplicationFailure } from '@temporalio/common'
import type { ImportActivities } from '../../src/activities/history-contract.ts'
import { createOnboardingActivities, type OnboardingLoops } from '../../src/activities/onboarding/index.ts'
import { FakeVendors } from '../../src/api/testing/fake-onboarding.ts'
import type { ConfigStore } from '../../src/config/catalogue.ts'
import { createConfigStore } from '../../src/config/config-store.ts'
import { MemoryCredentials } from '../../src/connectors/credentials/testing/memory-credentials.ts'
import { type EntityRef, entityWorkflowId } from '../../src/domain/entity.ts'
import { importRange } from '../../src/domain/history/plan.ts'
import { silentLogger } from '../../src/runtime/log.ts'
import type { ApplicationStore } from '../../src/store/application/port.ts'
import { memoryApplicationStore } from '../support/memory-application.ts'

export const PASSWORD = 'planted-Password-7741'

/** Where a test reaches into the course of things; called before and after the effect of every activity. */
export type Interference = (activity: string, moment: 'before' | 'after') => void | Promise<void>

export class OnboardingWorld {
  readonly home: string
  readonly config: ConfigStore
  readonly application: ApplicationStore = memoryApplicationStore()
  readonly credentials = new MemoryCredentials()
  readonly vendors = new FakeVendors()
  /** Workflow ids of loops and other workflows that run. */
  readonly running = new Set<string>()
  /** Every activity that began, in order. */
  readonly calls: string[] = []
  readonly restored: string[] = []
  /** Loops that ran when the weather was last asked for. */
  forecastFor: readonly string[] = []
  interfere: Interference = () => undefined
  /** Whether a loop that is started reads its entity at once. */
  reads = true
  importFailure: ApplicationFailure | undefined
  imports = 0
  readonly number = randomUUID().slice(0, 6)

  private constructor(home: string) {
    this.home = home
    this.config = createConfigStore({ roots: [{ origin: 'real', directory: home }], log: silentLogger })
    this.vendors.houses = [this.#house(`HEM_FJV_Villa_${this.number}`, 'Villa Ek')]
    this.vendors.discovery = {
      ...this.vendors.discovery,
      root: { id: 'cm9vdA', name: `TE_${this.number.toUpperCase()}`, title: 'Kvarnen', type: 'RootArea' },
      analogs: [
        {
          id: 's1',
          name: 'K1.AI_VS1_GT_TILL_1_Output',
          value: 41.2,
          unit: '°C',
          category: 'heating',
          proposedField: 'vs1_supply_temp',
        },
        { id: 's2', name: 'K1.GT_UTE', value: -3, unit: '°C', category: 'climate', proposedField: 'outdoor_temp_fvc' },
      ],
    }
  }

  static async create(): Promise<OnboardingWorld> {
    return new OnboardingWorld(await mkdtemp(join(tmpdir(), 'bvpro-onboarding-')))
  }

  remove(): Promise<void> {
    return rm(this.home, { recursive: true, force: true })
  }

  addNeighbour(): void {
    this.vendors.houses.push(this.#house(`HEM_FJV_Villa_${this.number}_2`, 'Villa Lind'))
  }

  #house(houseId: string, name: string) {
    return { clientId: `38/Account/${houseId}`, houseId, name }
  }

  get house(): EntityRef {
    return { kind: 'house', id: `HEM_FJV_Villa_${this.number}` }
  }

  get building(): EntityRef {
    return { kind: 'building', id: `TE_${this.number.toUpperCase()}` }
  }

  get zone(): EntityRef {
    return { kind: 'zone', id: `hall-${this.number}` }
  }

  keepAccount(): Promise<string> {
    return this.credentials.keep({ username: this.vendors.username, password: PASSWORD })
  }

  readonly loops: OnboardingLoops = {
    reconcileNow: async () => {
      for (const { ref } of (await this.config.list()).entities) {
        if ((await this.application.getStatus(ref))?.offboarding === true) continue
        this.running.add(entityWorkflowId(ref))
        await this.application.putStatus(ref, this.reads ? { lastGoodAt: Date.now() + 86_400_000 * 365 } : {})
      }
    },
    refreshWeather: async () => {
      this.forecastFor = [...this.running]
    },
    runs: async (entity) => this.running.has(entityWorkflowId(entity)),
    stop: async (entity) => {
      this.running.delete(entityWorkflowId(entity))
    },
    isRunning: async (workflowId) => this.running.has(workflowId),
    restore: async (entity) => {
      this.restored.push(entityWorkflowId(entity))
      if ((await this.config.findAside(entity)) !== undefined) await this.config.bringBack(entity)
      await this.application.putStatus(entity, { offboarding: false })
    },
  }

  /** The real activities by queue, each with a chance to interfere. */
  activities() {
    const { homeside, arrigo, pipelines } = createOnboardingActivities({
      config: this.config,
      application: this.application,
      credentials: this.credentials,
      vendors: this.vendors,
      loops: this.loops,
      log: silentLogger,
      now: Date.now,
    })
    return {
      homeside: this.#watched({ ...homeside }),
      arrigo: this.#watched({ ...arrigo }),
      pipelines: this.#watched({ ...pipelines }),
      imports: this.#importActivities(),
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: activities of every signature
  #watched<T extends Record<string, (input: any) => Promise<unknown>>>(activities: T): T {
    return Object.fromEntries(
      Object.entries(activities).map(([name, work]) => [
        name,
        async (input: unknown) => {
          this.calls.push(name)
          await this.interfere(name, 'before')
          const result = await work(input)
          await this.interfere(name, 'after')
          return result
        },
      ]),
    ) as T
  }

  #importActivities(): ImportActivities {
    return {
      planImport: async ({ days, resolutionMinutes }) => {
        if (this.importFailure !== undefined) throw this.importFailure
        this.imports += 1
        return { range: importRange(Date.now(), days, resolutionMinutes), fields: [], missing: [], problems: [] }
      },
      importChunk: async () => ({ rows: 24, keptOut: 0, fields: {}, problems: [] }),
    }
  }

  /** What is left of an entity; an on-boarding ends with all of it or nothing. */
  async traces(entity: EntityRef) {
    return {
      file: (await this.config.get(entity)) !== undefined,
      credentials: (await this.credentials.lookUp(entity)) !== undefined,
      loop: this.running.has(entityWorkflowId(entity)),
      row: (await this.application.getStatus(entity)) !== undefined,
      references: this.credentials.references.size,
      holds: (await this.application.listDocuments('onboarding')).length,
    }
  }
}

export const ABSENT = { file: false, credentials: false, loop: false, row: false, references: 0, holds: 0 }
export const ADDED = { file: true, credentials: true, loop: true, row: true, references: 0, holds: 0 }
