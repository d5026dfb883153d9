/**
 * Lists of an Arrigo server, page by page to their end. A server that stops early, repeats itself or never ends is found
 * out: a list that is silently short looks like a building that has lost its sensors.
 */
import { BadData } from '../errors.ts'
import { complaintText, type GraphQlAnswer, type GraphQlProblem, NotDelivered, shortened } from './graphql.ts'
import { asNumber, asObject, asText, type JsonObject } from './json.ts'

export interface ListSource {
  /** For messages, such as `analogs`. */
  readonly name: string
  readonly fetch: (after: string | null) => Promise<GraphQlAnswer>
  /** The connection within the answer's data; may throw what fits better than "not delivered". */
  readonly locate: (data: JsonObject, problems: readonly GraphQlProblem[]) => unknown
}

export interface ListPage {
  readonly rows: readonly JsonObject[]
  /** The whole answer, for what stands beside the list. */
  readonly answer: GraphQlAnswer
  readonly totalCount: number | null
  /** Sentences about what is missing on this page, and on the last page in the whole list. */
  readonly problems: readonly string[]
  readonly last: boolean
}

export interface CollectedList {
  readonly rows: readonly JsonObject[]
  readonly first: GraphQlAnswer | undefined
  readonly totalCount: number | null
  /** False when the list was cut: by the limit asked for, or by a server that did not deliver the rest. */
  readonly complete: boolean
  readonly problems: readonly string[]
}

/** No list of a building or page chain of one history chunk comes near this. */
const MOST_PAGES = 10_000
const MOST_EMPTY_PAGES = 3
/** Lists may grow while they are read, but not to more than twice their size. */
const SLACK_ROWS = 1_000

/**
 * Pages in the server's order, until it says there is no more.
 * @throws NotDelivered when a page has no list in it; BadData naming the list when its cursors lead nowhere
 */
export async function* readPages({ name, fetch, locate }: ListSource): AsyncGenerator<ListPage> {
  const cursors = new Set<string>()
  let received = 0
  let emptyPages = 0
  let after: string | null = null
  while (true) {
    const answer = await fetch(after)
    const connection = asObject(locate(answer.data, answer.problems))
    const rows = rowsOf(connection)
    if (rows === undefined) {
      throw new NotDelivered(name, complaintText(answer.problems) || 'the answer holds no list')
    }
    const { hasNextPage, endCursor } = asObject(connection.pageInfo)
    const totalCount = asNumber(connection.totalCount)
    received += rows.length
    const problems = answer.problems.map((problem) => sentence(name, problem))
    const last = hasNextPage !== true
    if (last && totalCount !== null && received < totalCount) {
      problems.push(`Arrigo counts ${totalCount} ${name} and delivered ${received}`)
    }
    yield { rows: rows.filter(isRow), answer, totalCount, problems, last }
    if (last) return

    const next = asText(endCursor)
    if (next === null) throw new BadData(`the list of ${name} goes on, but Arrigo does not say where`)
    if (cursors.has(next)) throw new BadData(`the list of ${name} does not end: Arrigo repeats a cursor`)
    cursors.add(next)
    emptyPages = rows.length === 0 ? emptyPages + 1 : 0
    const tooMany = totalCount !== null && received > 2 * totalCount + SLACK_ROWS
    if (emptyPages > MOST_EMPTY_PAGES || tooMany || cursors.size > MOST_PAGES) {
      throw new BadData(`the list of ${name} does not end: ${received} rows on ${cursors.size} pages`)
    }
    after = next
  }
}

/**
 * A whole list, or its first `limit` rows. A later page that cannot be delivered ends the list, which is then not
 * complete; a first one is an error.
 */
export async function collectList(source: ListSource, limit = Number.POSITIVE_INFINITY): Promise<CollectedList> {
  const rows: JsonObject[] = []
  const problems: string[] = []
  let first: GraphQlAnswer | undefined
  let totalCount: number | null = null
  let ended = false
  try {
    for await (const page of readPages(source)) {
      first ??= page.answer
      totalCount = page.totalCount ?? totalCount
      rows.push(...page.rows)
      problems.push(...page.problems)
      ended = page.last
      if (rows.length >= limit) break
    }
  } catch (error) {
    if (first === undefined || !(error instanceof NotDelivered)) throw error
    problems.push(error.message)
  }
  const complete = ended && rows.length <= limit && rows.length >= (totalCount ?? 0)
  return { rows: rows.slice(0, limit), first, totalCount, complete, problems }
}

/** Undefined when the connection holds neither of the two shapes. */
function rowsOf({ items, edges }: JsonObject): readonly unknown[] | undefined {
  if (Array.isArray(items)) return items
  return Array.isArray(edges) ? edges.map((edge) => asObject(edge).node) : undefined
}

/** A row the server could not deliver stands as null in the list. */
function isRow(row: unknown): row is JsonObject {
  return row !== null && typeof row === 'object'
}

function sentence(name: string, { message, path }: GraphQlProblem): string {
  const place = path.length === 0 ? '' : ` (${path.join('.')})`
  return `${name}: ${shortened(message)}${place}`
}
