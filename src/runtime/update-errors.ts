/** Failures of workflow updates as the typed errors they were before they travelled. */
import { ApplicationFailure } from '@temporalio/common'
import {
  BadConfig,
  BadData,
  type BvproError,
  CredentialsMissing,
  CredentialsRejected,
  EntityNotFound,
  Pending,
  RateLimited,
  StoreUnavailable,
  Unavailable,
} from '../connectors/errors.ts'

const ERRORS = {
  BadConfig,
  BadData,
  CredentialsMissing,
  CredentialsRejected,
  EntityNotFound,
  Pending,
  RateLimited,
  StoreUnavailable,
  Unavailable,
}

export function typedError(cause: unknown): BvproError {
  if (!(cause instanceof ApplicationFailure)) return new Unavailable(String(cause))
  const type = cause.type ?? ''
  const known = Object.entries(ERRORS).find(([name]) => name === type)?.[1] ?? Unavailable
  return new known(cause.message, { cause })
}
