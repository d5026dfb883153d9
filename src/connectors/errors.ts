/**
 * Typed errors of everything outside BVPro. The `type` travels through Temporal as the failure type,
 * decides whether an activity retries, and appears in the API as `reasonCode`.
 */

export const PERMANENT_ERROR_TYPES = [
  'CredentialsRejected',
  'CredentialsMissing',
  'EntityNotFound',
  'BadConfig',
  'BadData',
] as const
export const TRANSIENT_ERROR_TYPES = ['Unavailable', 'RateLimited', 'Pending', 'StoreUnavailable'] as const

export type ErrorType = (typeof PERMANENT_ERROR_TYPES)[number] | (typeof TRANSIENT_ERROR_TYPES)[number]

export interface ErrorOptionsWithRetry extends ErrorOptions {
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number
}

/** Base of all typed errors. The message is a sentence for an operator and never holds a secret. */
export class BvproError extends Error {
  readonly type: ErrorType
  readonly retryAfterMs: number | undefined

  constructor(type: ErrorType, message: string, options: ErrorOptionsWithRetry = {}) {
    super(message, options)
    this.name = type
    this.type = type
    this.retryAfterMs = options.retryAfterMs
  }

  get retryable(): boolean {
    return (TRANSIENT_ERROR_TYPES as readonly string[]).includes(this.type)
  }
}

/** The vendor refused user name and password. Does not retry by itself: hammering locks accounts. */
export class CredentialsRejected extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('CredentialsRejected', message, options)
  }
}

/** No user name or password is known for the entity. */
export class CredentialsMissing extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('CredentialsMissing', message, options)
  }
}

/** The account is fine but the house, building, station or place does not exist for it. */
export class EntityNotFound extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('EntityNotFound', message, options)
  }
}

/** Our own configuration is at fault; a person has to change it. */
export class BadConfig extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('BadConfig', message, options)
  }
}

/** The other side answered, but with something that cannot be right. */
export class BadData extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('BadData', message, options)
  }
}

/** Outage, time-out, connection reset, 5xx, or an open circuit breaker. */
export class Unavailable extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('Unavailable', message, options)
  }
}

/** 429 or an equivalent. `retryAfterMs` is set when the other side named a time. */
export class RateLimited extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('RateLimited', message, options)
  }
}

/** The vendor has asked the controller and has no values yet. */
export class Pending extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('Pending', message, options)
  }
}

/** The time-series or application store refused: full, locked, or away. */
export class StoreUnavailable extends BvproError {
  constructor(message: string, options?: ErrorOptionsWithRetry) {
    super('StoreUnavailable', message, options)
  }
}
