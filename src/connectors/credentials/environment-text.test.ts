import { parse } from 'dotenv'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BadConfig } from '../errors.ts'
import { editEnvironmentText, ownerAbove } from './environment-text.ts'

const OWNER = { name: 'house H1', variables: ['HOUSE_H1_USERNAME', 'HOUSE_H1_PASSWORD', 'A'] }
const COMMENT = '# house H1, kept by BVPro\n'

const put = (text: string, name: string, value: string) =>
  editEnvironmentText(text, { set: { [name]: value }, owner: OWNER })
const remove = (text: string, ...names: string[]) => editEnvironmentText(text, { remove: names, owner: OWNER })

/** Any text of one line, made of what bites in `.env` files more often than of anything else. */
const secret = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom("'", '"', '`', '#', '$', '\\', ' ', '=', '\\n', '$A', '{', '}', '!', '%', '\t'),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constantFrom('å', '密', '🔥', '\u00a0', '\uFEFF') },
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(''))
  .filter((value) => !/[\r\n\u2028\u2029\0]|\p{Cs}/u.test(value) && value.trim() !== '')

const NEIGHBOURS = `# my own notes, don't touch
export INFLUX_URL=http://127.0.0.1:8086   # the database
HOUSE_H1_901_PASSWORD='other # one'

EMPTY=
MULTI="first
second"
DROPBOX_APP_KEY=half#word
`

/**
 * A value with "#" has to stand between marks it does not hold itself, and between double ones `\\n` is a line break.
 */
const beyondDotenv = (value: string) =>
  value.includes('#') && value.includes("'") && value.includes('`') && /"|\\[nr]/.test(value)

/** As some people write it: dotenv takes the end of this value for a quotation mark inside it when another follows. */
const MISLEADING = "A='x\\'\n"

