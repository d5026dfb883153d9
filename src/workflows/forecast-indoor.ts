/** Every hour: what became of earlier indoor forecasts, new ones for two days, and first models of new houses. */
import type { IndoorForecasts } from '../activities/thermal-contract.ts'
import { activities, type LearningReport, learnHouses } from './learning-steps.ts'

export interface IndoorForecastReport {
  readonly forecasts: IndoorForecasts
  readonly learned: LearningReport
}

/** Learning a large fleet for the first time takes hours; the next forecasts must not wait for it. */
const LEARNING_MS = 40 * 60_000

export async function forecastIndoor(): Promise<IndoorForecastReport> {
  const forecasts = await activities().forecastIndoor(null)
  const { report: learned } = await learnHouses({ onlyNew: true }, Date.now() + LEARNING_MS)
  return { forecasts, learned }
}
