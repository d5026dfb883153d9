/**
 * Writes `docs/measurements.md` from the registry: `npx tsx scripts/measurements-doc.ts`. A unit test fails when the
 * file and the registry differ.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type FieldSpec, MEASUREMENTS, type MeasurementSpec, ownerTags } from '../src/domain/measurements.ts'

export const MEASUREMENTS_DOC = fileURLToPath(new URL('../docs/measurements.md', import.meta.url))

const TIME: Readonly<Record<MeasurementSpec['time'], string>> = {
  poll: 'due time of the poll',
  'start-of-hour': 'start of the hour',
  'date-label': '00:00Z of the Swedish date',
  valid: 'the time the forecast is for',
  observed: 'the time it was observed',
  event: 'when it happened',
}

const INTRODUCTION = `# Measurements

Made from \`src/domain/measurements.ts\` by \`npx tsx scripts/measurements-doc.ts\`; change it there.

All times are UTC with second precision. Identity of a point = measurement + all tags + time; writing it again merges field
by field. A point carries the tag of exactly one owner. An unknown value is an absent field, never 0. Yes and no are the
integers 1 and 0.
`

/** The whole document. */
export function measurementsDoc(): string {
  const sections = Object.entries(MEASUREMENTS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, spec]) => section(name, spec))
  return [INTRODUCTION, ...sections].join('\n')
}

function section(name: string, spec: MeasurementSpec): string {
  const owner = ownerTags(spec)
    .map((tag) => `\`${tag}\``)
    .join(' or ')
  const tags = [owner, ...spec.extraTags.map((tag) => `\`${tag}\``)].join(', ')
  const retention = spec.retentionDays === undefined ? 'kept for ever' : `kept for at least ${spec.retentionDays} days`
  const open =
    spec.openFields === undefined ? [] : [`| *any other* | ${spec.openFields} | | Named by the configuration |`]
  const fields = Object.entries(spec.fields).map(([field, fieldSpec]) => row(field, fieldSpec))
  return `## ${name}

${spec.description}

Tags ${tags} · time: ${TIME[spec.time]} · ${retention}

| field | type | unit | meaning |
|---|---|---|---|
${[...fields, ...open].join('\n')}
`
}

function row(field: string, { type, unit, description }: FieldSpec): string {
  return `| \`${field}\` | ${type} | ${unit} | ${description} |`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MEASUREMENTS_DOC, measurementsDoc())
