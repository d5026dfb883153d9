/** The lines of a file that comes in pieces, in whatever of the usual encodings it is written. */
import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'

export interface FileLine {
  readonly text: string
  /** False for a last line without its line end. */
  readonly terminated: boolean
}

const LINE_FEED = 0x0a
const WINDOWS_1252 = new TextDecoder('windows-1252')

/**
 * Yields the lines without their ends (LF or CRLF). UTF-16 is told by its byte order mark; a line that is not UTF-8 is
 * read as Windows-1252, which no sequence of bytes contradicts.
 */
export async function* fileLines(pieces: AsyncIterable<Uint8Array>): AsyncIterable<FileLine> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of inUtf8(pieces)) {
    let bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED)) {
      yield { text: textOf(bytes.subarray(0, end)), terminated: true }
      bytes = bytes.subarray(end + 1)
    }
    rest = bytes
  }
  if (rest.length > 0) yield { text: textOf(rest), terminated: false }
}

function textOf(line: Buffer): string {
  const text = isUtf8(line) ? line.toString('utf8') : WINDOWS_1252.decode(line)
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

/** Turns UTF-16 into UTF-8 and leaves everything else as it is. */
async function* inUtf8(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  let decoder: TextDecoder | undefined
  for await (const piece of pieces) {
    const bytes: Buffer = start === undefined ? Buffer.from(piece) : Buffer.concat([start, piece])
    // A byte order mark has two bytes.
    if (start !== undefined && bytes.length < 2) {
      start = bytes
      continue
    }
    if (start !== undefined) decoder = utf16Decoder(bytes)
    start = undefined
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }))
  }
  if (start !== undefined && start.length > 0) yield start
}

function utf16Decoder([first, second]: Uint8Array): TextDecoder | undefined {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le')
  return first === 0xfe && second === 0xff ? new TextDecoder('utf-16be') : undefined
}
