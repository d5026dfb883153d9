/** The first page: everything BVPro looks after, and the part of it that the client module fetches anew. */
import type { EntityAnswer } from '../../api/entities/schemas.ts'
import { ENTITY_KINDS, type EntityKind } from '../../domain/entity.ts'
import { formatTimeOfDay } from '../format.ts'
import type { Overview } from '../overview-cards.ts'
import type { PageContext } from '../page-context.ts'
import { EntityCard } from './entity-card.tsx'
import { Layout } from './layout.tsx'

interface OverviewProps extends Overview {
  readonly page: PageContext
}

/** States in which nobody has to do anything. */
function isWell({ health }: EntityAnswer): boolean {
  return health === 'ok' || health === 'starting' || health === 'offboarding'
}

function FolderFaults({ cards, folders, page }: OverviewProps) {
  const { texts } = page
  const faulty = folders.filter(
    // A missing folder is the ordinary state of one that is not used yet.
    ({ state, kind }) =>
      state === 'unreadable' || (state === 'missing' && cards.some(({ entity }) => entity.kind === kind)),
  )
  if (faulty.length === 0) return null
  return (
    <ul class="warning">
      {faulty.map(({ state, path }) => (
        <li>{state === 'missing' ? texts.folderMissing(path) : texts.folderUnreadable(path)}</li>
      ))}
    </ul>
  )
}

function Empty({ texts }: Pick<PageContext, 'texts'>) {
  return (
    <section class="empty" aria-labelledby="empty-title">
      <h2 id="empty-title">{texts.emptyTitle}</h2>
      <p>{texts.emptyIntroduction}</p>
      <ol>
        <li>
          {texts.emptyAdd} <code>./bvpro zone add</code>
        </li>
        <li>
          {texts.emptyFile} <code>profiles/EXAMPLE.json</code>
        </li>
        <li>
          {texts.emptyDemo} <code>BVPRO_DEMO=1 npm start</code>
        </li>
      </ol>
    </section>
  )
}

interface SectionProps extends OverviewProps {
  readonly kind: EntityKind
}

function KindSection({ kind, cards, page }: SectionProps) {
  const ofKind = cards
    .filter(({ entity }) => entity.kind === kind)
    .sort((a, b) => a.entity.name.localeCompare(b.entity.name, page.language))
  if (ofKind.length === 0) return null
  const headingId = `heading-${kind}`
  return (
    <section aria-labelledby={headingId}>
      <h2 id={headingId}>
        {page.texts.kinds[kind]} <span class="count">{ofKind.length}</span>
      </h2>
      <ul class="cards">
        {ofKind.map((card) => (
          <EntityCard {...card} page={page} />
        ))}
      </ul>
    </section>
  )
}

/** What changes: fetched again every few seconds and merged into the page. */
export function OverviewFragment(props: OverviewProps) {
  const { cards, page } = props
  const { texts, language, now } = page
  const { length: count } = cards
  const wanting = cards.filter(({ entity }) => !isWell(entity)).length
  return (
    <div id="overview">
      <div class="summary">
        <h1>{texts.title}</h1>
        {count === 0 ? null : (
          <p class={wanting === 0 ? 'verdict well' : 'verdict wanting'}>
            {wanting === 0 ? texts.allWell(count) : texts.attention(count, wanting)}
          </p>
        )}
        <p class="updated">
          {texts.updated}{' '}
          <time id="updated-at" datetime={new Date(now).toISOString()}>
            {formatTimeOfDay(now, language)}
          </time>
        </p>
      </div>
      <FolderFaults {...props} />
      {count === 0 ? <Empty texts={texts} /> : null}
      {ENTITY_KINDS.map((kind) => (
        <KindSection kind={kind} {...props} />
      ))}
    </div>
  )
}

export function OverviewPage(props: OverviewProps) {
  const { language, texts, version, links } = props.page
  return (
    <Layout
      language={language}
      texts={texts}
      title={texts.title}
      version={version}
      temporalUiUrl={links.temporalUiUrl}
      script="overview.js"
    >
      <div id="live" data-source="/fragments/overview" data-texts={JSON.stringify(texts.client)}>
        <p id="connection" class="connection" role="alert" hidden />
        <OverviewFragment {...props} />
        <p id="announcements" class="spoken" role="status" aria-live="polite" />
      </div>
    </Layout>
  )
}
