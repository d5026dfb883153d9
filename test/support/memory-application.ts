/** An application store in memory, for tests of what stands above the port. */
import { entityWorkflowId } from '../../src/domain/entity.ts'
import {
  type ApplicationStore,
  type EntityStatus,
  initialStatus,
  type Lease,
} from '../../src/store/application/port.ts'

export function memoryApplicationStore(
  clock: () => number = Date.now,
): ApplicationStore & { readonly rows: Map<string, EntityStatus> } {
  const rows = new Map<string, EntityStatus>()
  const documents = new Map<string, { value: unknown; updatedAt: number }>()
  const leases = new Map<string, Lease>()
  const isPresent = ({ name, holder, epoch }: Lease) => {
    const present = leases.get(name)
    return present?.holder === holder && present.epoch === epoch
  }
  return {
    rows,
    listStatus: async (kind) => [...rows.values()].filter((row) => kind === undefined || row.kind === kind),
    getStatus: async (entity) => rows.get(entityWorkflowId(entity)),
    async putStatus(entity, change) {
      const key = entityWorkflowId(entity)
      const known = rows.get(key) ?? initialStatus(entity, clock())
      const sameMode = change.mode === undefined || change.mode === known.mode
      rows.set(key, { ...known, ...change, modeSince: sameMode ? known.modeSince : clock() })
    },
    async deleteStatus(entity) {
      rows.delete(entityWorkflowId(entity))
    },
    getDocument: async <T>(collection: string, key: string) =>
      documents.get(`${collection}/${key}`) as { value: T; updatedAt: number } | undefined,
    async putDocument(collection, key, value) {
      documents.set(`${collection}/${key}`, { value, updatedAt: clock() })
    },
    listDocuments: async <T>(collection: string) =>
      [...documents]
        .filter(([id]) => id.startsWith(`${collection}/`))
        .map(([id, document]) => ({ key: id.slice(collection.length + 1), ...document, value: document.value as T })),
    async deleteDocument(collection, key) {
      documents.delete(`${collection}/${key}`)
    },
    async acquireLease(name, holder, lastsMs) {
      const now = clock()
      const present = leases.get(name)
      if (present !== undefined && present.expiresAt > now) return undefined
      const lease = { name, holder, epoch: (present?.epoch ?? 0) + 1, expiresAt: now + lastsMs }
      leases.set(name, lease)
      return lease
    },
    async renewLease(lease, lastsMs) {
      if (!isPresent(lease)) return undefined
      const renewed = { ...lease, expiresAt: clock() + lastsMs }
      leases.set(lease.name, renewed)
      return renewed
    },
    async releaseLease(lease) {
      if (isPresent(lease)) leases.set(lease.name, { ...lease, expiresAt: 0 })
    },
    async forgetLease(name) {
      if ((leases.get(name)?.expiresAt ?? 0) <= clock()) leases.delete(name)
    },
    async putDocumentUnder(lease, collection, key, value) {
      if (!isPresent(lease)) return false
      documents.set(`${collection}/${key}`, { value, updatedAt: clock() })
      return true
    },
    check: async () => undefined,
    close: async () => undefined,
  }
}
