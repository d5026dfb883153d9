/** Lists in pages, as the vendor's schema hands them out: rows are made when a page asks for them, never before. */
import { GraphQLError } from 'graphql'
import type { ArrigoFaults, PagedList } from './faults.ts'

export interface PageArguments {
  readonly first?: number | null
  readonly after?: string | null
  readonly last?: number | null
  readonly before?: string | null
}

/** A list of which every row can be made by its place. */
export interface RowSource<T> {
  readonly count: number
  readonly at: (index: number) => T
}

export interface PageLimits {
  /** Rows of a page when nobody says. */
  readonly usual: number
  /** Rows of a page at most, whatever is asked for. */
  readonly most: number
}

/** Fields that are functions are called only when the query selects them. */
export function connectionOf<T>(
  name: PagedList,
  source: RowSource<T>,
  page: PageArguments,
  limits: PageLimits,
  faults: ArrigoFaults,
) {
  const { start, end } = rangeOf(source.count, page, limits)
  const endless = faults.endless?.includes(name) === true && source.count > 0
  const cut = faults.truncated?.includes(name) === true
  const index = (place: number) => (endless ? place % source.count : place)
  const places = Array.from({ length: end - start }, (_, offset) => start + offset)
  const more = endless || end < source.count
  return {
    totalCount: source.count,
    pageInfo: {
      hasNextPage: cut ? false : more,
      hasPreviousPage: start > 0,
      startCursor: end > start ? cursorOf(start) : null,
      endCursor: faults.repeatedCursor?.includes(name) === true ? cursorOf(0) : end > start ? cursorOf(end - 1) : null,
    },
    items: () => places.map((place) => source.at(index(place))),
    edges: () => places.map((place) => ({ cursor: cursorOf(place), node: source.at(index(place)) })),
  }

  /** Places of the page's rows; the end is exclusive. */
  function rangeOf(count: number, { first, after, last, before }: PageArguments, { usual, most }: PageLimits) {
    if ((first ?? 0) < 0 || (last ?? 0) < 0) throw new GraphQLError('first and last must not be negative')
    const from = after === null || after === undefined ? 0 : placeOf(after) + 1
    const until = before === null || before === undefined ? count : Math.min(count, placeOf(before))
    if (typeof last === 'number') return { start: Math.max(from, until - Math.min(last, most)), end: until }
    const size = Math.min(first ?? usual, most)
    const beyond = faults.endless?.includes(name) === true ? from + size : until
    return { start: Math.min(from, beyond), end: Math.min(from + size, beyond) }
  }
}

function cursorOf(place: number): string {
  return Buffer.from(String(place)).toString('base64')
}

function placeOf(cursor: string): number {
  const text = Buffer.from(cursor, 'base64').toString('utf8')
  if (!/^\d+$/.test(text)) throw new GraphQLError(`"${cursor}" is no cursor`)
  return Number(text)
}
