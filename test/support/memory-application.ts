/** An application store in memory, for tests of what stands above the port. */
import { entityWorkflowId } from '../../src/domain/entity.ts'
import { type ApplicationStore, type EntityStatus, initialStatus } from '../../src/store/application/port.ts'

export function memoryApplicationStore(): ApplicationStore & { readonly rows: Map<string, EntityStatus> } {
  const rows = new Map<string, EntityStatus>()
  const documents = new Map<string, { value: unknown; updatedAt: number }>()
  return {
    rows,
    listStatus: async (kind) => [...rows.values()].filter((row) => kind === undefined || row.kind === kind),
    getStatus: async (entity) => rows.get(entityWorkflowId(entity)),
    async putStatus(entity, change) {
      const key = entityWorkflowId(entity)
      rows.set(key, { ...(rows.get(key) ?? initialStatus(entity, Date.now())), ...change })
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
