/** Public face of the application store. */
export type { ApplicationLocation } from './database.ts'
export type { ApplicationStore, EntityStatus } from './port.ts'
export { openApplicationStore } from './store.ts'
