/** The loop of one commercial building. */
import { continueAsNew } from '@temporalio/workflow'
import { EntityLoop, type LoopInput } from './entity-loop.ts'

export async function building(input: LoopInput): Promise<void> {
  const loop = new EntityLoop(
    { kind: 'building', queue: 'arrigo', poll: 'pollBuilding', renew: (next) => continueAsNew<typeof building>(next) },
    input,
  )
  await loop.run()
}
