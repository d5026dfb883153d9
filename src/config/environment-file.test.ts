import { expect, test } from 'vitest'
import { parseEnvironmentFile } from './environment-file.ts'

test.each([
  ['A=plain', 'plain', false],
  ['A=two words # comment', 'two words', false],
  ['A= # comment', '', false],
  ["A='q\"#$ '", 'q"#$ ', false],
  ['A="x#y"', 'x#y', false],
  ['export A=`x#\'"`', 'x#\'"', false],
  ['\uFEFFA=first', 'first', false],
  ['A=half#word', 'half', true],
  ['A=x#', 'x', true],
  ['A=#word', '', true],
  ['A=p#q#r', 'p', true],
  ['export A = two half#word', 'two half', true],
])('%j is read as %j, cut: %j', (line, value, cut) => {
  const file = parseEnvironmentFile(`B=1\n# C=a#b\n${line}\n`.replace(/^(.*)\uFEFF/s, '\uFEFF$1'))
  expect(file.variables.A).toBe(value)
  expect(file.variables.B).toBe('1')
  expect(file.cut).toEqual(cut ? ['A'] : [])
})
