/** A plant in a program of its own: one JSON object per line in, one per line out. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { CommandFault } from '../fault.ts'
import type { Plant, PlantForecast, PlantState } from './plant.ts'

/** Plants that are real models may need a while for a day; one that says nothing for this long hangs. */
const ANSWER_MS = 120_000
const CLOSE_MS = 5_000
const ERROR_LINES_KEPT = 5

/** A number, or nothing known: sensors fail, and what is no finite number is no value. */
const value = z.unknown().transform((given) => (typeof given === 'number' && Number.isFinite(given) ? given : null))

const time = z.union([z.string(), z.number()]).transform((given, context) => {
  const epoch = typeof given === 'number' ? given : Date.parse(given)
  if (Number.isFinite(epoch)) return epoch
  context.addIssue({ code: 'custom', message: 'expected a time in ISO 8601' })
  return z.NEVER
})

const stateSchema = z.object({
  time,
  outputs: z
    .object({
      indoorTemperature: value,
      outdoorTemperature: value,
      supplyTemperature: value,
      returnTemperature: value,
      heatPowerKw: value,
      globalIrradiance: value,
    })
    .partial()
    .default({}),
})

const forecastSchema = z.object({
  time: z.array(time).default([]),
  outdoorTemperature: z.array(value).default([]),
  globalIrradiance: z.array(value).default([]),
  price: z.array(value).default([]),
})

const kpiSchema = z.record(z.string(), z.unknown())

/**
 * Starts the program through the shell, as it would be typed.
 * @throws CommandFault with what the program said, whenever it ends, is silent, or answers what is no answer
 */
export function startPlantProcess(command: string, answerMs = ANSWER_MS): Plant {
  const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'pipe'] })
  const errors: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    errors.push(line)
    errors.splice(0, errors.length - ERROR_LINES_KEPT)
  })
  const answers = new AnswerQueue(child, errors)
  // Ended by its own will between two questions: the next question tells.
  child.stdin.on('error', () => undefined)

  async function ask<T>(schema: z.ZodType<T>, request: { readonly op: string } & Record<string, unknown>): Promise<T> {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const line = await answers.next(request.op, answerMs)
    return understand(schema, request.op, line)
  }

  return {
    init: (start, warmupSeconds) => ask(stateSchema, { op: 'init', start, warmupSeconds }).then(toState),
    forecast: async (horizonSeconds, intervalSeconds) =>
      toForecast(await ask(forecastSchema, { op: 'forecast', horizonSeconds, intervalSeconds })),
    advance: (seconds, supplyTemperature) =>
      ask(stateSchema, {
        op: 'advance',
        seconds,
        inputs: supplyTemperature === undefined ? {} : { supplyTemperature },
      }).then(toState),
    kpis: () => ask(kpiSchema, { op: 'kpis' }),
    close: () => end(child),
  }
}

function understand<T>(schema: z.ZodType<T>, op: string, line: string): T {
  let document: unknown
  try {
    document = JSON.parse(line)
  } catch {
    throw new CommandFault(`The plant answered "${op}" with what is no JSON: ${line.slice(0, 120)}`)
  }
  const refusal = z.object({ error: z.string() }).safeParse(document)
  if (refusal.success) throw new CommandFault(`The plant refused "${op}": ${refusal.data.error}`)
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.') || 'the answer'
  throw new CommandFault(`The plant answered "${op}" wrongly at ${place}: ${issue?.message ?? 'not as agreed'}`)
}

function toState({ time: at, outputs }: z.output<typeof stateSchema>): PlantState {
  return {
    time: at,
    outputs: {
      indoorTemperature: outputs.indoorTemperature ?? null,
      outdoorTemperature: outputs.outdoorTemperature ?? null,
      supplyTemperature: outputs.supplyTemperature ?? null,
      returnTemperature: outputs.returnTemperature ?? null,
      heatPowerKw: outputs.heatPowerKw ?? null,
      globalIrradiance: outputs.globalIrradiance ?? null,
    },
  }
}

/** Columns that are shorter than the times are unknown at their end. */
function toForecast({ time: times, ...columns }: z.output<typeof forecastSchema>): PlantForecast {
  const filled = (column: readonly (number | null)[]) => times.map((_, index) => column[index] ?? null)
  return {
    time: times,
    outdoorTemperature: filled(columns.outdoorTemperature),
    globalIrradiance: filled(columns.globalIrradiance),
    price: filled(columns.price),
  }
}

/** Lines of the program in the order they come; questions are asked one at a time. */
class AnswerQueue {
  readonly #lines: string[] = []
  readonly #errors: readonly string[]
  #ended: string | undefined
  #wake: () => void = () => undefined

  constructor(child: ChildProcess, errors: readonly string[]) {
    this.#errors = errors
    if (child.stdout === null) throw new Error('the plant has no output')
    createInterface({ input: child.stdout }).on('line', (line) => {
      // An empty line is nothing anybody meant.
      if (line.trim() === '') return
      this.#lines.push(line)
      this.#wake()
    })
    child.once('error', (error) => this.#end(`cannot be started: ${error.message}`))
    // `close` and not `exit`: by then all it has said has been read.
    child.once('close', (code, signal) =>
      this.#end(`ended with ${code === null ? `signal ${signal}` : `code ${code}`}`),
    )
  }

  async next(op: string, answerMs: number): Promise<string> {
    const deadline = AbortSignal.timeout(answerMs)
    while (this.#lines.length === 0) {
      if (this.#ended !== undefined) throw this.#fault(`The plant ${this.#ended} instead of answering "${op}".`)
      if (deadline.aborted) throw this.#fault(`The plant did not answer "${op}" within ${answerMs / 1000} s.`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    return this.#lines.shift() ?? ''
  }

  #end(how: string): void {
    this.#ended ??= how
    this.#wake()
  }

  #fault(message: string): CommandFault {
    return new CommandFault([message, ...this.#errors.map((line) => `  ${line}`)].join('\n'))
  }
}

/** Asks the program to end, then makes it. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS)
  child.stdin?.end(`${JSON.stringify({ op: 'close' })}\n`)
  await ended
  clearTimeout(timer)
}
