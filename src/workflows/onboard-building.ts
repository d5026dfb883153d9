/** Adds a building behind an Arrigo server, with the signals it is to be polled for. */
import type { OnboardBuildingInput } from '../activities/onboarding-contract.ts'
import { Onboarding } from './onboarding.ts'
import type { OperationProgress } from './progress-messages.ts'

/** @returns the progress at its end */
export async function onboardBuilding(input: OnboardBuildingInput): Promise<OperationProgress> {
  return new Onboarding({
    kind: 'building',
    steps: [
      'sign in',
      'discover signals',
      'keep credentials',
      'write configuration',
      'start',
      'first reading',
      'import history',
    ],
    reference: input.reference,
    identify: ({ id, perform }) =>
      perform('arrigo', ({ identifyBuilding }) => identifyBuilding({ ...input, onboarding: id })),
    prepare: async ({ id, perform, take }, { entity }) => {
      await take(
        'discover signals',
        () => perform('arrigo', ({ discoverSignals }) => discoverSignals({ ...input, onboarding: id, entity })),
        (sentence) => sentence,
      )
    },
  }).run()
}
