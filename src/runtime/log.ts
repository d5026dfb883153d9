/** Structured logging: one line per event, event names listed in docs/events.md, secrets redacted by construction. */
import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino'

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

/** Longest run of characters that every secret has, so that it can be looked up by its beginning. */
const SECRET_PREFIX = 4

/** Tokens come and go; the newest are kept. Ten thousand houses with a password and a session each fit. */
const REMEMBERED_SECRETS = 60_000

/** Known secret values (passwords, tokens in use), oldest first; replaced wherever they turn up. */
const knownSecrets = new Set<string>()
/** The same by their beginning: a line is searched once, however many secrets there are. */
const secretsByPrefix = new Map<string, Set<string>>()

/** From now on this value is masked in every log line. Values under four characters are ignored: masking them would shred the log. */
export function registerSecret(value: string): void {
  if (value.length < SECRET_PREFIX) return
  const prefix = value.slice(0, SECRET_PREFIX)
  knownSecrets.delete(value)
  knownSecrets.add(value)
  secretsByPrefix.set(prefix, (secretsByPrefix.get(prefix) ?? new Set()).add(value))
  if (knownSecrets.size <= REMEMBERED_SECRETS) return
  const [oldest] = knownSecrets
  if (oldest === undefined) return
  knownSecrets.delete(oldest)
  secretsByPrefix.get(oldest.slice(0, SECRET_PREFIX))?.delete(oldest)
}

/** Replaces every registered secret in a text by `[redacted]`. */
export function redactSecrets(text: string): string {
  let result = ''
  let copied = 0
  for (let index = 0; index + SECRET_PREFIX <= text.length; ) {
    const secret = longestSecretAt(text, index)
    if (secret === undefined) {
      index += 1
      continue
    }
    result += `${text.slice(copied, index)}[redacted]`
    index += secret.length
    copied = index
  }
  return copied === 0 ? text : result + text.slice(copied)
}

/** One secret may begin with another; the longest one is masked whole. */
function longestSecretAt(text: string, index: number): string | undefined {
  let longest: string | undefined
  for (const secret of secretsByPrefix.get(text.slice(index, index + SECRET_PREFIX)) ?? []) {
    if (secret.length > (longest?.length ?? 0) && text.startsWith(secret, index)) longest = secret
  }
  return longest
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

/** Lines waiting for whoever reads standard output; beyond this they are dropped, so that memory stays bounded. */
const WAITING_BYTES = 1_000_000

/** Standard output for a process that must go on when its reader has gone, or when the disk behind it is full. */
export function standardOutput(): DestinationStream {
  const lines = destination({ fd: 1, sync: true, maxLength: WAITING_BYTES })
  // Tried again with the next line; there is no other place to tell it.
  lines.on('error', () => undefined)
  return lines
}

export const silentLogger: Logger = createLogger('silent')
