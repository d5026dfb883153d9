/** RFC 9457 problem documents: the one shape of every error the API answers, and how thrown errors become one. */
import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { ConfigConflict, ConfigExists, ConfigInvalid } from '../config/catalogue.ts'
import { BvproError, type ErrorType } from '../connectors/errors.ts'
import { type Logger, redactSecrets } from '../runtime/log.ts'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export const ProblemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:bvpro:problem:invalid' }),
    title: z.string().openapi({ example: 'Invalid request' }),
    status: z.int(),
    detail: z.string().openapi({ description: 'A sentence for the reader: what is wrong and what to do.' }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'Each fault and where it is.' }),
    reference: z.string().optional().openapi({ description: 'Finds the matching `api.error` line in the log.' }),
  })
  .openapi('Problem')

type ProblemDocument = z.infer<typeof ProblemSchema>

/** Name (the last part of `type`) and title by status. */
const KINDS = {
  400: ['malformed', 'Malformed request'],
  401: ['unauthorized', 'Authentication required'],
  403: ['forbidden', 'Not allowed'],
  404: ['not-found', 'Not found'],
  405: ['method-not-allowed', 'Method not allowed'],
  406: ['not-acceptable', 'Not acceptable'],
  409: ['conflict', 'Not possible in the present state'],
  412: ['precondition-failed', 'Changed by someone else'],
  413: ['too-large', 'Request body too large'],
  415: ['unsupported-media-type', 'Unsupported content type'],
  422: ['invalid', 'Invalid request'],
  500: ['internal', 'Internal error'],
  503: ['unavailable', 'Temporarily unavailable'],
} as const

export type ProblemStatus = keyof typeof KINDS

interface ProblemOptions {
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
  readonly headers?: Readonly<Record<string, string>>
  readonly reference?: string
  readonly cause?: unknown
}

/** Thrown by handlers; the error handler of the app turns it into its document. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: ProblemStatus
  readonly options: ProblemOptions

  constructor(status: ProblemStatus, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.status = status
    this.options = options
  }

  get title(): string {
    return KINDS[this.status][1]
  }

  toResponse(): Response {
    const { errors, headers, reference } = this.options
    const document: ProblemDocument = {
      type: `urn:bvpro:problem:${KINDS[this.status][0]}`,
      title: this.title,
      status: this.status,
      detail: this.message,
      ...(errors === undefined ? {} : { errors: errors.map(({ path, message }) => ({ path, message })) }),
      ...(reference === undefined ? {} : { reference }),
    }
    return new Response(JSON.stringify(document), {
      status: this.status,
      headers: { 'Content-Type': PROBLEM_MEDIA_TYPE, ...headers },
    })
  }
}

/** A 422 about one parameter or one place in the body. */
export function invalid(path: string, message: string): Problem {
  return new Problem(422, `${path}: ${message}`, { errors: [{ path, message }] })
}

/** What went wrong, as a sentence for an answer or the log, without secrets. */
export function reasonOf(error: unknown): string {
  return redactSecrets(error instanceof Error ? error.message : String(error))
}

/** What a typed error of the outside world means to a caller of the API. */
const STATUS_OF_ERROR_TYPE: Readonly<Record<ErrorType, ProblemStatus>> = {
  EntityNotFound: 404,
  BadConfig: 422,
  BadData: 422,
  CredentialsMissing: 409,
  CredentialsRejected: 409,
  Unavailable: 503,
  RateLimited: 503,
  Pending: 503,
  StoreUnavailable: 503,
}

function isProblemStatus(status: number): status is ProblemStatus {
  return status in KINDS
}

function fromHttpException(error: HTTPException): Problem {
  const status = isProblemStatus(error.status) ? error.status : 400
  return new Problem(status, error.message || KINDS[status][1], { cause: error })
}

/** Undefined when the error is not one that a caller can understand, that is, a fault of ours. */
function known(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (error instanceof ConfigConflict) return new Problem(412, error.message, { cause: error })
  if (error instanceof ConfigExists) return new Problem(409, error.message, { cause: error })
  if (error instanceof ConfigInvalid) return new Problem(422, error.message, { errors: error.problems, cause: error })
  if (error instanceof BvproError) {
    const headers: Record<string, string> =
      error.retryAfterMs === undefined ? {} : { 'Retry-After': String(Math.ceil(error.retryAfterMs / 1000)) }
    return new Problem(STATUS_OF_ERROR_TYPE[error.type], reasonOf(error), { headers, cause: error })
  }
  if (error instanceof HTTPException) return fromHttpException(error)
  return undefined
}

/**
 * Turns anything thrown into a problem. What is not the caller's business becomes a 500 that carries only a
 * reference; the cause is in the log under that reference.
 */
export function toProblem(error: unknown, context: Context, log: Logger): Problem {
  const problem = known(error)
  if (problem !== undefined) return problem
  const reference = randomUUID()
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  log.error('api.error', { reference, method: context.req.method, path: context.req.path, name, message, stack })
  return new Problem(500, `Something went wrong inside BVPro. The log explains it under reference ${reference}.`, {
    reference,
    cause: error,
  })
}
