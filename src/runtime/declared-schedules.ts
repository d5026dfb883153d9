/** The schedules every installation has: what runs when, in one place. The Temporal side is in `schedules.ts`. */
import { type Settings, taskTimes } from '../config/settings.ts'
import type { FillGapsInput } from '../workflows/fill-gaps.ts'
import type { LearningInput } from '../workflows/learning-steps.ts'
import type { RecalibrationInput } from '../workflows/recalibrate-heat-loss.ts'

/** A time of day in Sweden; `hour` `'*'` is every hour. */
export interface ScheduleTime {
  readonly hour: number | '*'
  readonly minute: number
}

export interface ScheduleDeclaration {
  /** Id of the schedule; the workflows it starts have it in front of theirs. */
  readonly id: string
  /** What it does, a sentence for operators. */
  readonly does: string
  /** When it runs; none: only when somebody triggers it. */
  readonly times: readonly ScheduleTime[]
  /**
   * After a standstill, runs that were missed no longer ago than this are made up for by one run: jobs find their work
   * in the data and not by the clock.
   */
  readonly catchUpHours: number
  readonly workflowType: string
  readonly args: readonly unknown[]
  /** Whether it is made paused; from then on an operator decides. */
  readonly paused?: boolean
}

/** All schedules as the settings want them. */
export function declaredSchedules({ daily_tasks: tasks }: Settings): ScheduleDeclaration[] {
  return [
    {
      id: 'fillGaps',
      does: 'Finds holes in the data of the last two weeks and fills them from what vendors and stations keep.',
      times: taskTimes(tasks.gap_fill).map(timeOfDay),
      catchUpHours: 12,
      workflowType: 'fillGaps',
      args: [{}] satisfies [FillGapsInput],
    },
    {
      id: 'dailyEnergy',
      does: 'Imports meter files, splits the days they touch, and works out heat loss coefficients that are due.',
      times: taskTimes(tasks.energy_pipeline).map(timeOfDay),
      catchUpHours: 20,
      workflowType: 'dailyEnergy',
      args: [],
    },
    {
      id: 'checkEnergyInbox',
      does: 'Imports meter files that were delivered meanwhile, and splits the days they touch.',
      times: [{ hour: '*', minute: 5 }],
      catchUpHours: 1,
      workflowType: 'checkEnergyInbox',
      args: [],
    },
    {
      id: 'recalibrateHeatLoss',
      does: 'Works out the heat loss coefficients of all entities that are due; for triggering by hand, the daily run does it by itself.',
      times: [],
      catchUpHours: 1,
      workflowType: 'recalibrateHeatLoss',
      args: [{}] satisfies [RecalibrationInput],
      paused: true,
    },
    {
      id: 'learnThermal',
      does: 'Judges the models of all houses by their forecasts, fits those anew that are due, and tells what steering has saved.',
      times: [{ hour: 4, minute: 15 }],
      catchUpHours: 20,
      workflowType: 'learnThermal',
      args: [{}] satisfies [LearningInput],
    },
    {
      id: 'forecastIndoor',
      does: 'Compares indoor forecasts with what came, issues new ones for two days, and fits first models of new houses.',
      times: [{ hour: '*', minute: 10 }],
      catchUpHours: 1,
      workflowType: 'forecastIndoor',
      args: [],
    },
    {
      id: 'purgeSweep',
      does: 'Starts deletions that are due after an off-boarding and have lost their workflow; forgets credentials nobody used.',
      times: [{ hour: 3, minute: 30 }],
      catchUpHours: 20,
      workflowType: 'purgeSweep',
      args: [],
    },
  ]
}

/** @param text `HH:MM` */
export function timeOfDay(text: string): ScheduleTime {
  const [hour, minute] = text.split(':').map(Number)
  if (hour === undefined || minute === undefined) throw new RangeError(`not a time of day: ${text}`)
  return { hour, minute }
}
