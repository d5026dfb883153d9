/** An application store in memory, for tests of what stands above the port. */
import { entityWorkflowId } from '../../src/domain/entity.ts'
import type { ApplicationStore, EntityStatus } from '../../src/store/application/port.ts'

export function memoryApplicationStore(): ApplicationStore & { readonly rows: Map<string, EntityStatus> } {
  const rows = new Map<string, EntityStatus>()
  const documents = new Map<string, { value: unknown; updatedAt: number }>()
  return {
    rows,
    listStatus: async (kind) => [...rows.values()].filter((row) => kind === undefined || row.kind === kind),
    getStatus: async (entity) => rows.get(entityWorkflowId(entity)),
    async putStatus(entity, change) {
      const key = entityWorkflowId(entity)
      const fresh: EntityStatus = {
        ...entity,
        name: entity.id,
        origin: 'real',
        mode: 'monitor',
        paused: false,
        pollSeconds: 300,
        place: null,
        registeredAt: Date.now(),
        lastPollAt: null,
        lastGoodAt: null,
        failingSince: null,
        failures: 0,
        reason: null,
        reasonCode: null,
        problems: [],
        lastReading: null,
        configHash: null,
        offboarding: false,
        health: 'starting',
        since: Date.now(),
      }
      rows.set(key, { ...fresh, ...rows.get(key), ...change })
    },
    async deleteStatus(entity) {
      rows.delete(entityWorkflowId(entity))
    },
    getDocument: async <T>(collection: string, key: string) =>
      documents.get(`${collection}/${key}`) as { value: T; updatedAt: number } | undefined,
    async putDocument(collection, key, value) {
      documents.set(`${collection}/${key}`, { value, updatedAt: Date.now() })
    },
    listDocuments: async <T>(collection: string) =>
      [...documents]
        .filter(([id]) => id.startsWith(`${collection}/`))
        .map(([id, document]) => ({ key: id.slice(collection.length + 1), ...document, value: document.value as T })),
    async deleteDocument(collection, key) {
      documents.delete(`${collection}/${key}`)
    },
    check: async () => undefined,
    close: async () => undefined,
  }
}
