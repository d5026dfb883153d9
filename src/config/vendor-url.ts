/** Addresses of outside systems: how they may be written, and when plain HTTP is good enough for credentials. */

/**
 * Base URL of a vendor server given as host, `host:port` or full URL; without a trailing slash, https unless said
 * otherwise. Undefined when the text is none of these, or carries a user name, query or fragment.
 */
export function vendorBaseUrl(address: string): string | undefined {
  const text = address.includes('://') ? address : `https://${address}`
  if (/\s/.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined
  if (url.hostname === '' || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return undefined
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/**
 * Whether credentials may be sent to a URL: https, this machine itself, or a host the operator has named in
 * `BVPRO_ALLOW_HTTP` (as `host` or `host:port`).
 */
export function mayCarryCredentials(baseUrl: string, allowHttp: readonly string[] = []): boolean {
  const url = new URL(baseUrl)
  return (
    url.protocol === 'https:' ||
    isLoopback(url.hostname) ||
    allowHttp.some((allowed) => [url.hostname, url.host].includes(allowed.toLowerCase()))
  )
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
