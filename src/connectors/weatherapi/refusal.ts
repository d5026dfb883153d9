/** What WeatherAPI.com says when it gives no forecast, as BVPro's typed errors. */
import { z } from 'zod'
import {
  BadConfig,
  BadData,
  type BvproError,
  CredentialsRejected,
  EntityNotFound,
  RateLimited,
  Unavailable,
} from '../errors.ts'
import { parseJson } from '../json.ts'

const bodySchema = z.object({ error: z.object({ code: z.number() }) })

const QUOTA_IS_BACK_AFTER_MS = 3_600_000

/**
 * The error of an answer that is not 200. The service's own message is left out: the request it may repeat holds the
 * key.
 */
export function refusal(status: number, text: string): BvproError {
  const body = bodySchema.safeParse(parseJson(text))
  const code = body.success ? body.data.error.code : undefined
  switch (code) {
    case 1002:
    case 2006:
      return new CredentialsRejected('WeatherAPI refused the key; check WEATHERAPI_KEY')
    case 2007:
      return new RateLimited("the calls of WeatherAPI's key are used up for this month", {
        retryAfterMs: QUOTA_IS_BACK_AFTER_MS,
      })
    case 2008:
      return new CredentialsRejected('WeatherAPI has disabled the key; check WEATHERAPI_KEY')
    case 2009:
      return new BadConfig('the plan of the WeatherAPI key has no forecasts; check WEATHERAPI_KEY')
    case 1006:
      return new EntityNotFound('WeatherAPI knows no place there')
    case 9999:
      return new Unavailable('WeatherAPI has a fault of its own')
  }
  if (status === 401 || status === 403) {
    return new CredentialsRejected(`WeatherAPI refused the key (HTTP ${status}); check WEATHERAPI_KEY`)
  }
  if (code !== undefined) return new BadData(`WeatherAPI refused the request (error ${code})`)
  return new Unavailable(`WeatherAPI answered HTTP ${status}`)
}

/** Whether the key is at fault, and not this one question. */
export function isOfTheKey(error: BvproError): boolean {
  return error instanceof CredentialsRejected || error instanceof BadConfig || error instanceof RateLimited
}
