/** Reads the test data format of cockroachdb/datadriven: comment lines, a command, its input, `----`, its output. */
import { readdirSync, readFileSync } from "node:fs";

export interface Case {
  readonly file: string;
  readonly line: number;
  readonly command: string;
  /** `cfg=(1,2)` is cfg -> ["1", "2"], `autoleave=true` is autoleave -> ["true"]. */
  readonly args: ReadonlyMap<string, readonly string[]>;
  readonly input: string;
  readonly expected: string;
}

/** Every case of every file of a folder under testdata. */
export function casesOf(folder: string): readonly Case[] {
  const root = new URL(`../testdata/${folder}/`, import.meta.url);
  return readdirSync(root)
    .filter((file) => file.endsWith(".txt"))
    .flatMap((file) => parse(file, readFileSync(new URL(file, root), "utf8")));
}

function parse(file: string, text: string): readonly Case[] {
  const lines = text.split("\n");
  const cases: Case[] = [];
  let at = 0;
  while (at < lines.length) {
    const head = lines[at]!;
    if (head.trim() === "" || head.startsWith("#")) {
      at++;
      continue;
    }
    const line = at + 1;
    const separator = lines.indexOf("----", at);
    const end = lines.findIndex((content, place) => place > separator && content.trim() === "");
    const input = lines.slice(at + 1, separator).join("\n");
    const expected = lines.slice(separator + 1, end < 0 ? undefined : end).join("\n");
    const [command = "", ...rest] = head.split(/\s+(?=\w+=)/);
    cases.push({
      file,
      line,
      command: command.trim(),
      args: new Map(rest.map(parseArgument)),
      input,
      expected,
    });
    at = end < 0 ? lines.length : end;
  }
  return cases;
}

function parseArgument(argument: string): [string, readonly string[]] {
  const [key = "", value = ""] = argument.trim().split("=");
  const values = value.replace(/^\(|\)$/g, "").split(/[\s,]+/);
  return [key, values.filter((word) => word !== "")];
}
