/**
 * Servers of different age know different parts of the schema. What one of them refuses by name is asked for in the
 * next known way, and what worked is remembered.
 */
import { complaintOf } from './graphql.ts'

/** What has worked with one server, by feature. */
export type Dialect = Map<string, string>

/**
 * Runs with the variant that worked last, and while the server's complaint names what the variant uses, with the others
 * in turn. When none is accepted the first complaint is thrown, since it speaks of the variant that should work.
 * @param feature name under which the choice is remembered
 * @param names whether a complaint is about this variant; by default its name in quotation marks
 */
export async function inDialect<V extends string, T>(
  dialect: Dialect,
  feature: string,
  variants: readonly [V, ...V[]],
  run: (variant: V) => Promise<T>,
  names: (complaint: string, variant: V) => boolean = isQuoted,
): Promise<T> {
  const known = variants.find((variant) => variant === dialect.get(feature)) ?? variants[0]
  let firstComplaint: unknown
  for (const variant of [known, ...variants.filter((other) => other !== known)]) {
    try {
      const result = await run(variant)
      dialect.set(feature, variant)
      return result
    } catch (error) {
      if (!names(complaintOf(error), variant)) throw firstComplaint ?? error
      firstComplaint ??= error
    }
  }
  throw firstComplaint
}

function isQuoted(complaint: string, name: string): boolean {
  return ['"', "'", '`'].some((mark) => complaint.includes(`${mark}${name}${mark}`))
}
