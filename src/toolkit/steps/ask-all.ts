import { ask, script, type Answer, type Command } from "./command.ts";

/**
 * Several questions as one command, so that a machine is asked once. They are put one after the other, whatever the
 * others answer; each keeps its exit code, and what it says, on both outputs, is its standard output.
 */
export function askAll(questions: ReadonlyMap<string, Command>): Command {
  const args = [...questions].flatMap(([name, { argv, mutates, stdin }]) => {
    if (mutates || stdin !== undefined) throw new Error(`${name} is no question that can be put with others`);
    return [name, String(argv.length), ...argv];
  });
  const limits = [...questions.values()].map(({ timeoutMs = 30_000 }) => timeoutMs);
  return ask(script(ASK_ALL, args), { timeoutMs: limits.reduce((sum, limit) => sum + limit, 10_000) });
}

/** The arguments are: a name, the number of the words of its command, and these words; again and again. */
const ASK_ALL = `
i=1
while [ "$i" -le "$#" ]; do
  eval "name=\\\${$i} count=\\\${$((i + 1))}"
  words= j=$((i + 2)) i=$((i + 2 + count))
  while [ "$j" -lt "$i" ]; do words="$words \\"\\\${$j}\\""; j=$((j + 1)); done
  code=0
  said=$(eval "$words" 2>&1 </dev/null) || code=$?
  printf '@%s %s\\n' "$name" "$code"
  if [ -n "$said" ]; then printf '%s\\n' "$said" | sed 's/^/|/'; fi
done`;

/** The answers to the questions of askAll, by name. */
export function answersOf({ stdout }: Answer): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const part of stdout.split(/^@/m).slice(1)) {
    const [head = "", ...lines] = part.trimEnd().split("\n");
    const space = head.lastIndexOf(" ");
    answers.set(head.slice(0, space), {
      code: Number(head.slice(space + 1)),
      stdout: lines.map((line) => `${line.slice(1)}\n`).join(""),
      stderr: "",
    });
  }
  return answers;
}
