/** A BVPro that answers what a test tells it to, and a command line that talks to it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OperationProgress, OperationStep, StepState } from '../../workflows/progress-messages.ts'
import { main } from '../main.ts'
import type { Terminal } from '../terminal.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly body: unknown
}

export interface Answer {
  readonly status?: number
  readonly body: unknown
}

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
  /** Lines that were shown for a moment. */
  readonly shown: readonly string[]
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What stands on standard input. */
  readonly input?: string
  /** Presses Ctrl-C when a request with this method and path has been answered. */
  readonly interruptAfter?: string
}

export class FakeApi {
  readonly asked: Asked[] = []
  /** For files of a test. */
  readonly home: string
  readonly #server: Server
  readonly #answers = new Map<string, Answer[]>()
  #answered: (call: string) => void = () => undefined

  private constructor() {
    this.home = mkdtempSync(join(tmpdir(), 'bvpro-cli-'))
    this.#server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk as Buffer)
        const text = Buffer.concat(chunks).toString('utf8')
        const { method = '', url = '' } = request
        const isJson = request.headers['content-type'] === 'application/json'
        this.asked.push({ method, url, body: isJson ? JSON.parse(text) : text || undefined })
        const { status = 200, body } = this.#next(`${method} ${url}`)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
        this.#answered(`${method} ${url}`)
      })()
    })
  }

  static async start(): Promise<FakeApi> {
    const api = new FakeApi()
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve))
    return api
  }

  /** What a request is answered with, one after another, the last for ever. `call` is method and path with query. */
  on(call: string, ...answers: readonly (Answer | object)[]): this {
    this.#answers.set(
      call,
      answers.map((answer) => ('body' in answer ? (answer as Answer) : { body: answer })),
    )
    return this
  }

  /** Bodies of the requests with this method and path, in their order. */
  bodies(call: string): unknown[] {
    return this.asked.filter(({ method, url }) => `${method} ${url}` === call).map(({ body }) => body)
  }

  /** Runs `bvpro` with these arguments. */
  async bvpro(args: readonly string[], { env = {}, input, interruptAfter }: RunOptions = {}): Promise<Run> {
    const { port } = this.#server.address() as AddressInfo
    let out = ''
    let err = ''
    const shown: string[] = []
    const acts = new Set<() => void>()
    this.#answered = (call) => {
      if (call === interruptAfter) for (const act of acts) act()
    }
    const terminal: Terminal = {
      env: { BVPRO_HOME: this.home, BVPRO_URL: `http://127.0.0.1:${port}`, BVPRO_API_TOKEN: 'token-of-tests', ...env },
      colour: false,
      now: Date.now,
      print: (text) => {
        out += `${text}\n`
      },
      printError: (text) => {
        err += `${text}\n`
      },
      status: (text) => shown.push(text),
      onInterrupt: (act) => {
        acts.add(act)
        return () => acts.delete(act)
      },
      ...(input === undefined ? {} : { readInput: async () => input }),
    }
    return { code: await main(args, terminal), out, err, shown }
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve))
    rmSync(this.home, { recursive: true, force: true })
  }

  #next(call: string): Answer {
    const answers = this.#answers.get(call)
    const answer = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0]
    return answer ?? { status: 404, body: { detail: `The test has no answer to ${call}.` } }
  }
}

/** Progress of an on-boarding or off-boarding. `steps` as `{ 'sign in': 'done' }`, or with what is told of a step. */
export function operation(
  steps: Readonly<Record<string, StepState | readonly [StepState, string]>>,
  rest: Partial<OperationProgress> = {},
): OperationProgress {
  const told = Object.entries(steps).map(([name, step]): OperationStep => {
    const [state, detail] = typeof step === 'string' ? [step, null] : step
    return { name, state, detail }
  })
  return {
    state: 'running',
    step: told.find(({ state }) => state === 'running')?.name ?? told.at(-1)?.name ?? '',
    steps: told,
    entityId: null,
    percent: 0,
    error: null,
    waitingFor: null,
    dueAt: null,
    ...rest,
  }
}
