/** Sentences for people, in Swedish and English. */

export interface Sentence {
  readonly sv: string
  readonly en: string
}

/** `21,0 °C` and `21.0 °C`; two decimals where one would hide something. */
export function celsius(temperature: number): Sentence {
  return withUnit(temperature, '°C')
}

/** A temperature difference: `1,5 K` and `1.5 K`. */
export function kelvin(difference: number): Sentence {
  return withUnit(difference, 'K')
}

function withUnit(value: number, unit: string): Sentence {
  const en = Math.abs(value * 10 - Math.round(value * 10)) < 0.05 ? value.toFixed(1) : value.toFixed(2)
  return { sv: `${en.replace('.', ',').replace('-', '−')} ${unit}`, en: `${en.replace('-', '−')} ${unit}` }
}

/** One sentence from both languages at once: the writer gets the words of each part in his language. */
export function sentence<P extends Readonly<Record<string, Sentence>>>(
  parts: P,
  sv: (words: { readonly [K in keyof P]: string }) => string,
  en: (words: { readonly [K in keyof P]: string }) => string,
): Sentence {
  return { sv: sv(wordsOf(parts, 'sv')), en: en(wordsOf(parts, 'en')) }
}

function wordsOf<P extends Readonly<Record<string, Sentence>>>(parts: P, language: keyof Sentence) {
  const words = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part[language]]))
  return words as { readonly [K in keyof P]: string }
}
