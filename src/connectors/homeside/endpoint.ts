/** Where the portal answers, and whether a password may be sent there. */
import { mayCarryCredentials, vendorBaseUrl } from '../../config/vendor-url.ts'
import { BadConfig } from '../errors.ts'

/**
 * Address of a call on the portal. Everything that sends a request goes through here, so a refused address means
 * that nothing was sent.
 * @param baseUrl host, `host:port` or full URL
 * @param allowHttpHosts hosts that may be reached without encryption besides this machine
 * @throws BadConfig when it is none of these, or would send the password in clear text; the message never quotes a
 *   user name or password typed into it
 */
export function portalUrl(baseUrl: string, path: string, allowHttpHosts: readonly string[] = []): string {
  const base = vendorBaseUrl(baseUrl)
  if (base === undefined) {
    throw new BadConfig('the HomeSide base URL is not a host, host:port, or http(s) URL without user name and query')
  }
  if (!mayCarryCredentials(base, allowHttpHosts)) {
    const { protocol, host } = new URL(base)
    throw new BadConfig(
      `${protocol}//${host} would carry the HomeSide password unencrypted: use https, or allow the host in BVPRO_ALLOW_HTTP`,
    )
  }
  return `${base}${path}`
}
