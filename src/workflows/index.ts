/** Every workflow type a worker runs; the bundle is made from this file. */
export { building } from './building.ts'
export { fillGaps } from './fill-gaps.ts'
export { house } from './house.ts'
export { importHistory } from './import-history.ts'
export { reconcileEntities } from './reconcile-entities.ts'
export { refreshWeather } from './refresh-weather.ts'
export { zone } from './zone.ts'
