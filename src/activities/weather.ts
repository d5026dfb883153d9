/** Activity of the weather loop: refresh every place that a configured entity stands at. */
import { Context } from '@temporalio/activity'
import pLimit from 'p-limit'
import type { ConfigStore, ConfiguredEntity } from '../config/catalogue.ts'
import { coordinatesOf } from '../config/field.ts'
import { type Coordinates, placeKey } from '../domain/weather/place.ts'
import type { Logger } from '../runtime/log.ts'
import type { WeatherActivities } from './contract.ts'
import { describeError } from './failures.ts'
import type { SharedWeather } from './shared-weather.ts'

/** Weather services ask clients to be modest. */
const CONCURRENT_PLACES = 4

export interface WeatherActivityDependencies {
  readonly config: ConfigStore
  readonly weather: SharedWeather
  readonly defaultPosition: Coordinates | undefined
  readonly log: Logger
}

export function createWeatherActivities(dependencies: WeatherActivityDependencies): WeatherActivities {
  const { weather, log } = dependencies
  return {
    async refreshWeather() {
      const { entities } = await dependencies.config.list()
      const places = configuredPlaces(entities, dependencies.defaultPosition)
      const limit = pLimit(CONCURRENT_PLACES)
      const failed: { place: string; reason: string }[] = []
      let updated = 0
      await Promise.all(
        places.map((place) =>
          limit(async () => {
            Context.current().heartbeat(place)
            try {
              if (await weather.refresh(place)) updated += 1
            } catch (error) {
              const { reason } = describeError(error)
              failed.push({ place, reason })
              log.warn('weather.failed', { place, reason })
            }
          }),
        ),
      )
      log.info('weather.refreshed', { places: places.length, updated, failed: failed.length })
      return { places: places.length, updated, failed }
    },
  }
}

/** Distinct places of the valid entities among these, sorted. */
export function configuredPlaces(
  entities: readonly ConfiguredEntity[],
  defaultPosition: Coordinates | undefined,
): string[] {
  const places = entities.flatMap(({ config }) => {
    const position = config === null ? undefined : (coordinatesOf(config) ?? defaultPosition)
    return position === undefined ? [] : [placeKey(position)]
  })
  return [...new Set(places)].sort()
}
