/** Public face of the application store. */
export type {
  SealedCredential,
  SealedCredentialChange,
  SealedCredentialKey,
  SealedCredentialTable,
} from './credential-table.ts'
export type { ApplicationLocation } from './database.ts'
export type { ApplicationStore, EntityStatus, Lease, LeaseStore } from './port.ts'
export { type OpenApplicationStore, openApplicationStore } from './store.ts'
