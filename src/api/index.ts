/** The public face of the HTTP interface, for the launcher and for tests. */
export { createApi } from './api.ts'
export type { ApiDependencies, Operations, SharedWeather } from './dependencies.ts'
export { type ListenOptions, type RunningServer, serveApi } from './serve.ts'
