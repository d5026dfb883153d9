/** For tests: a real logger whose lines can be asked for by event. */
import { createLogger, type Logger } from '../../runtime/log.ts'

export function recordingLogger(): {
  readonly log: Logger
  readonly text: () => string
  readonly events: (event: string) => Record<string, unknown>[]
} {
  const lines: string[] = []
  const log = createLogger('debug', { write: (line: string) => void lines.push(line) })
  return {
    log,
    text: () => lines.join(''),
    events: (event) => lines.map((line) => JSON.parse(line)).filter((line) => line.event === event),
  }
}
