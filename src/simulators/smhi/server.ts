/** SMHI as seen from outside: the forecast and the observation service with their common trouble. */
import type { Coordinates } from '../../domain/weather/place.ts'
import type { SmhiFaults } from '../faults.ts'
import { type Exchange, sendText, suffer } from '../http.ts'
import { ForecastService } from './forecast.ts'
import { ObservationService } from './observations.ts'
import { inventStations } from './stations.ts'

export class SmhiServer {
  faults: SmhiFaults = {}
  private readonly forecasts: ForecastService
  private readonly observations: ObservationService

  /** @param places around which stations stand; @param now the town's clock. */
  constructor(seed: number, places: readonly Coordinates[], now: () => number) {
    this.forecasts = new ForecastService(seed, now)
    this.observations = new ObservationService(seed, inventStations(places), now)
  }

  /** Answers when the path is one of SMHI's; false otherwise. */
  async handle(exchange: Exchange): Promise<boolean> {
    if (!/^\/api\/(category|version)\//.test(exchange.path)) return false
    if (await suffer(exchange, this.faults)) return true
    if (exchange.request.method !== 'GET') {
      sendText(exchange, 405, '', 'text/html', { allow: 'GET' })
      return true
    }
    return this.forecasts.handle(exchange, this.faults) || this.observations.handle(exchange, this.faults)
  }
}
