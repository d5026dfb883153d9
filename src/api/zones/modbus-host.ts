/**
 * Which devices a zone made over the API may lead to. A server that dials whatever host and port it is told is a network
 * scanner for others, so it dials its own machine, private networks, and what its operator has named. Configuration
 * files are the operator's own and are not judged here.
 */
import { BlockList, isIP } from 'node:net'
import { invalid } from '../problem.ts'

/** RFC 1918, RFC 4193 and loopback. Link-local addresses are left out: metadata services of clouds live there. */
const OWN_NETWORKS = new BlockList()
OWN_NETWORKS.addSubnet('127.0.0.0', 8, 'ipv4')
OWN_NETWORKS.addSubnet('10.0.0.0', 8, 'ipv4')
OWN_NETWORKS.addSubnet('172.16.0.0', 12, 'ipv4')
OWN_NETWORKS.addSubnet('192.168.0.0', 16, 'ipv4')
OWN_NETWORKS.addAddress('::1', 'ipv6')
OWN_NETWORKS.addSubnet('fc00::', 7, 'ipv6')

/** @param named hosts of `BVPRO_MODBUS_HOSTS`; a name counts as it is written, never by what it resolves to */
export function mayDial(host: string, named: readonly string[]): boolean {
  const lowerCase = host.toLowerCase()
  if (lowerCase === 'localhost' || named.some((one) => one.toLowerCase() === lowerCase)) return true
  const version = isIP(host)
  return version !== 0 && OWN_NETWORKS.check(host, version === 4 ? 'ipv4' : 'ipv6')
}

/** What is wrong with the `modbus_host` of a document or of a change to one; undefined when nothing is, or there is none. */
export function hostFault(document: Readonly<Record<string, unknown>>, named: readonly string[]): string | undefined {
  const { modbus_host: host } = document
  if (typeof host !== 'string' || mayDial(host, named)) return undefined
  return `expected a loopback or private address, or a host named in BVPRO_MODBUS_HOSTS, found ${JSON.stringify(host)}`
}

/** @throws Problem 422 when the document leads to a device it may not lead to */
export function refuseForeignHost(document: Readonly<Record<string, unknown>>, named: readonly string[]): void {
  const fault = hostFault(document, named)
  if (fault !== undefined) throw invalid('modbus_host', fault)
}
