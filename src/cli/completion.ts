/**
 * `bvpro completion bash|zsh|fish`: a completion script made from the commands themselves. It holds all names, so that
 * a press of Tab starts no program.
 */
import { Argument, type Command } from 'commander'
import type { Terminal } from './terminal.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** One command with what may follow it. */
interface Place {
  /** The names of the commands down to here, without the program's: `house list`. */
  readonly path: string
  readonly words: readonly Word[]
}

interface Word {
  readonly text: string
  readonly meaning: string
}

export function addCompletionCommand(program: Command, terminal: Terminal): void {
  program
    .command('completion')
    .description('print a script that lets the shell complete commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  source <(bvpro completion bash)                        in ~/.bashrc
  source <(bvpro completion zsh)                         in ~/.zshrc, after compinit
  bvpro completion fish > ~/.config/fish/completions/bvpro.fish`,
    )
    .action((shell: Shell) => terminal.print(completionScript(program, shell)))
}

export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, [])
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](places)
}

function placesOf(command: Command, path: readonly string[]): Place[] {
  const help = command.createHelp()
  const commands = help.visibleCommands(command)
  const words = [
    ...commands.map((child) => ({ text: child.name(), meaning: child.description() })),
    ...command.registeredArguments.flatMap(({ argChoices = [], description }) =>
      argChoices.map((text) => ({ text, meaning: description })),
    ),
    ...help.visibleOptions(command).map(({ long, short, description }) => ({
      text: long ?? short ?? '',
      meaning: description,
    })),
  ]
  // The command "help" that commander invents has nothing below it.
  const real = commands.filter((child) => command.commands.includes(child))
  return [{ path: path.join(' '), words }, ...real.flatMap((child) => placesOf(child, [...path, child.name()]))]
}

/** The commands typed so far, options left out; a word that is no command ends the path. */
const BASH_PATH = `  local path="" word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in -*) continue ;; esac
    case "|$paths|" in *"|\${path:+$path }$word|"*) path="\${path:+$path }$word" ;; *) break ;; esac
  done`

function bashScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => `    '${path}') words='${words.map(({ text }) => text).join(' ')}' ;;`)
  return `# bash completion of bvpro
_bvpro() {
  local paths='${places.map(({ path }) => path).join('|')}' words=""
${BASH_PATH}
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _bvpro bvpro ./bvpro`
}

function zshScript(places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => {
    const described = words.map(({ text, meaning }) => `'${text}:${zshText(meaning)}'`)
    return `    '${path}') words_here=(${described.join(' ')}) ;;`
  })
  return `#compdef bvpro
_bvpro() {
  local paths='${places.map(({ path }) => path).join('|')}' where="" word index
  local -a words_here
  for ((index = 2; index < CURRENT; index++)); do
    word="\${words[index]}"
    case "$word" in -*) continue ;; esac
    case "|$paths|" in *"|\${where:+$where }$word|"*) where="\${where:+$where }$word" ;; *) break ;; esac
  done
  case "$where" in
${cases.join('\n')}
  esac
  _describe 'bvpro' words_here || _files
}
if [ "\${funcstack[1]}" = _bvpro ]; then _bvpro "$@"; else compdef _bvpro bvpro ./bvpro; fi`
}

function fishScript(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ text, meaning }) => {
      const option = text.startsWith('--') ? `-l ${text.slice(2)}` : text.startsWith('-') ? `-s ${text.slice(1)}` : ''
      const what = option === '' ? `-f -a ${text}` : option
      return `complete -c bvpro -n "__bvpro_at '${path}'" ${what} -d '${meaning.replaceAll("'", "\\'")}'`
    }),
  )
  return `# fish completion of bvpro
function __bvpro_at
  set -l path
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    contains -- (string join ' ' $path $word) $__bvpro_paths; or break
    set -a path $word
  end
  test "$path" = "$argv[1]"
end
set -g __bvpro_paths ${places
    .filter(({ path }) => path !== '')
    .map(({ path }) => `'${path}'`)
    .join(' ')}
${lines.join('\n')}`
}

/** Within single quotes, in the form `word:description`. */
function zshText(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(':', '\\:')
}
