import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { buildProgram } from './main.ts'

function everything() {
  const printed: string[] = []
  const program = buildProgram({
    env: {},
    colour: false,
    now: Date.now,
    print: (text) => void printed.push(text),
    printError: (text) => void printed.push(text),
  })
  const helpOf = (command: Command) => {
    printed.length = 0
    command.outputHelp()
    return printed.join('\n')
  }
  return { program, helpOf }
}

const { program, helpOf } = everything()
const groups = program.commands.filter(({ commands }) => commands.length > 0)

test('there are groups of commands', () => expect(groups.length).toBeGreaterThan(8))

describe.each(groups.map((group) => [group.name(), group] as const))('the help of bvpro %s', (_, group) => {
  const [, shown = ''] = helpOf(group).split('\nExamples:\n')
  const examples = shown.split('\n').map((line) => line.replace(/^.*?\bbvpro /, '').trim())

  test('shows examples', () => expect(examples.filter((line) => line !== '').length).toBeGreaterThan(0))

  test.each(examples.filter((line) => line !== ''))('bvpro %s: is a command, with options it has', (example) => {
    const words = example.split(' ')
    const command = group.commands.find((one) => one.name() === words[1])
    expect([words[0], command?.name()]).toEqual([group.name(), words[1]])
    const flags = words.filter((word) => word.startsWith('--'))
    for (const flag of flags) expect(command?.options.map(({ long }) => long)).toContain(flag)
  })
})
