/** Adds a zone, whether its device is up yet or not. */
import type { OnboardZoneInput } from '../activities/onboarding-contract.ts'
import { Onboarding } from './onboarding.ts'
import type { OperationProgress } from './progress-messages.ts'

/** @returns the progress at its end */
export async function onboardZone(input: OnboardZoneInput): Promise<OperationProgress> {
  return new Onboarding({
    kind: 'zone',
    steps: ['write configuration', 'start'],
    reference: null,
    identify: ({ id, perform }) =>
      perform('pipelines', ({ identifyZone }) => identifyZone({ ...input, onboarding: id })),
  }).run()
}
