/**
 * The part of Compose's variable interpolation that docker-compose.yml uses: `${A}`, `${A:-default}`, `${A:?message}`.
 */

export interface Interpolation {
  /** The whole expression as written. */
  readonly text: string
  readonly name: string
  readonly operator: ':-' | ':?' | undefined
  /** Default value or message. */
  readonly operand: string
}

const EXPRESSION = /\$\{([A-Z][A-Z0-9_]*)(?:(:[-?])([^}]*))?\}/g

/** Expressions of a text in order; comment lines count too, so keep `$` out of them. */
export function interpolations(text: string): Interpolation[] {
  return [...text.matchAll(EXPRESSION)].map(([whole, name = '', operator, operand = '']) => ({
    text: whole,
    name,
    operator: operator === ':-' || operator === ':?' ? operator : undefined,
    operand,
  }))
}

/** Replaces every expression; throws the message of a `:?` whose variable is empty or missing, as Compose does. */
export function interpolate(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(EXPRESSION, (whole, name: string, operator: string | undefined, operand = '') => {
    const value = environment[name] ?? ''
    if (value !== '') return value
    if (operator === ':-') return operand
    if (operator === ':?') throw new Error(operand)
    throw new Error(`${whole}: ${name} is not set and has no default`)
  })
}
