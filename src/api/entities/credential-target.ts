/**
 * Where the credentials of a building are sent is not changed over the API: whoever holds a stolen session could
 * otherwise have the password delivered to a server of their own, which the API never shows to anybody. Configuration
 * files are the operator's own and are not judged here.
 */
import type { ConfiguredEntity } from '../../config/catalogue.ts'
import { applyMergePatch } from '../../config/merge-patch.ts'
import { vendorBaseUrl } from '../../config/vendor-url.ts'
import { Problem } from '../problem.ts'

const ADDRESSES = ['host', 'base_url'] as const

type Connection = Readonly<Record<string, unknown>>

/**
 * Which addresses and credentials a change would put together anew, as problems; empty when none. What cannot be an
 * address is left to the validation of the whole.
 * @param present undefined when the file has faults: then any address is a new one
 */
export function credentialTargetFaults(present: Connection | undefined, changed: Connection) {
  const elsewhere = ADDRESSES.filter((key) => {
    const origin = originOf(changed[key])
    return origin !== undefined && origin !== originOf(present?.[key])
  }).map((key) => ({
    path: `connection.${key}`,
    message:
      'expected the same server: the stored user name and password would go to another one. ' +
      'Change it in the configuration file, or remove the building and add it again with its credentials',
  }))
  const reference = changed.credential_ref
  if (typeof reference !== 'string' || reference === present?.credential_ref) return elsewhere
  const message =
    'expected no other reference: credentials of other buildings would go to this server. Change it in the configuration file'
  return [...elsewhere, { path: 'connection.credential_ref', message }]
}

/** @throws Problem 422 when a merge patch would send credentials elsewhere */
export function refuseOtherCredentialTarget({ config }: Pick<ConfiguredEntity, 'config'>, mergePatch: object): void {
  const present = connectionOf(config)
  const faults = credentialTargetFaults(present, connectionOf(applyMergePatch(config ?? {}, mergePatch)) ?? {})
  if (faults.length === 0) return
  throw new Problem(422, 'The change would send credentials to another server.', { errors: faults })
}

/** Scheme, host and port: a plain-text address of the same host is another server. */
function originOf(address: unknown): string | undefined {
  const base = typeof address === 'string' ? vendorBaseUrl(address.trim()) : undefined
  return base === undefined ? undefined : new URL(base).origin
}

function connectionOf(document: unknown): Connection | undefined {
  const { connection } = (document ?? {}) as Readonly<Record<string, unknown>>
  return typeof connection === 'object' && connection !== null ? (connection as Connection) : undefined
}
