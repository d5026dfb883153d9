/** What every page and part of a page is rendered with. */
import type { ApiDependencies } from '../api/dependencies.ts'
import type { Language } from './language.ts'
import type { Texts } from './texts.ts'

export interface PageContext {
  readonly language: Language
  readonly texts: Texts
  /** Epoch milliseconds of the rendering. */
  readonly now: number
  readonly links: Pick<ApiDependencies, 'temporalUiUrl' | 'temporalNamespace'>
  readonly version: string
}
