/** Asks an app without a socket, the way tests read best: `ask('/api/v1/entities')`. */
import type { Env, Hono } from 'hono'
import { TEST_TOKEN } from './fakes.ts'

/** What `@hono/node-server` hands over of the connection: a browser on this machine unless said otherwise. */
export function connection(remoteAddress = '127.0.0.1') {
  return { incoming: { socket: { remoteAddress, localPort: 8080 } } }
}

/** Sends the test token; `init.headers` come on top. */
export function asker(app: Hono<Env>) {
  return (path: string, init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {}) =>
    Promise.resolve(
      app.request(path, { ...init, headers: { Authorization: `Bearer ${TEST_TOKEN}`, ...init.headers } }, connection()),
    )
}

/** The JSON of an answer as the shape the test is about to check. */
export async function jsonOf<T = Record<string, unknown>>(response: Response): Promise<T> {
  return (await response.json()) as T
}

/** The parts of a problem document that tests look at. */
export interface ProblemAnswer {
  readonly detail: string
  readonly reference?: string
  readonly errors: { path: string; message: string }[]
}
