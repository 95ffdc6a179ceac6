import { describe, expect, it } from "@jest/globals";
import type { Command } from "commander";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "../../src/toolkit/cli/exit-codes.ts";
import type { Io } from "../../src/toolkit/cli/io.ts";
import { buildProgram, mbctl } from "../../src/toolkit/cli/mbctl.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/reference/cli.md"), "utf8");

/** Set by bin/runtime.js and by a look at a machine for themselves, so nobody else sets them. */
const INTERNAL = ["MAILBASTION_LOOK", "MAILBASTION_HANDED_OVER"];

interface Documented {
  readonly usage: string;
  readonly options: readonly string[];
}

/** What a page says of each command: its heading, the usage line below it, the first column of its table. */
function documented(text: string): ReadonlyMap<string, Documented> {
  const sections = text.split(/^### /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = ""] = section.split("\n");
      const [body = ""] = section.split(/^## /m);
      return [
        title,
        {
          usage: /```\n(.*)\n```/.exec(body)?.[1] ?? "",
          options: [...body.matchAll(/^\| `(-[^`]*)` \|/gm)].map(([, flags]) => flags!),
        },
      ];
    }),
  );
}

interface Typed {
  readonly words: readonly string[];
  readonly command: Command;
}

function all(command: Command, words: readonly string[]): readonly Typed[] {
  return [{ words, command }, ...command.commands.flatMap((sub) => all(sub, [...words, sub.name()]))];
}

function silentIo(out: string[] = []): Io {
  return {
    out: (text) => void out.push(text),
    err: (text) => void out.push(text),
    isInteractive: false,
    environment: {},
  };
}

const program = await buildProgram([], silentIo(), () => undefined);
const everything = all(program, []);
/** Groups print help and do nothing else. */
const commands = everything.filter(({ command }) => command.commands.length === 0);
const nameOf = ({ words }: Typed) => ["mbctl", ...words].join(" ");

describe("the page of mbctl", () => {
  const pages = documented(page);

  it("has a section for each command of the program, in the order of its help, and for no other", () => {
    expect(commands.length).toBeGreaterThan(0);
    expect([...pages.keys()]).toEqual(commands.map(nameOf));
  });

  it.each(commands.map((typed) => [nameOf(typed), typed] as const))(
    "says how %s is typed, and every option that it has",
    (name, { command }) => {
      const { usage, options } = pages.get(name) ?? { usage: "", options: [] };
      expect(usage).toBe(`${name} ${command.usage()}`);
      expect(options.toSorted()).toEqual(command.options.map(({ flags }) => flags).toSorted());
    },
  );

  it("says the options that every command takes", () => {
    const listed = [...page.matchAll(/^- `(-[^`]*)` prints/gm)].map(([, flags]) => flags);
    expect(listed).toEqual(
      expect.arrayContaining(
        program.options.map(({ flags }) => flags).filter((flags) => !flags.includes("--version")),
      ),
    );
  });

  it("says that all runbooks, and no other command, ask first and end a dry run with exit code 2", () => {
    // Runs have --lock-wait, as has the one command that only takes the lock; those that are begun anew have a dry run.
    const has = (command: Command, long: string) => command.options.some((option) => option.long === long);
    const runs = commands.filter(
      (typed) => has(typed.command, "--lock-wait") && nameOf(typed) !== "mbctl lock acquire",
    );
    expect(runs.filter(({ command }) => !has(command, "--yes")).map(nameOf)).toEqual([]);
    expect(runs.filter(({ command }) => !has(command, "--dry-run")).map(nameOf)).toEqual([
      "mbctl resume",
      "mbctl abort",
    ]);
    const others = commands.filter((typed) => has(typed.command, "--dry-run") && !runs.includes(typed));
    expect([...new Set(others.map(({ words }) => words[0]))]).toEqual(["lab", "trust"]);
    expect(page).toContain(
      "| 2 | `plan`, and the `--dry-run` of every runbook: there are changes to make. Not from the `--dry-run` of `trust` and `lab` |",
    );
    expect(page).toContain("Every runbook asks first, shown what it is about to do; so do `resume`, `abort`");
  });

  it("lists every exit code", () => {
    const table = /## Exit codes\n([^]*?)\n## /.exec(page)?.[1] ?? "";
    const listed = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT));
  });

  it("lists every environment variable of ours that the toolkit reads", () => {
    const sources = globSync(["src/toolkit/**/*.ts", "stacks/*.ts", "bin/*.js"], { cwd: root });
    const read = sources.flatMap((path) => readFileSync(join(root, path), "utf8").match(VARIABLE) ?? []);
    const listed = page.match(/(?<=^\| `)MAILBASTION_[A-Z_]+/gm) ?? [];
    expect(listed.toSorted()).toEqual(
      [...new Set(read)].filter((name) => !INTERNAL.includes(name)).toSorted(),
    );
  });
});

const VARIABLE = /\bMAILBASTION_[A-Z_]+\b/g;

describe("the help", () => {
  it.each(everything.map((typed) => [nameOf(typed), typed.words] as const))(
    "of %s ends with an example of that very command",
    async (name, words) => {
      const out: string[] = [];
      expect(await mbctl([...words, "--help"], silentIo(out))).toBe(EXIT.done);
      const [, examples = ""] = out.join("\n").split("\nExample:\n");
      expect(examples).toMatch(new RegExp(`^  ${name}\\b`));
    },
  );
});

describe("what the tests above compare", () => {
  it("is seen to differ when a section, an option or a usage line is gone from the page", () => {
    const sections = documented(
      "### mbctl one\n\n```\nmbctl one [options]\n```\n\n| `-x, --ex <y>` | z |\n## End\n",
    );
    expect([...sections]).toEqual([
      ["mbctl one", { usage: "mbctl one [options]", options: ["-x, --ex <y>"] }],
    ]);
    expect(documented("## mbctl one\n").size).toBe(0);
  });
});
