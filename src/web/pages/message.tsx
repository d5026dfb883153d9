/** A page that only says something: an error, or how to get in from another machine. */
import type { Language } from '../language.ts'
import { type Texts, textsFor } from '../texts.ts'
import { Layout } from './layout.tsx'

interface ErrorPageProps {
  readonly language: Language
  readonly title: string
  readonly detail: string
  readonly reference: string | undefined
}

export function ErrorPage({ language, title, detail, reference }: ErrorPageProps) {
  const texts = textsFor(language)
  return (
    <Layout language={language} texts={texts} title={title}>
      <section class="message" aria-labelledby="message-title">
        <h1 id="message-title" lang="en">
          {title}
        </h1>
        <p lang="en">{detail}</p>
        {reference === undefined ? null : (
          <p>
            {texts.reference}: <code>{reference}</code>
          </p>
        )}
        <p>
          <a href="/">{texts.back}</a>
        </p>
      </section>
    </Layout>
  )
}

interface NoSignInProps {
  readonly language: Language
  readonly texts: Texts
  readonly port: string
}

export function NoSignInPage({ language, texts, port }: NoSignInProps) {
  return (
    <Layout language={language} texts={texts} title={texts.signInTitle}>
      <section class="message" aria-labelledby="message-title">
        <h1 id="message-title">{texts.signInTitle}</h1>
        <p>{texts.signInWhy}</p>
        <p>{texts.signInHow}</p>
        <pre>{`ssh -L ${port}:localhost:${port} user@server`}</pre>
        <p>{texts.signInThen}</p>
        <pre>{`http://localhost:${port}/`}</pre>
      </section>
    </Layout>
  )
}
