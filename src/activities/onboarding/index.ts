/** The activities of adding houses, buildings and zones. */
import { Context } from '@temporalio/activity'
import { ApplicationFailure } from '@temporalio/common'
import { ConfigExists, ConfigInvalid } from '../../config/catalogue.ts'
import type { CallOptions } from '../../connectors/arrigo/index.ts'
import { toApplicationFailure } from '../failures.ts'
import { startHeartbeat } from '../heartbeat.ts'
import type { OnboardingActivities } from '../onboarding-contract.ts'
import { discoverSignals, identifyBuilding, identifyHouse, identifyZone } from './identify.ts'
import type { OnboardingDependencies } from './ports.ts'
import {
  endOnboarding,
  keepCredentials,
  lookForReading,
  startLoop,
  undoConfiguration,
  undoCredentials,
  writeConfiguration,
} from './put-in-service.ts'
import { OnboardingRefused } from './refusal.ts'

export type { Account, BuildingServer, OnboardingDependencies, OnboardingLoops, OnboardingVendors } from './ports.ts'

/** By task queue: what asks a vendor runs beside its polls, the rest where short things are done. */
export interface OnboardingByQueue {
  readonly homeside: Pick<OnboardingActivities, 'identifyHouse'>
  readonly arrigo: Pick<OnboardingActivities, 'identifyBuilding' | 'discoverSignals'>
  readonly pipelines: Omit<OnboardingActivities, 'identifyHouse' | 'identifyBuilding' | 'discoverSignals'>
}

export function createOnboardingActivities(dependencies: OnboardingDependencies): OnboardingByQueue {
  const activity =
    <Input, Result>(work: (parts: OnboardingDependencies, input: Input, call: CallOptions) => Promise<Result>) =>
    (input: Input) =>
      runActivity((call) => work(dependencies, input, call))
  return {
    homeside: { identifyHouse: activity(identifyHouse) },
    arrigo: { identifyBuilding: activity(identifyBuilding), discoverSignals: activity(discoverSignals) },
    pipelines: {
      identifyZone: activity(identifyZone),
      keepCredentials: activity(keepCredentials),
      writeConfiguration: activity(writeConfiguration),
      startLoop: activity(startLoop),
      lookForReading: activity(lookForReading),
      undoConfiguration: activity(undoConfiguration),
      undoCredentials: activity(undoCredentials),
      endOnboarding: activity(endOnboarding),
    },
  }
}

async function runActivity<T>(work: (call: CallOptions) => Promise<T>): Promise<T> {
  const heartbeat = startHeartbeat<never>()
  const signal = Context.current().cancellationSignal
  try {
    return await work({ heartbeat: heartbeat.beat, signal })
  } catch (error) {
    if (signal.aborted) throw error
    throw failureOf(error)
  } finally {
    heartbeat.stop()
  }
}

function failureOf(error: unknown): ApplicationFailure {
  if (error instanceof OnboardingRefused) return ApplicationFailure.nonRetryable(error.message, error.code)
  if (error instanceof ConfigExists) return ApplicationFailure.nonRetryable(error.message, 'exists')
  if (error instanceof ConfigInvalid) return ApplicationFailure.nonRetryable(error.message, 'BadConfig')
  return toApplicationFailure(error)
}
