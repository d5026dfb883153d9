/**
 * Pieces that the descriptions of many routes share: the media type of problems and which of them a route may answer.
 */
import { PROBLEM_MEDIA_TYPE, ProblemSchema, type ProblemStatus } from './problem.ts'

const PROBLEM_DESCRIPTIONS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The request cannot be read',
  401: 'No valid API token',
  403: 'Not allowed',
  404: 'Not known',
  405: 'Method not allowed',
  406: 'Not acceptable',
  409: 'Not possible in the present state',
  412: 'The configuration was changed by someone else',
  413: 'The body is too big',
  415: 'The content type is not supported',
  422: 'A parameter or the document is not valid',
  500: 'A fault of BVPro, with a reference into the log',
  503: 'A part that is needed is out of reach',
}

const problemContent = { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } } as const

/** Descriptions of the problems a route may answer; every protected route may also answer 401 and 500. */
export function problemAnswers(...statuses: ProblemStatus[]) {
  const entries = [...new Set<ProblemStatus>([401, ...statuses, 500])]
    .sort((a, b) => a - b)
    .map((status) => [String(status), { description: PROBLEM_DESCRIPTIONS[status], content: problemContent }] as const)
  return Object.fromEntries(entries)
}

/** A JSON answer with its schema. */
export function jsonAnswer<Schema>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** Every path under `/api/v1` needs the token. */
export const TOKEN_REQUIRED = [{ bearer: [] }]
