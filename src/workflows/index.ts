/** Every workflow type a worker runs; the bundle is made from this file. */
export { building } from './building.ts'
export { house } from './house.ts'
export { reconcileEntities } from './reconcile-entities.ts'
export { refreshWeather } from './refresh-weather.ts'
export { zone } from './zone.ts'
