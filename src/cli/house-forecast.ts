/** `bvpro house forecast` and `bvpro house scores`: what is foreseen for a house, and how good that has been. */
import type { z } from '@hono/zod-openapi'
import type { Command } from 'commander'
import type { IndoorForecastSchema, ScoresSchema } from '../api/entities/forecast-routes.ts'
import { clientFor, type ServerOptions, serverOptions } from './server.ts'
import { paint, printJson, renderTable, type Terminal } from './terminal.ts'

type Forecast = z.infer<typeof IndoorForecastSchema>
type Scores = z.infer<typeof ScoresSchema>

interface LookOptions extends ServerOptions {
  readonly json?: boolean
}

export function addHouseForecastCommands(group: Command, exampleId: string, terminal: Terminal): void {
  command(group, 'forecast', 'indoor temperature of the next 48 hours, with quantiles', exampleId).action(
    (id: string, options: LookOptions) => showForecast(id, options, terminal),
  )
  command(group, 'scores', 'how good its forecasts have been, and whether it may be optimised', exampleId).action(
    (id: string, options: LookOptions) => showScores(id, options, terminal),
  )
}

function command(group: Command, name: string, description: string, exampleId: string): Command {
  return serverOptions(group.command(`${name} <id>`))
    .description(description)
    .option('--json', 'print JSON')
    .addHelpText('after', `\nExamples:\n  bvpro house ${name} ${exampleId}\n  bvpro house ${name} ${exampleId} --json`)
}

function pathOf(id: string, what: string): string {
  return `/api/v1/entities/house/${encodeURIComponent(id)}/${what}`
}

async function showForecast(id: string, options: LookOptions, terminal: Terminal): Promise<void> {
  const forecast = await (await clientFor(options, terminal)).get<Forecast>(pathOf(id, 'forecast'))
  if (options.json) return printJson(terminal, forecast)
  if (forecast.issuedAt === null) return terminal.print(`${id}: no forecast. ${forecast.reason ?? ''}`)
  terminal.print(`${id}: issued ${forecast.issuedAt} by ${forecast.modelVersion}`)
  terminal.print(
    renderTable(
      terminal,
      ['time', 'hours ahead', 'indoor °C', '80 % within °C', 'outdoor °C'],
      forecast.points.map(({ time, leadHours, mean, q10, q90, outdoor }) => [
        time,
        String(leadHours),
        mean.toFixed(1),
        `${q10.toFixed(1)} to ${q90.toFixed(1)}`,
        outdoor.toFixed(1),
      ]),
    ),
  )
}

async function showScores(id: string, options: LookOptions, terminal: Terminal): Promise<void> {
  const answer = await (await clientFor(options, terminal)).get<Scores>(pathOf(id, 'scores'))
  if (options.json) return printJson(terminal, answer)
  const { scores, readiness, model, reason } = answer
  if (model !== null) {
    const constants = model.timeConstantsHours.map((hours) => `${hours.toFixed(1)} h`).join(', ')
    terminal.print(`${id}: model ${model.version}, time constants ${constants}`)
    for (const sentence of model.reasons) terminal.print(paint(terminal, 'warning', sentence))
  }
  if (scores.length === 0) terminal.print(`${id}: no scores. ${reason ?? ''}`)
  else {
    terminal.print(
      renderTable(
        terminal,
        ['hours ahead', 'RMSE K', 'bias K', 'it stays as it is K', 'rules of thumb K', 'skill', 'in band', 'n', 'from'],
        scores.map((score) => [
          String(score.leadHours),
          score.rmse.toFixed(2),
          score.bias.toFixed(2),
          score.persistenceRmse.toFixed(2),
          score.referenceRmse?.toFixed(2) ?? '–',
          score.skill === null ? '–' : `${Math.round(100 * score.skill)} %`,
          `${Math.round(100 * score.coverage)} %`,
          String(score.n),
          score.source === 'issued' ? 'issued forecasts' : 'the stored past',
        ]),
      ),
    )
  }
  const may = readiness.allowed
    ? paint(terminal, 'good', 'may be optimised')
    : paint(terminal, 'warning', 'may not be optimised yet')
  terminal.print(`${id} ${may}: ${readiness.reason}`)
}
