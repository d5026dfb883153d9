/** Structured logging: one line per event, event names listed in docs/events.md, secrets redacted by construction. */
import { type DestinationStream, pino, stdTimeFunctions } from 'pino'

/** Values may be logged, never headers, bodies, or whole error objects of an HTTP library. */
export type EventFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>

export interface Logger {
  debug(event: string, fields?: EventFields): void
  info(event: string, fields?: EventFields): void
  warn(event: string, fields?: EventFields): void
  error(event: string, fields?: EventFields): void
  child(bindings: EventFields): Logger
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Keys whose value is never written, whoever logs them. */
const SECRET_KEY = /pass(word)?|secret|token|querykey|authorization|api_?key|cookie|credential/i

/** Known secret values (passwords read from the environment, tokens in use); replaced wherever they turn up. */
const knownSecrets = new Set<string>()

/** From now on this value is masked in every log line. Values under four characters are ignored: masking them would shred the log. */
export function registerSecret(value: string): void {
  if (value.length >= 4) knownSecrets.add(value)
}

/** Replaces every registered secret in a text by `[redacted]`. */
export function redactSecrets(text: string): string {
  let result = text
  for (const secret of knownSecrets) {
    if (result.includes(secret)) result = result.replaceAll(secret, '[redacted]')
  }
  return result
}

function redactFields(fields: EventFields): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    if (SECRET_KEY.test(key)) clean[key] = '[redacted]'
    else if (typeof value === 'string') clean[key] = redactSecrets(value)
    else if (Array.isArray(value)) clean[key] = value.map((item) => redactSecrets(String(item)))
    else clean[key] = value
  }
  return clean
}

/** @param destination where JSON lines go; standard output by default. */
export function createLogger(level: LogLevel = 'info', destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  const root = destination === undefined ? pino(options) : pino(options, destination)
  const build = (bindings: Record<string, unknown>): Logger => {
    const write =
      (method: 'debug' | 'info' | 'warn' | 'error') =>
      (event: string, fields: EventFields = {}) =>
        root[method]({ event, ...bindings, ...redactFields(fields) })
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: (more) => build({ ...bindings, ...redactFields(more) }),
    }
  }
  return build({})
}

export const silentLogger: Logger = createLogger('silent')
