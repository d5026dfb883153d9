/** The frame around every page: document head, header, footer. */
import { raw } from 'hono/html'
import type { PropsWithChildren } from 'hono/jsx'
import { type AssetName, assetUrl } from '../assets.ts'
import type { Language } from '../language.ts'
import type { Texts } from '../texts.ts'

interface LayoutProps {
  readonly language: Language
  readonly texts: Texts
  readonly title: string
  readonly version?: string
  readonly temporalUiUrl?: string | null
  /** Stylesheets beside the common one. */
  readonly styles?: readonly AssetName[]
  readonly script?: AssetName
}

export function Layout(props: PropsWithChildren<LayoutProps>) {
  const { language, texts, title, version, temporalUiUrl, styles = [], script, children } = props
  return (
    <>
      {raw('<!DOCTYPE html>')}
      <html lang={language}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{`${title} – BVPro`}</title>
          <link rel="icon" type="image/svg+xml" href={assetUrl('icon.svg')} />
          {(['bvpro.css', ...styles] as const).map((style) => (
            <link rel="stylesheet" href={assetUrl(style)} />
          ))}
          {script === undefined ? null : <script type="module" src={assetUrl(script)} />}
        </head>
        <body>
          <a class="skip" href="#content">
            {texts.skipToContent}
          </a>
          <header class="site">
            <a class="brand" href="/">
              <img src={assetUrl('icon.svg')} alt="" width="28" height="28" />
              <span>BVPro</span>
            </a>
            <span class="tagline">{texts.tagline}</span>
          </header>
          <main id="content" tabindex={-1}>
            {children}
          </main>
          <footer class="site">
            <nav aria-label="BVPro">
              <a href="/api/docs">{texts.apiReference}</a>
              <a href="/health/ready">{texts.readiness}</a>
              {temporalUiUrl == null ? null : (
                <a href={temporalUiUrl} target="_blank" rel="noopener noreferrer">
                  {texts.temporal}
                </a>
              )}
            </nav>
            {version === undefined ? null : <span>{`BVPro ${version}`}</span>}
          </footer>
        </body>
      </html>
    </>
  )
}