describe('a value', () => {
  test('is read back by dotenv as it was given, among any neighbours; if that cannot be, it is refused', () => {
    fc.assert(
      fc.property(secret, secret, fc.constantFrom('', NEIGHBOURS, MISLEADING), (username, password, before) => {
        const set = { HOUSE_H1_USERNAME: username, HOUSE_H1_PASSWORD: password }
        let text: string
        try {
          text = editEnvironmentText(before, { set, owner: OWNER })
        } catch (error) {
          expect(error).toBeInstanceOf(BadConfig)
          expect(before === MISLEADING || [username, password].some(beyondDotenv)).toBe(true)
          return
        }
        expect(parse(text)).toEqual({ ...parse(before), ...set })
        expect(text.startsWith(before)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('can be changed and taken away again, which gives back the file byte for byte', () => {
    fc.assert(
      fc.property(secret, secret, (first, second) => {
        fc.pre(!beyondDotenv(first) && !beyondDotenv(second))
        const once = put(NEIGHBOURS, 'HOUSE_H1_PASSWORD', first)
        const twice = put(once, 'HOUSE_H1_PASSWORD', second)
        expect(parse(twice)).toEqual({ ...parse(NEIGHBOURS), HOUSE_H1_PASSWORD: second })
        expect(remove(twice, 'HOUSE_H1_PASSWORD')).toBe(NEIGHBOURS)
      }),
      { numRuns: 1000 },
    )
  })

  test('is quoted as most programs understand it', () => {
    expect(put('', 'A', 'p#$ "w')).toBe(`${COMMENT}A='p#$ "w'\n`)
    expect(put('', 'A', "it's")).toBe(`${COMMENT}A="it's"\n`)
    expect(put('', 'A', "it's $5")).toBe(`${COMMENT}A=\`it's $5\`\n`)
  })

  test('that cannot be written is refused with advice and without being repeated', () => {
    const refusal = () => put('', 'A', `planted'"\`#`)
    expect(refusal).toThrow(BadConfig)
    expect(refusal).toThrow(/^A cannot be written into .env .* Set BVPRO_SECRETS_KEY/)
    expect(refusal).not.toThrow(/planted/)
  })
})

describe('a change', () => {
  test('replaces the line where it stands, with what is before and behind it', () => {
    const before = 'A=1\r\nexport B = old # of the mill\r\nC=3'
    expect(put(before, 'B', 'new')).toBe("A=1\r\nexport B='new' # of the mill\r\nC=3")
  })

  test('does not keep the rest of a password that was cut at its #', () => {
    expect(put('A=half#word\nB=1\n', 'A', 'new')).toBe("A='new'\nB=1\n")
  })

  test('replaces a value of several lines as a whole', () => {
    expect(put('A="one\ntwo"\nB=1\n', 'A', 'new')).toBe("A='new'\nB=1\n")
  })

  test('leaves no outdated line of the same name', () => {
    expect(put('A=old\nB=1\nA=older\n', 'A', 'new')).toBe("B=1\nA='new'\n")
  })

  test('to what is there already changes nothing', () => {
    const text = 'A = same\nB=1'
    expect(put(text, 'A', 'same')).toBe(text)
    expect(remove(text, 'C')).toBe(text)
  })

  test('puts a second variable beside the first one', () => {
    const text = put('HOUSE_H1_USERNAME=u\nB=1\n', 'HOUSE_H1_USERNAME', 'v')
    expect(text).toBe("HOUSE_H1_USERNAME='v'\nB=1\n")
    const both = editEnvironmentText(text, { set: { HOUSE_H1_USERNAME: 'w', HOUSE_H1_PASSWORD: 'p' }, owner: OWNER })
    expect(both).toBe("HOUSE_H1_USERNAME='w'\nHOUSE_H1_PASSWORD='p'\nB=1\n")
  })

  test('adds at the end, after a line break when there is none, with the line breaks of the file', () => {
    expect(put('B=1', 'A', 'x')).toBe(`B=1\n${COMMENT}A='x'\n`)
    expect(put('B=1\r\n', 'A', 'x')).toBe("B=1\r\n# house H1, kept by BVPro\r\nA='x'\r\n")
    expect(put('\uFEFFB=1\n', 'A', 'x')).toBe(`\uFEFFB=1\n${COMMENT}A='x'\n`)
  })

  test('that would change other variables is refused', () => {
    expect(() => put(MISLEADING, 'B', "'#")).toThrow(BadConfig)
  })

  test('goes well below a value of its own that ends with a backslash', () => {
    const text = put(put('', 'A', '#x\\'), 'B', "'#")
    expect(parse(text)).toEqual({ A: '#x\\', B: "'#" })
  })
})

test("BVPro's comment names the owner of all variables directly below it, and of no others", () => {
  const text = `A=1\n${COMMENT}B=1\nC='x\ny'\nD=1\n\nE=1\n# mine\nF=1\n`
  expect(['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((name) => ownerAbove(text, name))).toEqual([
    undefined,
    'house H1',
    'house H1',
    'house H1',
    undefined,
    undefined,
    undefined,
  ])
})

describe('removal', () => {
  test('takes exact names, not those that go on', () => {
    const text = 'HOUSE_901_PASSWORD=a\nHOUSE_901_TEST_PASSWORD=b\n'
    expect(remove(text, 'HOUSE_901_PASSWORD')).toBe('HOUSE_901_TEST_PASSWORD=b\n')
  })

  test('leaves the comments of people alone and takes its own', () => {
    expect(remove('# Villa Ek\nA=1\n# end\n', 'A')).toBe('# Villa Ek\n# end\n')
    expect(remove(`B=1\n${COMMENT}A=1\nC=2\n`, 'A')).toBe('B=1\nC=2\n')
    expect(remove(`${COMMENT}A=1\nHOUSE_H1_PASSWORD=x\n`, 'A')).toBe(`${COMMENT}HOUSE_H1_PASSWORD=x\n`)
    expect(remove(`B=1\n${COMMENT}A=1\n\nC=2\n`, 'A')).toBe('B=1\n\nC=2\n')
    expect(remove(`${COMMENT}A=1\n# house H2, kept by BVPro\nC=2\n`, 'A')).toBe('# house H2, kept by BVPro\nC=2\n')
  })

  test('leaves a comment behind an empty variable', () => {
    expect(remove('A=\n# note\nB=1\n', 'A')).toBe('# note\nB=1\n')
  })
})
