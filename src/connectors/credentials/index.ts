/** Credentials of houses and buildings: where they are looked up and kept. */
export { type CredentialStoreOptions, createCredentialStore, type OpenCredentialStore } from './credential-store.ts'
export type { CredentialOptions, CredentialSource, Credentials } from './source.ts'
export type { CredentialChange, CredentialOrigin, CredentialRemoval, CredentialStore } from './store.ts'
