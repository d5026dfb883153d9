/** Which of BVPro's languages a reader gets, from what the browser says it prefers. */

export const LANGUAGES = ['en', 'sv'] as const
export type Language = (typeof LANGUAGES)[number]

/**
 * The most preferred language that BVPro speaks (RFC 9110 §12.5.4); English when none is.
 * @param header `Accept-Language`, e.g. `sv-SE,sv;q=0.9,en;q=0.8`
 */
export function preferredLanguage(header: string | undefined): Language {
  const wishes = (header ?? '').split(',').flatMap((part) => {
    const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim())
    const primary = tag.toLowerCase().split('-')[0]
    const language = LANGUAGES.find((known) => known === primary)
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    const weight = q === undefined ? 1 : Number(q.slice(2))
    return language === undefined || !(weight > 0) ? [] : [{ language, weight }]
  })
  // A stable sort: among equals the one named first wins.
  return wishes.sort((a, b) => b.weight - a.weight)[0]?.language ?? 'en'
}
