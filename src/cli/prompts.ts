/**
 * Asks the person at the terminal. Whoever has no terminal is told which flag answers instead, so that every command
 * runs unattended. Questions go to standard error: what a command prints stays clean.
 */
import { CommandFault } from './fault.ts'
import type { Terminal } from './terminal.ts'

export interface Question {
  readonly question: string
  /** What answers it without a terminal, such as `--username`. */
  readonly flag: string
}

export interface TextQuestion extends Question {
  readonly initial?: string
  /** A sentence saying what is wrong with the answer; undefined when it is right. */
  readonly check?: (answer: string) => string | undefined
}

export interface Choice {
  readonly value: string
  readonly label: string
  readonly hint?: string
}

export interface ChoiceQuestion extends Question {
  readonly choices: readonly Choice[]
}

/** Where a password may come from besides the prompt. */
export interface PasswordOptions {
  readonly passwordStdin?: boolean
}

/** The most choices shown at once; the others are found by typing or scrolling. */
const SHOWN = 12

/** Loaded when somebody is asked: most command lines ask nothing. */
async function prompts() {
  return import('@clack/prompts')
}

function onlyInteractive({ interactive }: Terminal, { question, flag }: Question): void {
  if (interactive === true) return
  throw new CommandFault(`Give ${flag}: there is no terminal to ask "${question}" on.`, 2)
}

/** A cancelled question ends the command; nothing has been sent by then. */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (typeof answer === 'symbol') throw new CommandFault('Cancelled; nothing was changed.')
  return answer as Exclude<T, symbol>
}

/** A line of text, without blanks around it. */
export async function ask(terminal: Terminal, question: TextQuestion): Promise<string> {
  onlyInteractive(terminal, question)
  const { text } = await prompts()
  const { check, initial } = question
  const answer = await text({
    message: question.question,
    output: process.stderr,
    ...(initial === undefined ? {} : { initialValue: initial }),
    validate: (value) => {
      const given = (value ?? '').trim()
      return given === '' ? 'Something has to be given.' : check?.(given)
    },
  })
  return answered(answer).trim()
}

/** A line that is not shown, exactly as typed. */
export async function askSecret(terminal: Terminal, question: Question): Promise<string> {
  onlyInteractive(terminal, question)
  const { password: hidden } = await prompts()
  const answer = await hidden({
    message: question.question,
    output: process.stderr,
    validate: (value) => (value === undefined || value === '' ? 'Something has to be given.' : undefined),
  })
  return answered(answer)
}

export async function confirm(terminal: Terminal, question: Question): Promise<boolean> {
  onlyInteractive(terminal, question)
  const { confirm: yesOrNo } = await prompts()
  return answered(await yesOrNo({ message: question.question, output: process.stderr }))
}

/** One of several; the value of the choice. */
export async function choose(terminal: Terminal, question: ChoiceQuestion): Promise<string> {
  onlyInteractive(terminal, question)
  const { select } = await prompts()
  const { choices } = question
  return answered(
    await select({ message: question.question, output: process.stderr, options: [...choices], maxItems: SHOWN }),
  )
}

/** Any number of several, at least one, found by typing a part of them; the values, in the order of the choices. */
export async function chooseMany(
  terminal: Terminal,
  question: ChoiceQuestion & { readonly initial?: readonly string[] },
): Promise<readonly string[]> {
  onlyInteractive(terminal, question)
  const { autocompleteMultiselect } = await prompts()
  const { choices, initial = [] } = question
  const chosen = new Set(
    answered(
      await autocompleteMultiselect({
        message: question.question,
        output: process.stderr,
        options: [...choices],
        initialValues: [...initial],
        placeholder: 'type to search',
        maxItems: SHOWN,
        required: true,
      }),
    ),
  )
  return choices.map(({ value }) => value).filter((value) => chosen.has(value))
}

/**
 * A password from standard input (`--password-stdin`), from BVPRO_PASSWORD, or asked for. Never an argument: the
 * arguments of a process can be read by everybody on the machine.
 */
export async function askPassword(
  terminal: Terminal,
  { passwordStdin }: PasswordOptions,
  question = 'Password',
): Promise<string> {
  if (passwordStdin === true) {
    const given = (await terminal.readInput?.())?.replace(/\r?\n$/, '')
    if (given === undefined || given === '') throw new CommandFault('There is no password on standard input.', 2)
    if (given.includes('\n')) throw new CommandFault('A password is one line; standard input has more.', 2)
    return given
  }
  return (
    terminal.env.BVPRO_PASSWORD || (await askSecret(terminal, { question, flag: '--password-stdin or BVPRO_PASSWORD' }))
  )
}
