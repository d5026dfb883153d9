/** The answer of `getducvariables`: all variables of one house as JSON text, put together from prepared pieces. */
import { WRONG_NUMBER, WRONG_NUMBER_VARIABLES } from '../faults.ts'
import type { RegisterLayout } from '../houses.ts'
import { hash32, hashText } from '../physics/noise.ts'
import type { SimulatedHouse } from '../simulated-house.ts'
import { registerMap, shortName } from './registers.ts'
import type { BmsSession } from './sessions.ts'
import { HEAT_METER } from './values.ts'

/** Without a read for this long the portal forgets the controller's values and has to fetch them again. */
const QUIET_SPELL_MS = 15 * 60_000

interface Piece {
  readonly name: string
  readonly short: string
  /** `.AI_GT_UTE_Output","path":"Cwl.Advise.A[1]","value":` */
  readonly middle: string
  /** Seconds before the answer at which the portal got this value, 0…3. */
  readonly age: number
  /** `3456789Z"}`; one digit shorter for some, as the portal drops a trailing zero. */
  readonly fraction: string
  /** Share of the pending time after which the value is there; 0 for the few that are there at once. */
  readonly delay: number
}

const prepared = new Map<string, readonly Piece[]>()

function piecesOf(layout: RegisterLayout, variant: number): readonly Piece[] {
  const key = `${layout}${variant}`
  const known = prepared.get(key)
  if (known !== undefined) return known
  const pieces = registerMap(layout, variant).variables.map(({ name, register }): Piece => {
    const bits = hashText(name)
    const chance = hash32(bits, 1) / 0x1_0000_0000
    return {
      name,
      short: shortName(name),
      middle: `.${name}","path":"Cwl.Advise.A[${register}]","value":`,
      age: hash32(bits, 2) % 4,
      fraction: `${String(hash32(bits, 3) % 10_000_000)
        .padStart(7, '0')
        .replace(/0$/, '')}Z"}`,
      delay: chance < 0.07 ? 0 : 0.4 + 0.6 * chance,
    }
  })
  prepared.set(key, pieces)
  return pieces
}

/**
 * Reads all variables. The first read with a token, and the first after a quiet spell, finds most of them pending;
 * they come in over `pendingMs`. A house without heat meter never gets its meter values.
 */
export function variablesAnswer(session: BmsSession, now: number, pendingMs: number): string {
  const { house } = session
  const { faults, spec } = house
  if (session.askedAt === undefined || now - session.lastReadAt > QUIET_SPELL_MS) session.askedAt = now
  session.lastReadAt = now
  const fetched = faults.pending === true ? 0 : pendingMs <= 0 ? 1 : (now - session.askedAt) / pendingMs
  const source = house.sourceAt(now)
  const seconds = [0, 1, 2, 3].map((age) => `"timestamp":"${new Date(now - age * 1000).toISOString().slice(0, 20)}`)
  const unreachableSince = `"timestamp":"${new Date(now - 1_800_000).toISOString().slice(0, 20)}`
  const wrong = wrongNumbers(house)

  const head = `{"variable":"${spec.id}`
  const entries: string[] = []
  for (const { name, short, middle, age, fraction, delay } of piecesOf(spec.layout, spec.registerVariant)) {
    if (!spec.hasHeatMeter && HEAT_METER.has(name)) {
      entries.push(
        name === 'VMM1_Power'
          ? `${head}${middle}null,"type":"ErrorUnreachable",${unreachableSince}${fraction}`
          : `${head}${middle}null,"type":"Pending",${seconds[age]}${fraction}`,
      )
    } else if (delay > fetched) {
      entries.push(`${head}${middle}null,"type":"Pending",${seconds[age]}${fraction}`)
    } else {
      const value = wrong?.[short] ?? house.shown(name, source)
      const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
      entries.push(`${head}${middle}${text},"type":"Response",${seconds[age]}${fraction}`)
    }
  }
  return `{"variables":[${entries.join(',')}]}`
}

function wrongNumbers({ faults }: SimulatedHouse): Readonly<Record<string, number>> | undefined {
  const wrong = faults.wrongNumbers
  if (wrong === undefined || wrong === false) return undefined
  return wrong === true ? Object.fromEntries(WRONG_NUMBER_VARIABLES.map((name) => [name, WRONG_NUMBER])) : wrong
}
