/**
 * Every night, and after an import: judges the models of houses, fits those that are due, forecasts by the new ones, and
 * tells what steering has saved.
 */
import { continueAsNew, patched, setHandler } from '@temporalio/workflow'
import {
  evaluateSavings,
  type LearningInput,
  type LearningReport,
  learnHouses,
  pastImported,
} from './learning-steps.ts'

export async function learnThermal(input: LearningInput = {}): Promise<LearningReport> {
  let imported = false
  setHandler(pastImported, () => {
    imported = true
  })
  let report: LearningReport
  let wanted = input
  do {
    // What is imported from here on may have been missed.
    imported = false
    const round = await learnHouses(wanted)
    report = round.report
    // What was imported meanwhile is noted with its house: the next look finds it.
    if (round.after !== null) {
      await continueAsNew<typeof learnThermal>({ ...wanted, after: round.after, done: report })
    }
    wanted = { onlyNew: true, done: report }
  } while (imported)
  if (patched('savings')) await evaluateSavings()
  return report
}
