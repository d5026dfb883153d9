/** The routes of the pages: the overview, the part of it that refreshes itself, and static files. */
import type { Context, Env, Hono, MiddlewareHandler } from 'hono'
import type { ApiDependencies } from '../api/dependencies.ts'
import { registerAssets } from './assets.ts'
import { preferredLanguage } from './language.ts'
import { isLocalAccess } from './local-access.ts'
import { createOverview } from './overview-cards.ts'
import type { PageContext } from './page-context.ts'
import { NoSignInPage } from './pages/message.tsx'
import { OverviewFragment, OverviewPage } from './pages/overview.tsx'
import { textsFor } from './texts.ts'

/** The port this request came to, for the tunnel command; the real one, not what a Host header claims. */
function servedPort(context: Context): string {
  return String(context.env?.incoming?.socket?.localPort ?? 8080)
}

const onlyLocal: MiddlewareHandler = async (context, next) => {
  if (isLocalAccess(context)) return next()
  const language = preferredLanguage(context.req.header('Accept-Language'))
  return context.html(<NoSignInPage language={language} texts={textsFor(language)} port={servedPort(context)} />, 403, {
    Vary: 'Accept-Language',
  })
}

export function registerPages(app: Hono<Env>, dependencies: ApiDependencies): void {
  const { now, version, temporalUiUrl, temporalNamespace } = dependencies
  const readOverview = createOverview(dependencies)

  async function overview(context: Context) {
    const language = preferredLanguage(context.req.header('Accept-Language'))
    const page: PageContext = {
      language,
      texts: textsFor(language),
      now: now(),
      links: { temporalUiUrl, temporalNamespace },
      version,
    }
    context.header('Vary', 'Accept-Language')
    return { ...(await readOverview()), page }
  }

  registerAssets(app)
  app.get('/', onlyLocal, async (context) => context.html(<OverviewPage {...(await overview(context))} />))
  app.get('/fragments/overview', onlyLocal, async (context) =>
    context.html(<OverviewFragment {...(await overview(context))} />),
  )
}
