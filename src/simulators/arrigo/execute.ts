/** Executes GraphQL on the vendor's schema, or on the smaller ones of other server versions. */
import { buildSchema, execute, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import type { ArrigoFaults } from './faults.ts'
import { ARRIGO_SDL } from './schema.ts'

const schemas = new Map<string, GraphQLSchema>()

/** The schema without the parts a version lacks. */
export function schemaFor({ comparerRejected, withoutItems, withoutEdges }: ArrigoFaults): GraphQLSchema {
  const key = JSON.stringify([comparerRejected === true, withoutItems === true, withoutEdges === true])
  const known = schemas.get(key)
  if (known !== undefined) return known
  let sdl = ARRIGO_SDL
  if (comparerRejected === true) sdl = sdl.replace(/^ +timeLengthComparer: .*\n/m, '')
  if (withoutItems === true) sdl = sdl.replace(/^ +items: .*\n/gm, '')
  if (withoutEdges === true) sdl = sdl.replace(/^ +edges: .*\n/gm, '')
  const schema = buildSchema(sdl)
  schemas.set(key, schema)
  return schema
}

/** `understood` is false when the query or its variables do not fit the schema: then nothing was executed. */
export async function runQuery(
  schema: GraphQLSchema,
  rootValue: unknown,
  request: {
    readonly query: string
    readonly variables: Readonly<Record<string, unknown>>
    readonly operationName: string | null
  },
): Promise<{ readonly understood: boolean; readonly body: unknown }> {
  const refused = (errors: readonly GraphQLError[]) => ({
    understood: false,
    body: { errors: errors.map((e) => e.toJSON()) },
  })
  let document: ReturnType<typeof parse>
  try {
    document = parse(request.query)
  } catch (error) {
    if (error instanceof GraphQLError) return refused([error])
    throw error
  }
  const faults = validate(schema, document)
  if (faults.length > 0) return refused(faults)
  const result = await execute({
    schema,
    document,
    rootValue,
    variableValues: request.variables,
    operationName: request.operationName,
  })
  // Variables that do not fit are found by `execute`, which then delivers no data at all.
  if (result.data === undefined) return refused(result.errors ?? [])
  return { understood: true, body: result }
}
