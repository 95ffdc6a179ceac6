import { afterAll, afterEach, describe, expect, it, jest } from "@jest/globals";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { ONCE } from "../../../src/toolkit/services/once.ts";
import { oneCommand, parseAnswers } from "../../../src/toolkit/status/one-command.ts";
import { ask, script, type Command } from "../../../src/toolkit/steps/command.ts";

/** Real programs on a machine that may be busy. */
jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "mailbastion-one-command-"));
/** Where this test's commands, and no other's, put what they put on disk. */
const scratch = join(folder, "scratch");
mkdirSync(scratch);
writeFileSync(join(folder, "mktemp"), `#!/bin/sh\nexec /usr/bin/mktemp -d -p ${scratch}\n`);
chmodSync(join(folder, "mktemp"), 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

/** In a real shell; a question may take long unless said otherwise. */
function run(questions: ReadonlyMap<string, Command>, limitMs = 30_000) {
  const [program, ...args] = oneCommand(questions, limitMs).argv;
  const env = { ...process.env, PATH: `${folder}:${process.env["PATH"]}` };
  const { status, stdout, stderr } = spawnSync(program!, args, { encoding: "utf8", env });
  return parseAnswers(questions, { code: status ?? 255, stdout, stderr });
}

const asked = (entries: Readonly<Record<string, Command>>) => new Map(Object.entries(entries));

describe("many questions in one command", () => {
  afterEach(() => {
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("have an answer each: what was said on both streams, and the exit code", () => {
    const found = run(
      asked({
        words: ask(["printf", "%s\n", "two words", "a'b\"c$HOME`id`*", ""]),
        fails: ask(script("echo said; echo wrong >&2; exit 3")),
        silent: ask(["true"]),
        absent: ask(["no-such-program"]),
      }),
    );
    expect(Object.fromEntries(found!.answers)).toEqual({
      words: { code: 0, stdout: "two words\na'b\"c$HOME`id`*\n\n", stderr: "" },
      fails: { code: 3, stdout: "said\n", stderr: "wrong\n" },
      silent: { code: 0, stdout: "", stderr: "" },
      absent: expect.objectContaining({ code: 127 }),
    });
  });

  it("are not taken in by answers that look like the frame around them", () => {
    const said = "@0\n<x\n>y\n@late\n@clock 1795370279420757288\n";
    const found = run(asked({ hostile: ask(["printf", "%s", said]), other: ask(["echo", "fine"]) }));
    expect(found!.answers.get("hostile")).toEqual({ code: 0, stdout: said, stderr: "" });
    expect(found!.answers.get("other")).toEqual({ code: 0, stdout: "fine\n", stderr: "" });
  });

  it("take any arguments whole", () => {
    const word = fc
      .string({ unit: "binary", minLength: 1 })
      .filter((text) => !text.includes("\0") && text.isWellFormed());
    fc.assert(
      fc.property(
        fc.array(fc.array(word, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        (all) => {
          const questions = new Map(
            all.map((words, index) => [`q${index}`, ask(["printf", "[%s]\n", ...words])]),
          );
          const found = run(questions);
          for (const [index, words] of all.entries())
            expect(found!.answers.get(`q${index}`)).toMatchObject({
              stdout: words.map((text) => `[${text}]\n`).join(""),
            });
        },
      ),
      { numRuns: 20 },
    );
  });

  it("that hang cost their own answer alone, also where a program holds on to its signals", () => {
    const found = run(
      asked({
        quick: ask(["echo", "here"]),
        slow: ask(["sleep", "60"]),
        stubborn: ask(script("trap '' TERM; sleep 60; sleep 60")),
      }),
      3_000,
    );
    expect(found!.answers.get("quick")).toMatchObject({ stdout: "here\n" });
    expect(found!.answers.get("slow")).toBe("late");
    expect(found!.answers.get("stubborn")).toBe("late");
  });

  it("are asked side by side", () => {
    const meet = script(
      'mkfifo "$1" 2>/dev/null || true; if [ "$2" = read ]; then cat "$1"; else echo met > "$1"; fi',
    );
    const pipe = `/tmp/mailbastion-meet-${process.pid}`;
    const found = run(
      asked({ reads: ask([...meet, pipe, "read"]), writes: ask([...meet, pipe, "write"]) }),
      30_000,
    );
    spawnSync("rm", ["-f", pipe]);
    expect(found!.answers.get("reads")).toMatchObject({ stdout: "met\n" });
  });

  it("that are the same are asked once, and answered to both", () => {
    const unique = ask(script("head -c 8 /dev/urandom | od -An -tx1"));
    const found = run(asked({ one: unique, other: { ...unique } }));
    expect(found!.answers.get("one")).toEqual(found!.answers.get("other"));
  });

  it("that have a part in common ask it once, and each for itself outside of a look", () => {
    const draw = `head -c 8 /dev/urandom | od -An -tx1; exit 3`;
    const one = ask(script(`${ONCE}\nonce number sh -c "$1" || echo "one $?"`, [draw]));
    const other = ask(script(`${ONCE}\nonce number sh -c "$1" || echo "other $?"`, [draw]));
    const { answers } = run(asked({ one, other }))!;
    const words = ["one", "other"].map((name) =>
      (answers.get(name) as { stdout: string }).stdout.split("\n"),
    );
    expect(words[0]![0]).toMatch(/^( [0-9a-f]{2}){8}$/);
    expect(words).toEqual([
      [words[0]![0], "one 3", ""],
      [words[0]![0], "other 3", ""],
    ]);
    const outside = [one, other].map(({ argv }) => spawnSync(argv[0]!, argv.slice(1), { encoding: "utf8" }));
    const [first, second] = outside.map(({ stdout }) => stdout.split("\n")[0]);
    expect(first).toMatch(/^( [0-9a-f]{2}){8}$/);
    expect(first).not.toBe(second);
  });

  it("tell the machine's clock", () => {
    const before = Date.now();
    const { begin, end } = run(asked({ any: ask(["true"]) }))!;
    expect(begin).toBeGreaterThanOrEqual(before);
    expect(end).toBeGreaterThanOrEqual(begin);
    expect(end).toBeLessThanOrEqual(Date.now());
  });

  it("are one command that changes nothing", () => {
    expect(oneCommand(asked({ any: ask(["true"]) }), 1_000)).toMatchObject({ mutates: false, sudo: true });
  });

  it("cannot feed standard input", () => {
    const fed = asked({ any: ask(["cat"], { stdin: "x" }) });
    expect(() => oneCommand(fed, 1_000)).toThrow("cat wants standard input");
  });
});

describe("an answer that is not whole", () => {
  const questions = asked({ one: ask(["echo", "a"]), two: ask(["echo", "b"]) });
  const [program, ...args] = oneCommand(questions, 1_000).argv;
  const { stdout } = spawnSync(program!, args, { encoding: "utf8" });
  const read = (text: string) => parseAnswers(questions, { code: 0, stdout: text, stderr: "" });

  it("is not taken for one, wherever it was cut off", () => {
    expect(read(stdout)).toBeDefined();
    for (let length = 0; length < stdout.length - 1; length++)
      expect(read(stdout.slice(0, length))).toBeUndefined();
  });
});
