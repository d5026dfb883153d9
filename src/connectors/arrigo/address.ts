/** Where an Arrigo server answers, and whether a password may be sent there. */
import { mayCarryCredentials, vendorBaseUrl } from '../../config/vendor-url.ts'
import { BadConfig } from '../errors.ts'

export interface ArrigoAddress {
  /** Host and port, for messages and logs. */
  readonly host: string
  readonly login: string
  readonly refresh: string
  readonly graphql: string
}

const API_PATH = '/arrigo/api'

/**
 * @param host a building's `connection.host`: host, `host:port` or full URL, with or without the path of the API
 * @param allowHttpHosts hosts that may be reached without encryption besides this machine
 * @throws BadConfig when it is none of these, or would send the password in clear text; the message never quotes it,
 *   because it may hold a password typed in the wrong place
 */
export function arrigoAddress(host: string, allowHttpHosts: readonly string[] = []): ArrigoAddress {
  const base = vendorBaseUrl(host.trim())
  if (base === undefined) {
    throw new BadConfig('connection.host is not a host, host:port, or http(s) URL without user name')
  }
  const { host: name, protocol } = new URL(base)
  if (!mayCarryCredentials(base, allowHttpHosts)) {
    throw new BadConfig(
      `${protocol}//${name} would carry the Arrigo password unencrypted: use https, or allow the host in BVPRO_ALLOW_HTTP`,
    )
  }
  const api = base.toLowerCase().endsWith(API_PATH) ? base : `${base}${API_PATH}`
  return { host: name, login: `${api}/login`, refresh: `${api}/login/refresh`, graphql: `${api}/graphql` }
}
