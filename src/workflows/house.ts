/** The loop of one house. */
import { continueAsNew } from '@temporalio/workflow'
import { EntityLoop, type LoopInput } from './entity-loop.ts'

export async function house(input: LoopInput): Promise<void> {
  const loop = new EntityLoop(
    { kind: 'house', queue: 'homeside', poll: 'pollHouse', renew: (next) => continueAsNew<typeof house>(next) },
    input,
  )
  await loop.run()
}
