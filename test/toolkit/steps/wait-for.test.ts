import { describe, expect, it } from "@jest/globals";
import { ask } from "../../../src/toolkit/steps/command.ts";
import { waitFor } from "../../../src/toolkit/steps/wait-for.ts";
import { runWith } from "../services/shell.ts";

const gate = { title: "it is so", command: ask(["is-so", "a b"]), timeoutMs: 2_000, intervalMs: 1 };

describe("a gate as one command", () => {
  it("ends when the gate holds, and hands its arguments on as they are", () => {
    const program = '[ "$1" = "a b" ] || exit 2; [ -e "$0.asked" ] && exit 0; touch "$0.asked"; exit 1';
    expect(runWith(waitFor(gate).argv, { programs: { "is-so": program } })).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  it("fails with the gate's last word when its time is over, and has more time itself", () => {
    expect(runWith(waitFor(gate).argv, { programs: { "is-so": "echo not yet >&2; exit 1" } })).toEqual({
      code: 1,
      stdout: "",
      stderr: "not yet\n",
    });
    expect(waitFor(gate).timeoutMs).toBeGreaterThan(gate.timeoutMs);
  });
});
