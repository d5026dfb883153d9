/**
 * Published variable lists of an area: the only way to read single variables, and to write at all. A variable is
 * addressed by its place in the list, which differs between installations, so it is always found by its name.
 */
import { BadConfig, EntityNotFound } from '../errors.ts'
import { type Dialect, inDialect } from './dialect.ts'
import { complaintText, type GraphQlAnswer, NotDelivered } from './graphql.ts'
import { asNumber, asObject, asText, type JsonObject } from './json.ts'
import {
  PUBLISHED_NODE_QUERY,
  publishedListsQuery,
  publishedValuesQuery,
  SET_PUBLISHED_MUTATION,
} from './operations.ts'
import { parseArrigoTime } from './times.ts'

export interface PublishedList {
  /** The area the list belongs to. */
  readonly areaId: string
  readonly name: string
  /** Base64 of `<area>.<list>.file`. */
  readonly path: string
}

export type PublishedState = 'good' | 'pending' | 'not-existing' | 'unreachable' | 'unknown'

export interface PublishedVariable {
  /** Address within the list, such as `Cwl.Advise.A[3]`. */
  readonly updatePath: string
  /** `<controller>.<variable>`. */
  readonly technicalAddress: string | null
  readonly name: string | null
  readonly title: string | null
  readonly unit: string | null
  readonly writable: boolean
  /** Null unless the state is good. */
  readonly value: number | string | boolean | null
  readonly state: PublishedState
  /** Epoch milliseconds; for an unreachable variable since when it is. */
  readonly time: number | null
}

export interface PublishedReading {
  readonly variables: readonly PublishedVariable[]
  /** Variables that are not asked for this often are no longer watched by the server; null when it does not say. */
  readonly minPollingSeconds: number | null
  readonly problems: readonly string[]
}

export interface PublishedWrite {
  /** What the server said; true does not prove that the controller took it. */
  readonly accepted: boolean
  /** Whether the value was read back. */
  readonly verified: boolean
  readonly before: PublishedVariable
  readonly after: PublishedVariable
}

export interface PublishedSource {
  readonly dialect: Dialect
  readonly run: (what: string, query: string, variables: Readonly<Record<string, unknown>>) => Promise<GraphQlAnswer>
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  readonly pollMs: number
  /** All waiting for values that are pending, or for a written one to show, milliseconds. */
  readonly budgetMs: number
}

/** Numbers travel as text and through 32-bit floats. */
const SAME_VALUE = 1e-4

const STATES: Readonly<Record<string, PublishedState>> = {
  response: 'good',
  update: 'good',
  pending: 'pending',
  errornotexist: 'not-existing',
  errorunreachable: 'unreachable',
}

/** The lists of one area; none when the area cannot have any. */
export async function publishedLists(source: PublishedSource, areaId: string): Promise<PublishedList[]> {
  return inDialect(
    source.dialect,
    'published lists',
    ['publishedVariableLists', 'publicVariableFiles'],
    async (field) => {
      const what = 'published variable lists'
      const { data, problems } = await source.run(what, publishedListsQuery(field), { id: areaId })
      if (data.folder === null && problems.length > 0) throw new NotDelivered(what, complaintText(problems))
      const lists = asObject(data.folder)[field]
      return (Array.isArray(lists) ? lists.map(asObject) : []).flatMap((list) => {
        const path = asText(list.path)
        return path === null ? [] : [{ areaId, name: asText(list.name) ?? path, path }]
      })
    },
  )
}

/** All variables of a list the user may see, after waiting a bounded time for those the server has just begun to watch. */
export async function readPublished(source: PublishedSource, list: PublishedList): Promise<PublishedReading> {
  return withKnownPath(source, list, (path) => readUntil(source, path, ({ variables }) => !variables.some(isPending)))
}

/**
 * Writes one variable of a list and reads it back.
 * @param variable its technical address or name
 * @param value text that the variable's type can be read from
 * @throws EntityNotFound when the list has no such variable, BadConfig when it may not be written
 */
export async function writePublished(
  source: PublishedSource,
  list: PublishedList,
  { variable, value }: { readonly variable: string; readonly value: string },
): Promise<PublishedWrite> {
  return withKnownPath(source, list, async (path) => {
    const before = findVariable(await readUntil(source, path, hasArrived(variable)), variable, list)
    if (!before.writable) throw new BadConfig(`${variable} of the list ${list.name} may not be written`)
    const answer = await source.run('setData', SET_PUBLISHED_MUTATION, {
      nodePath: path,
      path: before.updatePath,
      value,
    })
    if (answer.problems.length > 0) throw new NotDelivered('setData', complaintText(answer.problems))
    const accepted = answer.data.setData === true
    const shows = (found: PublishedVariable) => found.state === 'good' && sameValue(found.value, value)
    const reading = await readUntil(source, path, (now) => !accepted || shows(findVariable(now, variable, list)))
    const after = findVariable(reading, variable, list)
    return { accepted, verified: accepted && shows(after), before, after }
  })
}

