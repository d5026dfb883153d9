import { expect, test } from 'vitest'
import { fileLines } from './file-lines.ts'

async function linesOf(...pieces: Uint8Array[]): Promise<[string, boolean][]> {
  const lines: [string, boolean][] = []
  async function* given() {
    yield* pieces
  }
  for await (const { text, terminated } of fileLines(given())) lines.push([text, terminated])
  return lines
}

const bytewise = (bytes: Buffer) => [...bytes].map((byte) => Uint8Array.of(byte))

test.each([
  ['UTF-8', Buffer.from('Förbrukning\r\n2\n3')],
  ['Windows-1252', Buffer.from('Förbrukning\r\n2\n3', 'latin1')],
  ['UTF-16 with its mark', Buffer.from('\uFEFFFörbrukning\r\n2\n3', 'utf16le')],
])('%s, in one piece or byte by byte, gives the same lines', async (_, bytes) => {
  const wanted = [
    ['Förbrukning', true],
    ['2', true],
    ['3', false],
  ]
  expect(await linesOf(bytes)).toEqual(wanted)
  expect(await linesOf(...bytewise(bytes))).toEqual(wanted)
})

test('nothing has no lines, one byte has one', async () => {
  expect(await linesOf()).toEqual([])
  expect(await linesOf(Buffer.from('2'))).toEqual([['2', false]])
  expect(await linesOf(Buffer.from('\n'))).toEqual([['', true]])
})
