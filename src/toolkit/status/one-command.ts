import { ask, script, type Answer, type Command } from "../steps/command.ts";

/** Grace for the programs that hold on to their signals, and for the answers' way, in seconds. */
const GRACE_S = 1;

/**
 * One command that asks a machine many questions side by side, each with a time limit of its own: a question that
 * hangs costs its own answer, no other. The same question asked twice is asked once.
 *
 * Questions that need standard input cannot be asked so; they are the caller's fault.
 *
 * @param limitMs the longest that one question may take; the whole takes at most two seconds more
 */
export function oneCommand(questions: ReadonlyMap<string, Command>, limitMs: number): Command {
  const words = distinct(questions).flatMap(({ argv }) => [String(argv.length), ...argv]);
  return ask(script(ASK_ALL, [String(limitMs / 1000), String(limitMs / 1000 + GRACE_S), ...words]));
}

/** What came back from one machine. */
export interface Answers {
  /** The machine's own clock at the begin and at the end, in milliseconds since 1970. */
  readonly begin: number;
  readonly end: number;
  /** By the name of the question; "late" for one that was not answered in its time. */
  readonly answers: ReadonlyMap<string, Answer | "late">;
}

/** Reads what oneCommand printed for the same questions; undefined when it is not whole. */
export function parseAnswers(questions: ReadonlyMap<string, Command>, answer: Answer): Answers | undefined {
  const [first, ...blocks] = answer.stdout.split(/^@/m);
  const last = blocks.pop();
  const [begin, end] = [first, last].map((text) => /^clock (\d{13,})\d{6}\n$/.exec(text ?? "")?.[1]);
  if (begin === undefined || end === undefined) return undefined;
  const order = distinct(questions).map((command) => JSON.stringify(command.argv));
  if (blocks.length !== order.length) return undefined;
  const found = new Map(blocks.map((block, index) => [order[index]!, parseBlock(block)]));
  return {
    begin: Number(begin),
    end: Number(end),
    answers: new Map(
      [...questions].map(([name, command]) => [name, found.get(JSON.stringify(command.argv))!]),
    ),
  };
}

function distinct(questions: ReadonlyMap<string, Command>): readonly Command[] {
  const commands = [...questions.values()];
  for (const { argv, stdin } of commands)
    if (stdin !== undefined) throw new Error(`${argv[0]} wants standard input, which cannot be given here`);
  return [...new Map(commands.map((command) => [JSON.stringify(command.argv), command])).values()];
}

/** Lines that begin with "<" came from standard output, with ">" from standard error. */
function parseBlock(block: string): Answer | "late" {
  const [head = "", ...lines] = block.split("\n");
  const code = Number(head);
  // What `timeout` itself ends with: 124, or 137 where it had to kill.
  if (head === "late" || code === 124 || code === 137) return "late";
  const stream = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(1));
  const text = (found: readonly string[]) => found.map((line) => `${line}\n`).join("");
  return { code, stdout: text(stream("<")), stderr: text(stream(">")) };
}

/*
 * What questions have in common they ask once, by the folder that MAILBASTION_LOOK names (services/once.ts).
 *
 * The answers go to files in memory, and not straight to where we read: a program that cannot even be killed, as one
 * that waits for a dead disk, would otherwise hold our pipe open. Nobody waits for such a one longer than "$wait".
 * The words of a question are reached by their numbers; "eval" sees nothing but numbers.
 */
const ASK_ALL = `
limit=$1 wait=$2
shift 2
work=$(mktemp -d -p /run mailbastion-look.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP INT TERM
export MAILBASTION_LOOK="$work"
mkfifo "$work/done"
exec 4<> "$work/done"
look() {
  id=$1
  shift
  code=0
  timeout -k 1 "$limit" "$@" > "$work/$id.out" 2> "$work/$id.err" < /dev/null 4<&- || code=$?
  echo "$code" > "$work/$id.code"
  echo done >&4
}
date +'clock %s%N'
count=0 at=1
while [ "$at" -le "$#" ]; do
  eval "size=\\\${$at}"
  words= end=$((at + size))
  while [ "$at" -lt "$end" ]; do
    at=$((at + 1))
    words="$words \\"\\\${$at}\\""
  done
  at=$((at + 1))
  eval "look $count $words" > /dev/null 2>&1 &
  count=$((count + 1))
done
timeout "$wait" head -n "$count" <&4 > /dev/null || true
id=0
while [ "$id" -lt "$count" ]; do
  if [ -s "$work/$id.code" ]; then
    printf '@%s\\n' "$(cat "$work/$id.code")"
    sed 's/^/</; $a\\' "$work/$id.out"
    sed 's/^/>/; $a\\' "$work/$id.err"
  else
    echo @late
  fi
  id=$((id + 1))
done
date +'@clock %s%N'`;
