/** Every morning at eight: new meter files, the split of what they touch, heat loss coefficients that are due. */
import { setHandler } from '@temporalio/workflow'
import { type EnergyProgress, energyProgress } from './energy-messages.ts'
import { EnergyPipeline } from './energy-steps.ts'

export async function dailyEnergy(): Promise<EnergyProgress> {
  const pipeline = new EnergyPipeline()
  setHandler(energyProgress, () => pipeline.describe())
  return pipeline.run(async () => {
    await pipeline.importFiles()
    await pipeline.writeRequest()
    await pipeline.separateDue()
    await pipeline.recalibrateDue()
    await pipeline.forecast()
  })
}
