import { withoutRun } from "./step-index.ts";

/**
 * Reads the commands out of the text of a dry run, by machine and in order. A line without an indent names the machine;
 * one with four spaces begins a command, and those with six go on with it.
 */
export function plannedCommands(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  let machine = "";
  for (const line of text.split("\n")) {
    const commands = found.get(machine) ?? [];
    if (line.startsWith("      ")) commands.push(`${commands.pop()}\n${line.slice(6)}`);
    else if (line.startsWith("    ")) commands.push(line.slice(4));
    else {
      machine = /^(\S+) {2}\S/.exec(line)?.[1] ?? "";
      found.set(machine, found.get(machine) ?? []);
    }
  }
  return new Map([...found].map(([name, commands]) => [name, commands.map(bare)]));
}

/** Without what is said of a command: what it is for, what goes to its standard input, and where its output goes. */
function bare(command: string): string {
  return withoutRun(
    command.replace(/^(unless |until [^\n]*?: )(?=\S)/, "").replace(/ [<>] (\(\d+ bytes\)|\/\S+)$/, ""),
  );
}
