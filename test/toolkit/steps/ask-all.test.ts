import { describe, expect, it } from "@jest/globals";
import { answersOf, askAll } from "../../../src/toolkit/steps/ask-all.ts";
import { act, ask, script, type Command } from "../../../src/toolkit/steps/command.ts";
import { runWith } from "../services/shell.ts";

const put = (questions: Readonly<Record<string, Command>>) =>
  answersOf(runWith(askAll(new Map(Object.entries(questions))).argv, {}));

describe("several questions in one command", () => {
  it("are each answered with their own words and exit code, also after one that failed", () => {
    const answers = put({
      first: ask(script("echo one; echo two >&2; exit 3")),
      "second one": ask(["printf", "%s", "@first 0\n|x"]),
      third: ask(["true"]),
    });
    expect([...answers]).toEqual([
      ["first", { code: 3, stdout: "one\ntwo\n", stderr: "" }],
      ["second one", { code: 0, stdout: "@first 0\n|x\n", stderr: "" }],
      ["third", { code: 0, stdout: "", stderr: "" }],
    ]);
  });

  it("pass words on as they are, whatever they hold", () => {
    const hostile = `a "b" $HOME \`id\` 'c' \\ * ; exit 9\nd`;
    const words = Array.from({ length: 12 }, (_, index) => `${index}${hostile}`);
    expect(put({ words: ask(["printf", "%s\\n", ...words]) }).get("words")!.stdout).toBe(
      words.map((word) => `${word}\n`).join(""),
    );
  });

  it("refuse what changes something, or needs input", () => {
    expect(() => askAll(new Map([["x", act(["true"])]]))).toThrow("x is no question");
    expect(() => askAll(new Map([["x", ask(["cat"], { stdin: "y" })]]))).toThrow("x is no question");
  });
});
