/** The reason of a decision in one plain sentence, in Swedish and English. */
import { varies } from './conditions.ts'
import type { Decision, DecisionInputs, Degradation, Sentence } from './decision.ts'
import type { Plan } from './plan.ts'

interface Outcome {
  readonly action: Decision['action']
  readonly shiftK: number
  readonly by: Decision['by']
  readonly degraded: Degradation
  readonly plan: Plan | null
  readonly price: readonly number[] | null
}

export function explain(inputs: DecisionInputs, outcome: Outcome): Sentence {
  const cause = causeOf(inputs, outcome)
  const effect = effectOf(outcome)
  return { sv: `${cause.sv} ${effect.sv}`, en: `${cause.en} ${effect.en}` }
}

function causeOf(inputs: DecisionInputs, { degraded, by, plan, price }: Outcome): Sentence {
  const { indoor, setpoint, limits } = inputs
  switch (degraded) {
    case 'no-indoor':
      return { sv: 'Innetemperaturen är okänd eller för gammal:', en: 'The indoor temperature is unknown or too old:' }
    case 'no-forecast':
      return { sv: 'Det finns ingen aktuell väderprognos:', en: 'There is no current weather forecast:' }
    case 'below-floor':
      return {
        sv: `Inne är det ${degrees(indoor, 'sv')}, under golvet ${degrees(limits.floor, 'sv')}:`,
        en: `Indoors it is ${degrees(indoor, 'en')}, below the floor of ${degrees(limits.floor, 'en')}:`,
      }
    case 'poor-model':
      return {
        sv:
          by === 'plan'
            ? 'Husmodellen förutsäger inte bra nog, så planen håller större avstånd till kylan:'
            : 'Ingen husmodell är bra nog att planera efter, så reglerna styr försiktigt:',
        en:
          by === 'plan'
            ? 'The building model does not foretell well enough, so the plan keeps further from the cold:'
            : 'No building model is good enough to plan by, so the rules steer with care:',
      }
    case 'none':
  }
  if (by === 'rules' || plan === null) {
    return {
      sv: `Inne är det ${degrees(indoor, 'sv')} och börvärdet är ${degrees(setpoint, 'sv')}:`,
      en: `Indoors it is ${degrees(indoor, 'en')} and the setpoint is ${degrees(setpoint, 'en')}:`,
    }
  }
  const lowest = Math.min(...plan.path.indoor.slice(0, 24))
  const priced = price !== null && varies({ price })
  return {
    sv: `Planen håller innetemperaturen vid lägst ${degrees(lowest, 'sv')} det närmaste dygnet${priced ? ' och värmer när det är billigt' : ''}:`,
    en: `The plan holds indoors at ${degrees(lowest, 'en')} or more over the next day${priced ? ' and heats when it is cheap' : ''}:`,
  }
}

function effectOf({ action, shiftK }: Outcome): Sentence {
  if (action === 'restore') return { sv: 'grundkurvan återställs.', en: 'the baseline curve is restored.' }
  const size = Math.abs(shiftK)
  if (action === 'keep' && size < 0.05) {
    return { sv: 'grundkurvan får stå kvar.', en: 'the baseline curve stays.' }
  }
  const way = size < 0.05 ? null : shiftK > 0 ? { sv: 'över', en: 'above' } : { sv: 'under', en: 'below' }
  const verb = action === 'keep' ? { sv: 'får ligga kvar', en: 'stays' } : { sv: 'läggs', en: 'is set' }
  if (way === null) return { sv: `kurvan ${verb.sv} vid grundkurvan.`, en: `the curve ${verb.en} at the baseline.` }
  const kelvin = size.toFixed(1)
  return {
    sv: `kurvan ${verb.sv} ${kelvin.replace('.', ',')} °C ${way.sv} grundkurvan.`,
    en: `the curve ${verb.en} ${kelvin} °C ${way.en} the baseline.`,
  }
}

function degrees(value: number | null, language: keyof Sentence): string {
  const text = value === null ? '–' : value.toFixed(1)
  return `${language === 'sv' ? text.replace('.', ',') : text} °C`
}
