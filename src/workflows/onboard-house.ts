/** Adds a house of a HomeSide account. */
import type { OnboardHouseInput } from '../activities/onboarding-contract.ts'
import { Onboarding } from './onboarding.ts'
import type { OperationProgress } from './progress-messages.ts'

/** @returns the progress at its end */
export async function onboardHouse(input: OnboardHouseInput): Promise<OperationProgress> {
  return new Onboarding({
    kind: 'house',
    steps: ['sign in', 'keep credentials', 'write configuration', 'start', 'first reading', 'import history'],
    reference: input.reference,
    identify: ({ id, perform }) =>
      perform('homeside', ({ identifyHouse }) => identifyHouse({ ...input, onboarding: id })),
  }).run()
}
