/** Takes out of a configuration what must never be shown. Files should hold no secret, but people paste things. */
import { redactSecrets } from '../../runtime/log.ts'

const SECRET_KEY = /pass(word|wd|phrase)|secret|token|query_?key|api_?key|private_?key|authorization|cookie/i
const URL_WITH_CREDENTIALS = /(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@]+@/gi

/**
 * A copy without secret keys, credentials in URLs and known secret values. Keys are left out rather than masked,
 * so that a client that sends back what it read does not overwrite a secret with its mask.
 */
export function withoutSecrets(document: object): Record<string, unknown> {
  const kept = Object.entries(document).filter(([key, value]) => !(SECRET_KEY.test(key) && holdsText(value)))
  return Object.fromEntries(kept.map(([key, value]) => [key, cleaned(value)]))
}

/** A flag or a number named `..._token_enabled` is no secret; text and what may hold text is. */
function holdsText(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return redactSecrets(value.replace(URL_WITH_CREDENTIALS, '$1'))
  if (Array.isArray(value)) return value.map(cleaned)
  if (typeof value === 'object' && value !== null) return withoutSecrets(value)
  return value
}
