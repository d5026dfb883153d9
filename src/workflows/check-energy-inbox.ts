/** Every hour, and when something is delivered: new meter files, the split of what they touch, what is due, a fresh forecast. */
import { setHandler } from '@temporalio/workflow'
import { type EnergyProgress, energyDelivered, energyProgress } from './energy-messages.ts'
import { EnergyPipeline } from './energy-steps.ts'

export async function checkEnergyInbox(): Promise<EnergyProgress> {
  const pipeline = new EnergyPipeline()
  setHandler(energyProgress, () => pipeline.describe())
  let delivered = false
  setHandler(energyDelivered, () => {
    delivered = true
  })
  return pipeline.run(async () => {
    do {
      // What is delivered from here on may have been missed by the listing.
      delivered = false
      await pipeline.importFiles()
      if (pipeline.hoursChanged > 0) await pipeline.writeRequest()
      await pipeline.separateDue()
      await pipeline.recalibrateDue()
      await pipeline.forecast()
    } while (delivered)
  })
}
