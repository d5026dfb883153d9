/** One house, building or zone on the overview: its values, how it is and why, and how old that is. */
import type { EntityAnswer } from '../../api/entities/schemas.ts'
import { formatAge, formatDayAndTime, formatMeasured } from '../format.ts'
import type { HeadlineValue, MeasuredValue, StateValue } from '../headline.ts'
import type { OverviewCard } from '../overview-cards.ts'
import type { PageContext } from '../page-context.ts'
import type { Texts } from '../texts.ts'
import { Sparkline } from './sparkline.tsx'

interface CardProps extends OverviewCard {
  readonly page: PageContext
}

function workflowUrl(entity: EntityAnswer, { temporalUiUrl, temporalNamespace }: PageContext['links']): string | null {
  const neverStarted = entity.health === 'misconfigured' && entity.lastPollAt === null
  if (temporalUiUrl === null || neverStarted) return null
  const base = temporalUiUrl.replace(/\/+$/, '')
  return `${base}/namespaces/${encodeURIComponent(temporalNamespace)}/workflows/${encodeURIComponent(entity.workflowId)}`
}

/** Ids stand in for missing names; they may break after an underscore rather than anywhere. */
function breakable(name: string) {
  return name.split(/(?<=_)/).map((part, index) => (
    <>
      {index === 0 ? null : <wbr />}
      {part}
    </>
  ))
}

function Unknown({ texts }: Pick<PageContext, 'texts'>) {
  return (
    <span class="unknown">
      <span aria-hidden="true">–</span>
      <span class="spoken">{texts.unknown}</span>
    </span>
  )
}

function Measured({ value: { label, value, unit }, page }: { value: MeasuredValue; page: PageContext }) {
  if (value === null) return <Unknown texts={page.texts} />
  const standing = 'quantity' in label && label.quantity === 'alarms' && value > 0
  return (
    <>
      <span class={standing ? 'number standing' : 'number'}>{formatMeasured(value, unit, page.language)}</span>
      {unit === '' ? null : <span class="unit"> {unit}</span>}
    </>
  )
}

function InState({ value: { state, on }, page: { texts } }: { value: StateValue; page: PageContext }) {
  if (on === null) return <Unknown texts={texts} />
  return <span class={on ? `state ${state} on` : `state ${state}`}>{texts.states[state][on ? 'on' : 'off']}</span>
}

interface ValueProps {
  readonly value: HeadlineValue
  readonly leading: boolean
  readonly page: PageContext
}

function labelOf(value: HeadlineValue, { quantities, stateNames }: Texts): string {
  if ('state' in value) return stateNames[value.state]
  return 'quantity' in value.label ? quantities[value.label.quantity] : value.label.signal
}

function Value({ value, leading, page }: ValueProps) {
  return (
    <div class={leading ? 'value leading' : 'value'}>
      <dt>{labelOf(value, page.texts)}</dt>
      <dd>{'state' in value ? <InState value={value} page={page} /> : <Measured value={value} page={page} />}</dd>
    </div>
  )
}

/** Reasons come from the log's world and are English whatever the page's language; hence the `lang`. */
function Reason({ entity, page }: Pick<CardProps, 'entity' | 'page'>) {
  const { texts, language } = page
  if (entity.problems !== undefined) {
    return (
      <div class="reason">
        <p>{texts.whatIsWrong}:</p>
        <ul lang="en">
          {entity.problems.map(({ path, message }) => (
            <li>
              {path === '' ? null : (
                <>
                  <code>{path}</code>:{' '}
                </>
              )}
              {message}
            </li>
          ))}
        </ul>
      </div>
    )
  }
  if (entity.reason === null || entity.paused) return null
  const since = entity.since === null ? null : texts.since(formatDayAndTime(entity.since, language))
  return (
    <p class="reason">
      <span lang="en">{entity.reason}</span>
      {since === null || entity.health === 'ok' ? null : <span class="since"> ({since})</span>}
    </p>
  )
}

/** Who steers is worth a date; that nobody does is as it has always been. */
function ModeSince({ entity: { mode, modeSince }, page: { texts, language } }: Pick<CardProps, 'entity' | 'page'>) {
  if (mode === 'monitor' || modeSince === null) return null
  return <dd class="since">{texts.since(formatDayAndTime(modeSince, language))}</dd>
}

export function EntityCard({ entity, values, curves, page }: CardProps) {
  const { texts } = page
  const nameId = `name-${entity.kind}-${entity.id}`
  const workflow = workflowUrl(entity, page.links)
  const health = texts.health[entity.health]
  return (
    <li
      id={`entity-${entity.kind}-${entity.id}`}
      class={`card ${entity.health}`}
      data-announce={`${entity.name}: ${health}`}
    >
      <article aria-labelledby={nameId}>
        <header>
          <h3 id={nameId}>{breakable(entity.name)}</h3>
          <p class="marks">
            {entity.origin === 'demo' ? <span class="mark">{texts.demo}</span> : null}
            {entity.paused ? <span class="mark">{texts.paused}</span> : null}
            <span class={`health ${entity.health}`}>{health}</span>
          </p>
        </header>
        <Reason entity={entity} page={page} />
        {entity.lastReading === null ? null : (
          <dl class="values">
            {values.map((value, index) => (
              <Value value={value} leading={index === 0} page={page} />
            ))}
            <div class="value mode">
              <dt>{texts.mode}</dt>
              <dd>{texts.modes[entity.mode]}</dd>
              <ModeSince entity={entity} page={page} />
            </div>
          </dl>
        )}
        {curves.length === 0 ? null : (
          <div class="curves">
            {curves.map((curve) => (
              <Sparkline curve={curve} language={page.language} texts={texts} />
            ))}
          </div>
        )}
        <footer>
          {entity.ageSeconds === null ? (
            <span>{texts.neverRead}</span>
          ) : (
            <span>
              {texts.read} <span data-age={String(entity.ageSeconds)}>{formatAge(entity.ageSeconds, texts)}</span>
            </span>
          )}
          {workflow === null ? null : (
            <a
              id={`workflow-${entity.kind}-${entity.id}`}
              href={workflow}
              target="_blank"
              rel="noopener noreferrer"
              aria-label={texts.workflowOf(entity.name)}
            >
              {texts.workflow}
              <span aria-hidden="true"> ↗</span>
            </a>
          )}
        </footer>
      </article>
    </li>
  )
}
