import type { Argument, Command, Option } from "commander";

/** The shells that a script can be had for. */
export const SHELLS = ["bash", "zsh"] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * A script that makes a shell complete the words of `program`: its commands, their options, and names of machines where
 * they take one, for which it asks `mbctl completion machines`. Where nothing else can stand, the shell completes files.
 */
export function completionScript(program: Command, shell: Shell): string {
  return `${candidates(program)}\n${WRAPPERS[shell]}`;
}

/** Called with the words before the one that is completed; prints what may follow, a line each. For any shell. */
function candidates(program: Command): string {
  const commands = withWords(program, [program.name()]);
  const groups = commands.slice(1).map(({ words }) => `'${words.join(" ")}'`);
  return `_mbctl_candidates() {
  program=$1 at=mbctl before= file=
  shift
  for word; do
    if [ "$word" = -- ]; then return; fi
    case $before in -f | --file) file=$word ;; esac
    case "$at $word" in
      ${groups.join(" | ")}) at="$at $word" ;;
    esac
    before=$word
  done
  case $at in
${commands.map(({ words, command }) => block(words, command, program)).join("\n")}
  esac
}

_mbctl_machines() {
  if [ -n "$file" ]; then "$program" completion machines --file "$file"; else "$program" completion machines; fi 2> /dev/null
}
`;
}

interface Typed {
  readonly words: readonly string[];
  readonly command: Command;
}

function withWords(command: Command, words: readonly string[]): readonly Typed[] {
  return [{ words, command }, ...command.commands.flatMap((sub) => withWords(sub, [...words, sub.name()]))];
}

/** What may follow one command. After an option that takes a value stands that value and nothing else. */
function block(words: readonly string[], command: Command, program: Command): string {
  const options = [...command.options, ...(command === program ? [] : program.options.filter(isOfEach))];
  const taking = options.filter(({ required }) => required);
  const ofMachines = taking.filter(({ flags }) => isMachine(/<([^>.]*)/.exec(flags)?.[1] ?? ""));
  const ofOthers = taking.filter((option) => !ofMachines.includes(option));
  const spelt = (list: typeof options) =>
    list.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined)).join(" | ");
  const values = [
    ...(ofMachines.length > 0 ? [`        ${spelt(ofMachines)}) _mbctl_machines; return ;;`] : []),
    ...(ofOthers.length > 0 ? [`        ${spelt(ofOthers)}) return ;;`] : []),
  ];
  const following = [
    ...command.commands.map((sub) => sub.name()),
    ...options.map(({ short, long }) => long ?? short!),
    "--help",
  ];
  return [
    `    '${words.join(" ")}')`,
    ...(values.length > 0 ? ["      case $before in", ...values, "      esac"] : []),
    `      printf '%s\\n' ${following.join(" ")}`,
    ...(command.registeredArguments.some(takesMachine) ? ["      _mbctl_machines"] : []),
    "      ;;",
  ].join("\n");
}

/** Whether an option of the program says something to each of its commands. */
function isOfEach({ long }: Option): boolean {
  return long !== "--version";
}

function takesMachine(argument: Argument): boolean {
  return isMachine(argument.name());
}

/** By the name that the help gives it. */
function isMachine(name: string): boolean {
  return ["machine", "machines", "other"].includes(name);
}

const WRAPPERS: Readonly<Record<Shell, string>> = {
  bash: `_mbctl() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(_mbctl_candidates "\${COMP_WORDS[@]:0:COMP_CWORD}")" -- "$2"))
}
complete -o bashdefault -o default -F _mbctl mbctl`,
  zsh: `_mbctl() {
  local -a found
  found=(\${(f)"$(_mbctl_candidates "\${(@)words[1,CURRENT-1]}")"})
  compadd -a found || _files
}
compdef _mbctl mbctl`,
};
