import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Command } from "commander";
import { buildProgram, mbctl } from "../../../src/toolkit/cli/mbctl.ts";
import { recordingIo } from "./recording-io.ts";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "mailbastion-completion-"));
  for (const shell of ["bash", "zsh"]) {
    const { io, out } = recordingIo({});
    expect(await mbctl(["completion", shell], io)).toBe(0);
    writeFileSync(join(folder, shell), out.join("\n"));
  }
  // The machines are asked of the real program.
  writeFileSync(join(folder, "mbctl"), `#!/bin/sh\nexec '${process.execPath}' '${resolve("src/toolkit/cli/main.ts")}' "$@"\n`); // prettier-ignore
  chmodSync(join(folder, "mbctl"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

function shell(program: string, text: string, ...args: readonly string[]): readonly string[] {
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const { stdout, stderr } = spawnSync(program, ["-c", text, program, ...args], { encoding: "utf8", env });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((line) => line !== "");
}

/** What a real bash makes of the last word, as it does when Tab is pressed. */
function completed(...words: readonly string[]): readonly string[] {
  const press = `
    source "$1"; shift
    [ "$(complete -p mbctl)" = 'complete -o bashdefault -o default -F _mbctl mbctl' ] || exit 1
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _mbctl mbctl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  return shell("bash", press, join(folder, "bash"), "mbctl", ...words);
}

describe("the completion of a command line", () => {
  it.each([
    [["ap"], ["apply"]],
    [["--quiet", "lock", "rel"], ["release"]],
    [["lab", "k"], ["kill"]],
    [["apply", "--o"], ["--overwrite"]],
    [["status", "--no-"], ["--no-color"]],
    // A value that nobody can guess, and the command line of another program.
    [["drain", "--reason", ""], []],
    [["exec", "--", "ap"], []],
  ])("%j becomes %j", (words, expected) => {
    expect(completed(...words)).toEqual(expected);
  });

  it("names the machines of the description that was typed, where a command or an option takes one", () => {
    const file = resolve("examples/three-machines.yaml");
    const machines = ["node-1", "node-2", "node-3"];
    expect(completed("drain", "--file", file, "node-")).toEqual(machines);
    expect(completed("backup", "create", "-f", file, "--from", "")).toEqual(machines);
    expect(completed("drain", "--file", join(folder, "none.yaml"), "node-")).toEqual([]);
  });

  it("knows every command of the program and every option of it, in any shell", async () => {
    const program = await buildProgram([], recordingIo({}).io, () => undefined);
    const all = (command: Command, words: readonly string[]): readonly (readonly [string, Command])[] => [
      [words.join(" "), command],
      ...command.commands.flatMap((sub) => all(sub, [...words, sub.name()])),
    ];
    const tree = all(program, ["mbctl"]);
    // The tables alone, without what binds them to a shell and without asking for machines.
    const text = `sed '/^_mbctl() {/,$d' "$1" > "$1.sh"; . "$1.sh"; _mbctl_machines() { :; }; shift
      for words; do echo "@$words"; IFS=' '; _mbctl_candidates $words; done`;
    for (const name of ["bash", "zsh"]) {
      const lines = shell("sh", `( ${text} )`, join(folder, name), ...tree.map(([words]) => words));
      const found = new Map(
        lines
          .join("\n")
          .split(/^@/m)
          .slice(1)
          .map((part) => part.trimEnd().split("\n"))
          .map(([words, ...rest]) => [words!, rest]),
      );
      expect([...found.keys()]).toEqual(tree.map(([words]) => words));
      for (const [words, command] of tree) {
        const own = [
          ...command.commands.map((sub) => sub.name()),
          ...command.options.map(({ long, short }) => long ?? short!),
        ];
        expect([words, found.get(words)]).toEqual([words, expect.arrayContaining(own)]);
      }
    }
  });
});