/** After a restart of the server's variable service it knows no path until the lists of the area are asked for. */
async function withKnownPath<T>(
  source: PublishedSource,
  list: PublishedList,
  work: (path: string) => Promise<T>,
): Promise<T> {
  try {
    return await work(list.path)
  } catch (error) {
    if (!(error instanceof NotDelivered && /invalid path/i.test(error.complaint))) throw error
    const lists = await publishedLists(source, list.areaId)
    const again = lists.find(({ path }) => path === list.path) ?? lists.find(({ name }) => name === list.name)
    if (again === undefined) throw new EntityNotFound(`the area no longer publishes the list ${list.name}`)
    return work(again.path)
  }
}

/** Reads again while `enough` is not met and time is left; returns what was read last. */
async function readUntil(
  source: PublishedSource,
  path: string,
  enough: (reading: PublishedReading) => boolean,
): Promise<PublishedReading> {
  const end = source.now() + source.budgetMs
  let children = await readChildren(source, path)
  while (true) {
    const values = await readValues(source, path)
    if (values.hash !== null && children.hash !== null && values.hash !== children.hash) {
      children = await readChildren(source, path)
    }
    const reading: PublishedReading = {
      variables: values.variables.map((update) => describe(update, children.attributes)),
      minPollingSeconds: values.minPollingSeconds,
      problems: values.problems,
    }
    if (enough(reading) || source.now() + source.pollMs > end) return reading
    await source.sleep(source.pollMs)
  }
}

interface Children {
  /** Attributes of child n, which belongs to the update path `Cwl.Advise.A[n]`. */
  readonly attributes: readonly JsonObject[]
  readonly hash: string | null
}

async function readChildren(source: PublishedSource, path: string): Promise<Children> {
  const { data, problems } = await source.run('node', PUBLISHED_NODE_QUERY, { path })
  const node = asObject(data.node)
  if (data.node === null || data.node === undefined) {
    throw new NotDelivered('node', complaintText(problems) || 'the list is empty')
  }
  const children = asObject(asObject(node.content).Cwl).children
  return {
    attributes: Array.isArray(children) ? children.map((child) => asObject(asObject(child).attributes)) : [],
    hash: asText(node.hash),
  }
}

async function readValues(source: PublishedSource, path: string) {
  const { data, problems } = await inDialect(
    source.dialect,
    'published time',
    ['timestamp', 'timeStamp'],
    (timestamp) => source.run('data', publishedValuesQuery(timestamp), { path }),
  )
  const values = asObject(data.data)
  if (!Array.isArray(values.variables)) {
    throw new NotDelivered('data', complaintText(problems) || 'the list has no variables')
  }
  return {
    variables: values.variables.map(asObject),
    minPollingSeconds: asNumber(values.minPollingInterval),
    hash: asText(values.hash),
    problems: problems.map(({ message }) => message),
  }
}

function describe(update: JsonObject, attributes: readonly JsonObject[]): PublishedVariable {
  const updatePath = asText(update.path) ?? ''
  const place = /\[(\d+)\]$/.exec(updatePath)?.[1]
  const child = (place === undefined ? undefined : attributes[Number(place)]) ?? {}
  const state = STATES[(asText(update.type) ?? '').toLowerCase()] ?? 'unknown'
  return {
    updatePath,
    technicalAddress: asText(update.technicalAddress) ?? asText(child.Variable),
    name: asText(child.Name),
    title: asText(child.Title),
    unit: asText(child.Unit)?.trim() ?? null,
    writable: child.Writable === true || asText(child.Writable)?.toLowerCase() === 'true',
    value: state === 'good' ? asValue(update.value) : null,
    state,
    time: parseArrigoTime(update.timestamp ?? update.timeStamp),
  }
}

function asValue(value: unknown): PublishedVariable['value'] {
  return typeof value === 'string' || typeof value === 'boolean' ? value : asNumber(value)
}

const isPending = ({ state }: PublishedVariable) => state === 'pending'

const isCalled = (name: string) => (found: PublishedVariable) => found.technicalAddress === name || found.name === name

const hasArrived = (name: string) => (reading: PublishedReading) =>
  !reading.variables.filter(isCalled(name)).some(isPending)

function findVariable({ variables }: PublishedReading, name: string, list: PublishedList): PublishedVariable {
  const found = variables.find(isCalled(name))
  if (found === undefined) throw new EntityNotFound(`the list ${list.name} has no variable ${name}`)
  return found
}

function sameValue(read: PublishedVariable['value'], written: string): boolean {
  const wanted = asNumber(written)
  const found = asNumber(read)
  if (wanted !== null && found !== null) return Math.abs(found - wanted) <= SAME_VALUE * Math.max(1, Math.abs(wanted))
  return String(read).toLowerCase() === written.trim().toLowerCase()
}
