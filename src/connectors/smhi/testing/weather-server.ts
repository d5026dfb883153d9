/** A real HTTP server for the tests of the weather connectors: answers by path, and remembers what it was asked. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answer {
  readonly status?: number
  readonly contentType?: string
  /** Text is sent as it is, anything else as JSON. */
  readonly body: unknown
}

export interface WeatherServer {
  readonly url: string
  /** Paths with their query, in the order they were asked for. */
  readonly asked: string[]
  /** From now on this path (without query) is answered like this; every other path is 404. */
  answer(path: string, answer: Answer): void
  /** How many of the requests began with this path. */
  count(path: string): number
  close(): Promise<void>
}

export async function startWeatherServer(): Promise<WeatherServer> {
  const answers = new Map<string, Answer>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    asked.push(path)
    const answer = answers.get(path.split('?')[0] ?? path) ?? { status: 404, body: 'Not Found' }
    const isText = typeof answer.body === 'string'
    response.writeHead(answer.status ?? 200, {
      'content-type': answer.contentType ?? (isText ? 'text/plain' : 'application/json'),
    })
    response.end(isText ? answer.body : JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    answer: (path, answer) => void answers.set(path, answer),
    count: (path) => asked.filter((entry) => entry.startsWith(path)).length,
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections()
        server.close((error) => (error === undefined ? resolve() : reject(error)))
      }),
  }
}

/** A recorded example payload from the project's fixtures. */
export function smhiFixture(name: string): Record<string, unknown> {
  const file = new URL(`../../../../test/fixtures/smhi/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}
