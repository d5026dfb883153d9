/** Error pages for people, where programs would get the problem document. */
import type { Context } from 'hono'
import type { Problem } from '../api/problem.ts'
import { preferredLanguage } from './language.ts'
import { ErrorPage } from './pages/message.tsx'

/** The problem as a page with its status. */
export function messagePage(context: Context, problem: Problem): Response | Promise<Response> {
  const language = preferredLanguage(context.req.header('Accept-Language'))
  const { title, message, status, options } = problem
  return context.html(
    <ErrorPage language={language} title={title} detail={message} reference={options.reference} />,
    status,
    { ...options.headers },
  )
}
