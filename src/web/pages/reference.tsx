/** Renders an OpenAPI 3.1 document for reading: operations by tag, their parameters and answers, then the schemas. */
import type { OpenApiDocument } from '../reference-page.tsx'
import { textsFor } from '../texts.ts'
import { Layout } from './layout.tsx'

type Schema = NonNullable<NonNullable<OpenApiDocument['components']>['schemas']>[string]
type Operation = NonNullable<NonNullable<OpenApiDocument['paths']>[string]['get']>
type Parameter = NonNullable<Operation['parameters']>[number]
type Responses = NonNullable<Operation['responses']>[string]

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

interface NamedOperation {
  readonly method: (typeof METHODS)[number]
  readonly path: string
  readonly operation: Operation
}

function operationsByTag({ paths = {} }: OpenApiDocument): Map<string, NamedOperation[]> {
  const byTag = new Map<string, NamedOperation[]>()
  for (const [path, item] of Object.entries(paths)) {
    for (const method of METHODS) {
      const operation = item[method]
      if (operation === undefined) continue
      const tag = operation.tags?.[0] ?? 'Other'
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method, path, operation }])
    }
  }
  return byTag
}

function referenceName(reference: string): string {
  return reference.split('/').at(-1) ?? reference
}

/** A type in one line: `array of Entity`, `"ok" | "offline"`, `number or null`. */
export function describeType(schema: Schema | undefined): string {
  if (schema === undefined) return 'any'
  if ('$ref' in schema && typeof schema.$ref === 'string') return referenceName(schema.$ref)
  if (!isSchemaObject(schema)) return 'any'
  if (schema.enum !== undefined) return schema.enum.map((value: unknown) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.map((part: Schema) => describeType(part)).join(' or ')
  if (schema.allOf !== undefined) return schema.allOf.map((part: Schema) => describeType(part)).join(' and ')
  if (schema.type === 'array') return `array of ${describeType(schema.items)}`
  if (typeof schema.additionalProperties === 'object' && schema.properties === undefined) {
    return `map of ${describeType(schema.additionalProperties)}`
  }
  if (Array.isArray(schema.type)) return schema.type.join(' or ')
  return schema.type ?? 'any'
}

function isSchemaObject(schema: Schema): schema is Exclude<Schema, { $ref: string }> {
  return typeof schema === 'object' && !('$ref' in schema)
}

function TypeName({ schema }: { schema: Schema | undefined }) {
  const name = describeType(schema)
  const target = /^(?:array of )?([A-Z]\w+)$/.exec(name)?.[1]
  return target === undefined ? <code>{name}</code> : <a href={`#schema-${target}`}>{name}</a>
}

function ParameterRow({ parameter }: { parameter: Parameter }) {
  if (!('name' in parameter)) return null
  const { name, required = false, schema, description } = parameter
  const own = schema !== undefined && isSchemaObject(schema) ? schema.description : undefined
  return (
    <tr>
      <th scope="row">
        <code>{name}</code>
      </th>
      <td>{parameter.in}</td>
      <td>
        <TypeName schema={schema} />
      </td>
      <td>
        {required ? 'Required. ' : ''}
        {description ?? own ?? ''}
      </td>
    </tr>
  )
}

function ResponseRow({ status, response }: { status: string; response: Responses }) {
  const content: Readonly<Record<string, { schema?: Schema }>> = 'content' in response ? (response.content ?? {}) : {}
  return (
    <tr>
      <th scope="row">{status}</th>
      <td>{'description' in response ? response.description : ''}</td>
      <td>
        {Object.entries(content).map(([type, { schema }]) => (
          <div>
            <code>{type}</code> <TypeName schema={schema} />
          </div>
        ))}
      </td>
    </tr>
  )
}

function OperationSection({ named: { method, path, operation } }: { named: NamedOperation }) {
  const id = operation.operationId ?? `${method}-${path}`
  const parameters = operation.parameters ?? []
  return (
    <section class="operation" aria-labelledby={id}>
      <h3 id={id}>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <code>{path}</code>
      </h3>
      <p>
        {operation.summary}
        {operation.security === undefined ? ' (no token needed)' : ''}
      </p>
      {operation.description === undefined ? null : <p>{operation.description}</p>}
      {parameters.length === 0 ? null : (
        <div class="scroll">
          <table>
            <caption>Parameters</caption>
            <tbody>
              {parameters.map((parameter) => (
                <ParameterRow parameter={parameter} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {operation.requestBody !== undefined && 'content' in operation.requestBody ? (
        <p>
          Body: <code>{Object.keys(operation.requestBody.content).join(', ')}</code>
        </p>
      ) : null}
      <div class="scroll">
        <table>
          <caption>Answers</caption>
          <tbody>
            {Object.entries(operation.responses ?? {}).map(([status, response]) => (
              <ResponseRow status={status} response={response} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function SchemaSection({ name, schema }: { name: string; schema: Schema }) {
  if (!isSchemaObject(schema)) return null
  // A schema that extends another holds its own part last.
  const parts: Schema[] = schema.allOf ?? [schema]
  const properties = parts.flatMap((part) => (isSchemaObject(part) ? Object.entries(part.properties ?? {}) : []))
  const bases = parts.filter((part) => !isSchemaObject(part)).map(describeType)
  return (
    <section class="schema" aria-labelledby={`schema-${name}`}>
      <h3 id={`schema-${name}`}>
        <code>{name}</code>
      </h3>
      {schema.description === undefined ? null : <p>{schema.description}</p>}
      {bases.map((base) => (
        <p>
          Everything of <a href={`#schema-${base}`}>{base}</a>, and:
        </p>
      ))}
      {properties.length === 0 ? (
        <p>
          <code>{describeType(schema)}</code>
        </p>
      ) : (
        <div class="scroll">
          <table>
            <caption>Keys</caption>
            <tbody>
              {properties.map(([key, property]) => (
                <tr>
                  <th scope="row">
                    <code>{key}</code>
                  </th>
                  <td>
                    <TypeName schema={property} />
                  </td>
                  <td>{isSchemaObject(property) ? (property.description ?? '') : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}

/** The reference is in English, as the document is. */
export function ReferencePage({ document }: { document: OpenApiDocument }) {
  const { info, components } = document
  const tags = operationsByTag(document)
  return (
    <Layout
      language="en"
      texts={textsFor('en')}
      title="API reference"
      version={info.version}
      styles={['reference.css']}
    >
      <div class="reference">
        <h1>API reference</h1>
        <p>{info.description}</p>
        <p>
          Everything under <code>/api/v1</code> needs <code>Authorization: Bearer</code> with the token of{' '}
          <code>BVPRO_API_TOKEN</code> or, if that is not set, of the file <code>data/api-token</code>. For programs:{' '}
          <a href="/api/openapi.json">OpenAPI 3.1 document</a>.
        </p>
        <pre>{`curl -H "Authorization: Bearer $(cat data/api-token)" http://localhost:8080/api/v1/entities`}</pre>
        <nav aria-label="Operations">
          <ul>
            {[...tags.values()].flat().map(({ method, path, operation }) => (
              <li>
                <a href={`#${operation.operationId}`}>
                  <span class={`method ${method}`}>{method.toUpperCase()}</span> {path}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        {[...tags].map(([tag, operations]) => (
          <section>
            <h2>{tag}</h2>
            {operations.map((named) => (
              <OperationSection named={named} />
            ))}
          </section>
        ))}
        <section>
          <h2>Schemas</h2>
          {Object.entries(components?.schemas ?? {}).map(([name, schema]) => (
            <SchemaSection name={name} schema={schema} />
          ))}
        </section>
      </div>
    </Layout>
  )
}
