import { ask, script, type Answer, type Command } from "../../steps/command.ts";

const READ = `
while IFS= read -r path; do
  if [ -f "$path" ]; then printf '%s\\t%s\\n' "$path" "$(base64 -w 0 < "$path")"; fi
done`;

/** Reads files whole. Their paths travel by standard input; those that are not there are left out of the answer. */
export function readFilesCommand(paths: readonly string[]): Command {
  return ask(script(READ), { stdin: paths.map((path) => `${path}\n`).join("") });
}

/** Contents by path. */
export function parseFiles({ stdout }: Answer): ReadonlyMap<string, string> {
  return new Map(
    stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t"))
      .map(([path, base64]) => [path!, Buffer.from(base64!, "base64").toString("utf8")]),
  );
}
