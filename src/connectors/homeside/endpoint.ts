/** Which portal addresses may be given a password: https, this machine, or hosts the operator allowed by name. */
import { BadConfig } from '../errors.ts'

/**
 * Address of a call on the portal. Everything that sends a request goes through here, so a refused address means
 * that nothing was sent.
 * @param allowHttpHosts hosts (`portal.example` or `portal.example:8080`) that may be reached without encryption
 * @throws BadConfig when the base URL is no URL, carries credentials, or would send them in clear text
 */
export function portalUrl(baseUrl: string, path: string, allowHttpHosts: readonly string[] = []): string {
  if (!URL.canParse(baseUrl)) throw new BadConfig('the HomeSide base URL is not a valid URL')
  const base = new URL(baseUrl)
  if (base.username !== '' || base.password !== '') {
    throw new BadConfig('the HomeSide base URL must not hold a user name or password')
  }
  const encrypted = base.protocol === 'https:'
  const allowed = base.protocol === 'http:' && (isLoopback(base.hostname) || isListed(base, allowHttpHosts))
  if (!encrypted && !allowed) {
    throw new BadConfig(
      `${base.protocol}//${base.host} would carry the HomeSide password unencrypted: use https, or allow the host in BVPRO_ALLOW_HTTP`,
    )
  }
  return `${base.origin}${base.pathname.replace(/\/+$/, '')}${path}`
}

/** `URL` has already normalised short and numeric forms of IPv4 addresses. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function isListed(base: URL, hosts: readonly string[]): boolean {
  return hosts.some((host) => {
    const wanted = host.trim().toLowerCase()
    return wanted !== '' && (wanted === base.host || wanted === base.hostname)
  })
}
