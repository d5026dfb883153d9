/** The API reference as a page, made from the OpenAPI document alone. */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { ReferencePage } from './pages/reference.tsx'

export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>

export function referencePage(context: Context, document: OpenApiDocument): Response | Promise<Response> {
  return context.html(<ReferencePage document={document} />)
}
