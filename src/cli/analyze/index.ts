/** `bvpro analyze …`: estimates from a file, without a running BVPro. */
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { addHeatLossCommand } from './heat-loss.ts'
import { addSeparationCommand } from './separation.ts'
import { addThermalAnalysis } from './thermal.ts'

/** Adds the command group; each analysis is a file of its own. */
export function addAnalyzeCommands(program: Command, terminal: Terminal): void {
  const analyze = program.command('analyze').description('analyse a CSV file of measurements, without a running BVPro')
  addSeparationCommand(analyze, terminal)
  addHeatLossCommand(analyze, terminal)
  addThermalAnalysis(analyze, terminal)
}
