/** The fields of a zone as flags, and the configuration document they make together with a file. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { decimal, onOrOff, wholeNumber } from './argument-readers.ts'
import { CommandFault } from './fault.ts'
import type { ChangeOptions } from './server.ts'

export interface DocumentOptions extends ChangeOptions {
  readonly file?: string
}

export type Document = Record<string, unknown>

interface Field {
  readonly flags: string
  readonly meaning: string
  readonly path: readonly [string] | readonly [string, string]
  /** Text when left out. Limits are those of the configuration; BVPro judges them. */
  readonly read?: (text: string) => unknown
}

/** Flags of the fields people set most; `--file` and the configuration itself have all of them. */
const FIELDS: readonly Field[] = [
  { flags: '--name <name>', meaning: 'display name; the id of a new zone is made of it', path: ['name'] },
  { flags: '--host <host>', meaning: 'host name or address of the device', path: ['modbus_host'] },
  { flags: '--port <number>', meaning: 'TCP port of the device', path: ['modbus_port'], read: wholeNumber },
  { flags: '--unit <number>', meaning: 'Modbus unit behind a gateway', path: ['unit_id'], read: wholeNumber },
  {
    flags: '--occupied <celsius>',
    meaning: 'setpoint when occupied',
    path: ['preferences', 'occupied_temp'],
    read: decimal,
  },
  {
    flags: '--unoccupied <celsius>',
    meaning: 'setpoint when not',
    path: ['preferences', 'unoccupied_temp'],
    read: decimal,
  },
  {
    flags: '--min <celsius>',
    meaning: 'lowest setpoint ever written',
    path: ['preferences', 'min_temp'],
    read: decimal,
  },
  {
    flags: '--max <celsius>',
    meaning: 'highest setpoint ever written',
    path: ['preferences', 'max_temp'],
    read: decimal,
  },
  { flags: '--poll <seconds>', meaning: 'time between polls', path: ['poll_seconds'], read: wholeNumber },
  { flags: '--control <on|off>', meaning: 'off: BVPro reads only', path: ['control_enabled'], read: onOrOff },
]

export function withFields(command: Command): Command {
  for (const { flags, meaning, read } of FIELDS) {
    if (read === undefined) command.option(flags, meaning)
    else command.option(flags, meaning, read)
  }
  return command
}

/** The file, with the flags on top. */
export function documentOf({ file }: DocumentOptions, command: Command): Document {
  const document: Document = file === undefined ? {} : readDocument(file)
  for (const { flags, path } of FIELDS) {
    const option = command.options.find((candidate) => candidate.flags === flags)
    const value: unknown = option === undefined ? undefined : command.getOptionValue(option.attributeName())
    if (value === undefined) continue
    const [key, inner] = path
    document[key] = inner === undefined ? value : { ...asObject(document[key]), [inner]: value }
  }
  return document
}

export function asObject(value: unknown): Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function readDocument(file: string): Document {
  let document: unknown
  try {
    document = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CommandFault(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CommandFault(`${file} holds no JSON object.`)
  }
  return { ...document }
}
