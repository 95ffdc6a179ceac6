import { execFileSync } from "node:child_process";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { quote } from "../../../src/toolkit/ssh/quote.ts";

const HOSTILE = [
  "",
  " ",
  "a b",
  "line\nline",
  "'",
  '"',
  "'; touch /tmp/owned; '",
  "$(id)",
  "`id`",
  "$HOME",
  "\\",
  "\\'",
  "-rf",
  "--",
  "*",
  "~",
  "~root",
  "a=b",
  "#no comment",
  "!history",
  "{a,b}",
  "ümläut ✓ 𝄞",
  "\u00a0",
  "\r",
  "\t",
  "if",
  "[",
  "a;b",
  "a&b",
  "a|b",
  "<a",
  ">a",
  "(a)",
];

/** What a real shell makes of the line: its words, each ended by a NUL. */
function wordsInShell(argv: readonly string[]): readonly string[] {
  const output = execFileSync("sh", ["-c", quote(["printf", "%s\\0", ...argv])]);
  return output.toString("utf8").split("\0").slice(0, -1);
}

describe("quoting for a remote shell", () => {
  it("gives every hostile word to the program as it is", () => {
    expect(wordsInShell(HOSTILE)).toEqual(HOSTILE);
  });

  it("gives any words that a process can take back as they are, in a real shell", () => {
    const word = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary-ascii" }),
      fc.constantFrom(...HOSTILE),
      fc.stringMatching(/^[ '"\\$`\n;&|<>(){}*?!~#=-]{0,12}$/),
    );
    const words = fc.array(
      word.filter((text) => !text.includes("\0") && text.isWellFormed()),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(words, (argv) => {
        expect(wordsInShell(argv)).toEqual(argv);
      }),
      { numRuns: 150 },
    );
  });

  it.each(["if", "A=b", "time", "!", "a b"])(
    "runs a program named %j as a program, not as the shell's own word",
    (name) => {
      const script = `PATH=/nowhere; ${quote([name])}; echo $?`;
      expect(execFileSync("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] }).toString()).toBe(
        "127\n",
      );
    },
  );

  it("leaves plain words readable", () => {
    expect(quote(["systemctl", "reload", "haproxy.service", "--no-block", "/etc/x=y"])).toBe(
      "systemctl reload haproxy.service --no-block /etc/x=y",
    );
  });

  it.each([[[]], [["a\0b"]], [["\ud800"]]])("refuses %j, which no process can be given", (argv) => {
    expect(() => quote(argv)).toThrow(RangeError);
  });
});
