/** Vendors as on-boarding meets them: with credentials that belong to no entity yet. */
import type { OnboardingVendors } from '../activities/onboarding/index.ts'
import type { ZoneProbe } from '../api/onboarding/ports.ts'
import type { Environment } from '../config/environment.ts'
import { vendorBaseUrl } from '../config/vendor-url.ts'
import { createArrigoClient } from '../connectors/arrigo/index.ts'
import { createHomeSideClient } from '../connectors/homeside/index.ts'
import { createModbusClient, readZone, zoneMapOf } from '../connectors/modbus/index.ts'
import type { Logger } from './log.ts'
import type { Origin, TownAddresses } from './vendor-clients.ts'
import type { WorkerSharing } from './worker-sharing.ts'

/** What of the simulated town can be told apart from the real world. */
export interface TownDirectory extends TownAddresses {
  /** User names of its HomeSide accounts, without blanks. */
  readonly accounts: ReadonlySet<string>
  /** Ports of its Modbus devices on this machine. */
  readonly devicePorts: ReadonlySet<number>
}

export interface OnboardingVendorOptions {
  readonly environment: Environment
  readonly town: TownDirectory | undefined
  readonly sharing: WorkerSharing
  readonly log: Logger
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1'])
const PROBE_MS = 2_000

export function createOnboardingVendors(options: OnboardingVendorOptions): OnboardingVendors {
  const { environment, town, sharing, log } = options
  const allowHttpHosts = environment.allowHttp
  return {
    account(credentials) {
      const origin = town?.accounts.has(credentials.username.replace(/\s/g, '')) ? 'demo' : 'real'
      const account = createHomeSideClient({
        baseUrl: origin === 'demo' && town !== undefined ? town.homesideUrl : environment.homesideUrl,
        allowHttpHosts,
        credentials: async () => credentials,
        log,
      })
      return { origin, account }
    },

    building({ host, account }, credentials) {
      const origin: Origin = town !== undefined && isSameServer(host, town.arrigoUrl) ? 'demo' : 'real'
      const server = createArrigoClient({
        host: origin === 'demo' && town !== undefined ? town.arrigoUrl : host,
        account,
        allowHttpHosts,
        credentials: async () => credentials,
        // As in polling: the town forgets its tokens with its process.
        ...(origin === 'demo' ? {} : { sessions: sharing.arrigoSessions }),
        log,
      })
      return { origin, server }
    },

    zoneOrigin: (host, port) => (LOOPBACK.has(host.toLowerCase()) && town?.devicePorts.has(port) ? 'demo' : 'real'),
  }
}

/** People leave the scheme out, and with it https stands in for http. */
function isSameServer(host: string, url: string): boolean {
  const base = vendorBaseUrl(host.trim())
  return base !== undefined && new URL(base).host === new URL(url).host
}

/** Reads a device once. Anything it answers counts as a device; what it answers need not make sense. */
export function createZoneProbe({ sharing }: Pick<OnboardingVendorOptions, 'sharing'>): ZoneProbe {
  return async ({ host, port, unitId, registers, preferences }, signal) => {
    const client = createModbusClient({
      host,
      port,
      unitId,
      timeoutMs: PROBE_MS,
      takeTurn: sharing.endpointTurns,
    })
    try {
      return await readZone(client, zoneMapOf({ registers, preferences }), { signal })
    } finally {
      client.close()
    }
  }
}
